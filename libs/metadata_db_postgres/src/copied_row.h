// Rows that COPY TO STDOUT (FORMAT binary) sends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tidemark/base/result.h"

namespace tidemark::metadata_db_postgres {

/// The latest row of a copy. The SQL decides the types, as with Row; columns count from 0.
class CopiedRow {
 public:
  /// Takes what the server sends next. False: there is no row in it, it is the end of the copy.
  /// Errors: kInternal if it is not of the format, or has more columns than there may be.
  Result<bool> Take(std::string_view message);

  std::int64_t Int64(int column) const { return OptionalInt64(column).value_or(0); }
  std::optional<std::int64_t> OptionalInt64(int column) const;
  /// Empty for NULL. As long as the message lives.
  std::string_view View(int column) const;

  static constexpr std::size_t kMaxColumns = 8;

 private:
  std::array<std::optional<std::string_view>, kMaxColumns> columns_;
  bool has_begun_ = false;
};

}  // namespace tidemark::metadata_db_postgres
