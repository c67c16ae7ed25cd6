// Rows of a result as values.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "rows.h"
#include "tidemark/base/log.h"
#include "tidemark/base/result.h"

namespace tidemark::metadata_db_postgres {

/// What `read`, a function from Row to Result<T>, makes of each row. A row that is kCorruption to
/// it is left out and logged, so that it does not take its neighbours away.
template <class Read>
auto CollectRows(const Rows& rows, const Read& read)
    -> Result<std::vector<typename std::invoke_result_t<Read, const Row&>::value_type>> {
  std::vector<typename std::invoke_result_t<Read, const Row&>::value_type> values;
  values.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto value = read(rows[i]);
    if (value) {
      values.push_back(*std::move(value));
    } else if (value.error().code == ErrorCode::kCorruption) {
      Log(LogLevel::kWarning, "metadata_row_left_out", {{"reason", value.error().message}});
    } else {
      return std::unexpected(std::move(value).error());
    }
  }
  return values;
}

/// What `read` makes of the only row, if there is one.
template <class Read>
auto CollectRow(const Rows& rows, const Read& read)
    -> Result<std::optional<typename std::invoke_result_t<Read, const Row&>::value_type>> {
  if (rows.empty()) return std::nullopt;
  TIDEMARK_TRY(auto value, read(rows[0]));
  return value;
}

}  // namespace tidemark::metadata_db_postgres
