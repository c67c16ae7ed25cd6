// Running a statement to its end, row by row.
#pragma once

#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "statement.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/stored_values.h"

namespace tidemark::metadata_db_sqlite {

/// What `read`, a function from Statement to Result<Row>, makes of each row, up to `limit` of them.
/// A row that is kCorruption to it is left out and reported.
template <class Read>
auto CollectRows(Statement statement, const Read& read,
                 std::size_t limit = std::numeric_limits<std::size_t>::max())
    -> Result<std::vector<typename std::invoke_result_t<Read, const Statement&>::value_type>> {
  std::vector<typename std::invoke_result_t<Read, const Statement&>::value_type> rows;
  while (rows.size() < limit) {
    TIDEMARK_TRY(const bool has_row, statement.Step());
    if (!has_row) break;
    auto row = read(statement);
    if (row) {
      rows.push_back(*std::move(row));
    } else if (row.error().code == ErrorCode::kCorruption) {
      metadata_db::ReportRowLeftOut(row.error());
    } else {
      return std::unexpected(std::move(row).error());
    }
  }
  return rows;
}

/// What `read` makes of the only row, if there is one.
template <class Read>
auto CollectRow(Statement statement, const Read& read)
    -> Result<std::optional<typename std::invoke_result_t<Read, const Statement&>::value_type>> {
  TIDEMARK_TRY(const bool has_row, statement.Step());
  if (!has_row) return std::nullopt;
  TIDEMARK_TRY(auto row, read(statement));
  return row;
}

}  // namespace tidemark::metadata_db_sqlite
