// The order in which a derived dataset's tables can be made.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tidemark/base/result.h"

namespace tidemark::dataset_store {

/// A table, and which tables of the same list it reads, by their places in the list.
struct TableNode {
  std::string name;
  std::vector<std::size_t> reads;  // Ascending, none twice.
};

/// The names, each after those that it reads, and otherwise by name. `tables` is sorted by name.
/// Does not recurse.
/// Errors: kInvalidArgument for tables that read one another in a circle, naming them.
Result<std::vector<std::string>> OrderTables(const std::vector<TableNode>& tables);

}  // namespace tidemark::dataset_store
