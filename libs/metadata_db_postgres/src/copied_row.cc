#include "copied_row.h"

#include <bit>

namespace tidemark::metadata_db_postgres {
namespace {

/// Signature, flags and the length of what else the header may have, which is nothing so far
/// (PostgreSQL manual, COPY, "Binary Format").
constexpr std::string_view kHeader{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr std::int64_t kNull = -1;
constexpr std::int64_t kEnd = -1;  // In place of the number of columns.

std::unexpected<Error> NotOfTheFormat() {
  return MakeError(ErrorCode::kInternal,
                   "the server's copy is not in the format that was asked for");
}

/// In network byte order, as two's complement.
std::optional<std::int64_t> TakeInteger(std::string_view& rest, std::size_t size_bytes) {
  if (size_bytes == 0 || rest.size() < size_bytes) return std::nullopt;
  std::uint64_t value = (static_cast<unsigned char>(rest.front()) & 0x80U) != 0 ? ~0ULL : 0;
  for (const char byte : rest.substr(0, size_bytes)) {
    value = value << 8 | static_cast<unsigned char>(byte);
  }
  rest.remove_prefix(size_bytes);
  return std::bit_cast<std::int64_t>(value);
}

}  // namespace

Result<bool> CopiedRow::Take(std::string_view message) {
  if (!has_begun_) {
    if (!message.starts_with(kHeader)) return NotOfTheFormat();
    message.remove_prefix(kHeader.size());
    has_begun_ = true;
  }
  const auto count = TakeInteger(message, sizeof(std::int16_t));
  if (count == kEnd && message.empty()) return false;
  if (!count || *count < 0 || *count > static_cast<std::int64_t>(kMaxColumns)) {
    return NotOfTheFormat();
  }
  columns_.fill(std::nullopt);
  for (std::size_t column = 0; column < static_cast<std::size_t>(*count); ++column) {
    const auto length = TakeInteger(message, sizeof(std::int32_t));
    if (length == kNull) continue;
    if (!length || *length < 0 || static_cast<std::size_t>(*length) > message.size()) {
      return NotOfTheFormat();
    }
    columns_.at(column) = message.substr(0, static_cast<std::size_t>(*length));
    message.remove_prefix(static_cast<std::size_t>(*length));
  }
  if (!message.empty()) return NotOfTheFormat();
  return true;
}

std::optional<std::int64_t> CopiedRow::OptionalInt64(int column) const {
  auto value = columns_.at(static_cast<std::size_t>(column));
  return value ? TakeInteger(*value, value->size()) : std::nullopt;
}

std::string_view CopiedRow::View(int column) const {
  return columns_.at(static_cast<std::size_t>(column)).value_or(std::string_view());
}

}  // namespace tidemark::metadata_db_postgres
