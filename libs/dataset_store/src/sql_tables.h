// Which tables a piece of SQL names, without a parser of SQL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark::dataset_store {

/// One part of a dotted name.
struct SqlIdentifier {
  std::string text;        // Without its quotes.
  bool is_quoted = false;  // "like this": its letter case counts.

  /// Whether it means `name`: exactly so, or, if it is not quoted, but for the case of letters.
  bool Means(std::string_view name) const;
};

/// `qualifier.name`, in the place of a table or of a column's table.
struct SqlTableName {
  SqlIdentifier qualifier;
  SqlIdentifier name;
  bool is_read_from = false;  // Right after FROM or JOIN: it can be nothing but a table.
};

/// Every two-part name in `sql`, in order, repeats included. What is in strings and comments does
/// not count, nor does the name of a function that is called. Any bytes will do; of SQL whose
/// quotes do not end, the rest is in the quotes.
std::vector<SqlTableName> FindTableNames(std::string_view sql);

}  // namespace tidemark::dataset_store
