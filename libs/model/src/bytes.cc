#include "tidemark/model/bytes.h"

#include "tidemark/base/text.h"

namespace tidemark {
namespace {

template <std::size_t N>
std::string Print(const FixedBytes<N>& value) {
  std::string text = "0x";
  text.reserve(2 + 2 * N);
  AppendHex(text, value.bytes);
  return text;
}

template <std::size_t N>
std::optional<FixedBytes<N>> Parse(std::string_view text) {
  FixedBytes<N> value;
  if (!text.starts_with("0x") || !ParseHex(text.substr(2), value.bytes)) return std::nullopt;
  return value;
}

}  // namespace

std::string ToHex(const Hash32& value) { return Print(value); }
std::string ToHex(const Address& value) { return Print(value); }
std::optional<Hash32> ParseHash32(std::string_view text) { return Parse<32>(text); }
std::optional<Address> ParseAddress(std::string_view text) { return Parse<20>(text); }

}  // namespace tidemark
