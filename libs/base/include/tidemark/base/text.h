// Numbers and bytes as text, read strictly: the whole text or nothing.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tidemark {

/// A decimal number that is the whole of `text`; nullopt for a sign that T cannot hold, a blank, a
/// digit too many, or nothing at all.
template <std::integral T>
std::optional<T> ParseDecimal(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Lower-case hex, two digits a byte, without a prefix, appended to `out`.
void AppendHex(std::string& out, std::span<const std::uint8_t> bytes);

/// Fills `bytes` from exactly two hex digits each, either case, without a prefix. False, with
/// `bytes` unspecified, if `text` has another length or another character.
bool ParseHex(std::string_view text, std::span<std::uint8_t> bytes);

/// "12.3 GB": units of 1024, one decimal from KB on, as Amp's CLI prints sizes.
std::string FormatBytes(std::uint64_t bytes);

}  // namespace tidemark
