// Fixed-size byte strings of a chain: block hashes and account addresses.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

/// N bytes, compared and ordered as a text of hex digits would be.
template <std::size_t N>
struct FixedBytes {
  std::array<std::uint8_t, N> bytes{};
  friend constexpr auto operator<=>(const FixedBytes&, const FixedBytes&) = default;
};

using BlockHash = FixedBytes<32>;
using Hash32 = FixedBytes<32>;
using Address = FixedBytes<20>;

/// "0x" and lower-case hex.
std::string ToHex(const Hash32& value);
std::string ToHex(const Address& value);

/// Reads "0x" and exactly 64 (40) hex digits of either case; nullopt for anything else.
std::optional<Hash32> ParseHash32(std::string_view text);
std::optional<Address> ParseAddress(std::string_view text);

}  // namespace tidemark
