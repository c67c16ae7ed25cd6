// Readers of the JSON-RPC's two encodings, as members of a table: quantities ("0x1f", a number) and
// data ("0x001f", bytes).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "hex.h"
#include "json_members.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/bytes.h"
#include "tidemark/model/evm_block.h"

namespace tidemark::providers {

/// What follows "0x" in a JSON string; nullopt for any other value. Not yet known to be hex: an
/// escape in the string is found by whoever reads the digits.
inline std::optional<std::string_view> HexDigits(JsonValue& value) {
  const std::string_view text = TokenText(value);
  if (text.size() < 4 || !text.starts_with("\"0x") || !text.ends_with('"')) return std::nullopt;
  return text.substr(3, text.size() - 4);
}

inline bool ReadInto(JsonValue& value, std::uint64_t& out) {
  const auto digits = HexDigits(value);
  const auto number = digits ? ParseHexU64(*digits) : std::nullopt;
  if (number) out = *number;
  return number.has_value();
}

inline bool ReadInto(JsonValue& value, std::uint32_t& out) {
  std::uint64_t wide = 0;
  if (!ReadInto(value, wide) || wide > std::numeric_limits<std::uint32_t>::max()) return false;
  out = static_cast<std::uint32_t>(wide);
  return true;
}

inline bool ReadInto(JsonValue& value, std::int32_t& out) {
  std::uint64_t wide = 0;
  if (!ReadInto(value, wide) || wide > std::numeric_limits<std::int32_t>::max()) return false;
  out = static_cast<std::int32_t>(wide);
  return true;
}

inline bool ReadInto(JsonValue& value, Uint128& out) {
  const auto digits = HexDigits(value);
  const auto number = digits ? ParseHexU128(*digits) : std::nullopt;
  if (number) out = *number;
  return number.has_value();
}

inline bool ReadInto(JsonValue& value, BlockNumber& out) { return ReadInto(value, out.value); }

template <std::size_t N>
bool ReadInto(JsonValue& value, FixedBytes<N>& out) {
  const auto digits = HexDigits(value);
  return digits && DecodeHex(*digits, out.bytes);
}

inline bool ReadInto(JsonValue& value, std::string& bytes) {
  const auto digits = HexDigits(value);
  if (!digits || digits->size() % 2 != 0) return false;
  const std::size_t count = digits->size() / 2;
  bool is_hex = false;
  // The size that the callback is given is not used: libstdc++ 12 gives the grown capacity.
  bytes.resize_and_overwrite(count, [&](char* data, std::size_t /*size*/) {
    is_hex = DecodeHex(*digits, {reinterpret_cast<std::uint8_t*>(data), count});
    return count;
  });
  return is_hex;
}

template <class T>
bool ReadInto(JsonValue& value, std::optional<T>& out) {
  return ReadInto(value, out.emplace());
}

/// Table entry for a field whose type tells its encoding.
template <auto Field, class Out>
bool ReadField(JsonValue& value, Out& out, std::string& /*why*/) {
  return ReadInto(value, out.*Field);
}

}  // namespace tidemark::providers
