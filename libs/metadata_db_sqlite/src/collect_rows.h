// Running a statement to its end, row by row.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "statement.h"
#include "tidemark/base/result.h"

namespace tidemark::metadata_db_sqlite {

/// What `read`, a function from Statement to Result<Row>, makes of each row.
template <class Read>
auto CollectRows(Statement statement, const Read& read)
    -> Result<std::vector<typename std::invoke_result_t<Read, const Statement&>::value_type>> {
  std::vector<typename std::invoke_result_t<Read, const Statement&>::value_type> rows;
  for (;;) {
    TIDEMARK_TRY(const bool has_row, statement.Step());
    if (!has_row) return rows;
    TIDEMARK_TRY(auto row, read(statement));
    rows.push_back(std::move(row));
  }
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
