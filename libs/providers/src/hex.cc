#include "hex.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

namespace tidemark::providers {
namespace {

constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> kDigitValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) {
    values['a' + i] = static_cast<std::uint8_t>(10 + i);
    values['A' + i] = static_cast<std::uint8_t>(10 + i);
  }
  return values;
}();

std::uint8_t DigitValue(char c) { return kDigitValues[static_cast<std::uint8_t>(c)]; }

// Vectors of the compiler's own, so that the same lines become SSE2 on one machine and NEON on the
// other. A digit pair is one 16-bit lane, its first digit in the low byte.
using Bytes16 [[gnu::vector_size(16)]] = std::uint8_t;
using Lanes8 [[gnu::vector_size(16)]] = std::uint16_t;
using Bytes8 [[gnu::vector_size(8)]] = std::uint8_t;
static_assert(std::endian::native == std::endian::little);

/// Decodes 16 digits to 8 bytes. Lanes of the result are not zero where a digit was none.
Bytes16 DecodeStep(const char* digits, std::uint8_t* out) {
  Bytes16 text;
  std::memcpy(&text, digits, sizeof text);
  const Bytes16 decimal = text - '0';
  const Bytes16 letter = (text | 0x20) - 'a';
  const auto is_decimal = std::bit_cast<Bytes16>(decimal < 10);
  const auto is_letter = std::bit_cast<Bytes16>(letter < 6);
  const Bytes16 values = (decimal & is_decimal) | ((letter + 10) & is_letter);

  const auto pairs = std::bit_cast<Lanes8>(values);
  const Lanes8 wide = ((pairs << 4) | (pairs >> 8)) & 0xFF;
  const auto narrow = __builtin_convertvector(wide, Bytes8);
  std::memcpy(out, &narrow, sizeof narrow);
  return ~(is_decimal | is_letter);
}

std::string_view WithoutLeadingZeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? digits.substr(digits.size()) : digits.substr(first);
}

template <class T>
std::optional<T> ParseHexNumber(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  const std::string_view significant = WithoutLeadingZeros(digits);
  if (significant.size() > 2 * sizeof(T)) return std::nullopt;
  T number = 0;
  std::uint8_t seen = 0;
  for (const char c : significant) {
    const std::uint8_t digit = DigitValue(c);
    seen |= digit;
    number = static_cast<T>(number << 4U) | digit;
  }
  if (seen > 0xF) return std::nullopt;
  return number;
}

}  // namespace

bool DecodeHex(std::string_view digits, std::span<std::uint8_t> bytes) {
  if (digits.size() != bytes.size() * 2) return false;
  const std::size_t whole = bytes.size() / 8 * 8;
  Bytes16 wrong{};
  for (std::size_t i = 0; i < whole; i += 8) {
    wrong |= DecodeStep(digits.data() + 2 * i, bytes.data() + i);
  }
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(wrong);
  std::uint8_t wrong_tail = 0;
  for (std::size_t i = whole; i < bytes.size(); ++i) {
    const std::uint8_t high = DigitValue(digits[2 * i]);
    const std::uint8_t low = DigitValue(digits[2 * i + 1]);
    wrong_tail |= static_cast<std::uint8_t>((high | low) & 0xF0U);
    bytes[i] = static_cast<std::uint8_t>((high & 0xFU) << 4U | (low & 0xFU));
  }
  return (halves[0] | halves[1]) == 0 && wrong_tail == 0;
}

std::optional<std::uint64_t> ParseHexU64(std::string_view digits) {
  return ParseHexNumber<std::uint64_t>(digits);
}

std::optional<Uint128> ParseHexU128(std::string_view digits) {
  return ParseHexNumber<Uint128>(digits);
}

std::optional<Uint256Bytes> ParseHexU256(std::string_view digits) {
  Uint256Bytes number;
  std::array<char, 2 * sizeof number> padded;
  if (digits.empty()) return std::nullopt;
  const std::string_view significant = WithoutLeadingZeros(digits);
  if (significant.size() > padded.size()) return std::nullopt;
  const std::size_t zeros = padded.size() - significant.size();
  std::memset(padded.data(), '0', zeros);
  significant.copy(padded.data() + zeros, significant.size());
  if (!DecodeHex({padded.data(), padded.size()}, number)) return std::nullopt;
  return number;
}

std::string DecimalText(const Uint256Bytes& number) {
  std::array<std::uint64_t, 4> limbs;  // Most significant first.
  for (std::size_t i = 0; i < limbs.size(); ++i) {
    std::memcpy(&limbs[i], &number[8 * i], sizeof limbs[i]);
    limbs[i] = __builtin_bswap64(limbs[i]);
  }

  // Nineteen digits a round: 10^19 is the largest power of ten in 64 bits. Five rounds are 95
  // digits; 2^256 has 78.
  constexpr std::uint64_t kRound = 10'000'000'000'000'000'000ULL;
  constexpr std::size_t kRoundDigits = 19;
  std::array<char, 5 * kRoundDigits> digits;
  char* begin = digits.data() + digits.size();
  while ((limbs[0] | limbs[1] | limbs[2]) != 0) {
    Uint128 rest = 0;
    for (std::uint64_t& limb : limbs) {
      const Uint128 part = rest << 64U | limb;
      limb = static_cast<std::uint64_t>(part / kRound);
      rest = part % kRound;
    }
    auto round = static_cast<std::uint64_t>(rest);
    for (std::size_t i = 0; i < kRoundDigits; ++i) {
      *--begin = static_cast<char>('0' + static_cast<int>(round % 10));
      round /= 10;
    }
  }
  std::array<char, std::numeric_limits<std::uint64_t>::digits10 + 1> head;
  const auto written = std::to_chars(head.data(), head.data() + head.size(), limbs[3]);
  std::string text(head.data(), written.ptr);
  text.append(begin, digits.data() + digits.size());
  // The last round may have left nothing in front of its own nineteen digits.
  return text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
}

}  // namespace tidemark::providers
