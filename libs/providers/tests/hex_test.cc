#include "hex.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::providers {
namespace {

std::string Decimal(std::string_view digits) { return DecimalText(ParseHexU256(digits).value()); }

TEST(HexTest, ReadsDigitsOfEitherCase) {
  std::array<std::uint8_t, 11> bytes{};
  ASSERT_TRUE(DecodeHex("00019aBcDeFf0123456789", bytes));
  const std::array<std::uint8_t, 11> expected = {0x00, 0x01, 0x9a, 0xbc, 0xde, 0xff,
                                                 0x01, 0x23, 0x45, 0x67, 0x89};
  EXPECT_EQ(bytes, expected);
}

TEST(HexTest, RefusesAnotherNumberOfDigits) {
  std::array<std::uint8_t, 8> bytes{};
  EXPECT_FALSE(DecodeHex("00112233445566", bytes));
  EXPECT_FALSE(DecodeHex("001122334455667", bytes));
  EXPECT_FALSE(DecodeHex("001122334455667788", bytes));
  EXPECT_TRUE(DecodeHex("", std::span<std::uint8_t>()));
}

// Method: every character at every place of a text long enough to have whole steps and a rest.
TEST(HexTest, RefusesEveryOtherCharacterAtEveryPlace) {
  constexpr std::size_t kBytes = 20;
  for (std::size_t place = 0; place < 2 * kBytes; ++place) {
    for (int c = 0; c < 256; ++c) {
      std::string text(2 * kBytes, '7');
      text[place] = static_cast<char>(c);
      std::array<std::uint8_t, kBytes> bytes{};
      const bool is_digit = c < 128 && std::isxdigit(c) != 0;
      EXPECT_EQ(DecodeHex(text, bytes), is_digit) << "character " << c << " at " << place;
    }
  }
}

TEST(HexTest, NumbersAreReadToTheirLastBitAndNoFurther) {
  EXPECT_EQ(ParseHexU64("0"), 0U);
  EXPECT_EQ(ParseHexU64("20000000000001"), (1ULL << 53U) + 1);
  EXPECT_EQ(ParseHexU64("ffffffffffffffff"), ~0ULL);
  EXPECT_EQ(ParseHexU64("10000000000000000"), std::nullopt);
  EXPECT_EQ(ParseHexU64("000000000000000000001f"), 0x1fU);
  EXPECT_EQ(ParseHexU64(""), std::nullopt);
  EXPECT_EQ(ParseHexU64("-1"), std::nullopt);
  EXPECT_EQ(ParseHexU64("0x1"), std::nullopt);
  EXPECT_EQ(ParseHexU64("12g"), std::nullopt);

  EXPECT_EQ(ParseHexU128(std::string(32, 'f')), ~static_cast<Uint128>(0));
  EXPECT_EQ(ParseHexU128("1" + std::string(32, '0')), std::nullopt);
  EXPECT_TRUE(ParseHexU256(std::string(64, 'f')));
  EXPECT_EQ(ParseHexU256("1" + std::string(64, '0')), std::nullopt);
  EXPECT_EQ(ParseHexU256("1 "), std::nullopt);
}

TEST(HexTest, DecimalTextOfNumbersAroundItsRounds) {
  EXPECT_EQ(Decimal("0"), "0");
  EXPECT_EQ(Decimal("20000000000001"), "9007199254740993");
  EXPECT_EQ(Decimal("8ac7230489e80000"), "10000000000000000000");
  EXPECT_EQ(Decimal("ffffffffffffffff"), "18446744073709551615");
  EXPECT_EQ(Decimal("10000000000000000"), "18446744073709551616");
  // 2 * 10^19: the round leaves a quotient of 2 and a rest of nothing but zeros.
  EXPECT_EQ(Decimal("1158e460913d00000"), "20000000000000000000");
  EXPECT_EQ(Decimal("4b3b4ca85a86c47a098a224000000000"), "100000000000000000000000000000000000000");
  EXPECT_EQ(Decimal(std::string(64, 'f')),
            "115792089237316195423570985008687907853269984665640564039457584007913129639935");
}

// Method: build a number's decimal text digit by digit in base 10 arithmetic on text.
TEST(HexPropertyTest, DecimalTextAgreesWithSchoolArithmetic) {
  const int seed = GTEST_FLAG_GET(random_seed);
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  for (int round = 0; round < 500; ++round) {
    const std::size_t length = 1 + random() % 64;
    std::string digits;
    std::vector<int> decimal = {0};  // Least significant first.
    for (std::size_t i = 0; i < length; ++i) {
      const int digit = static_cast<int>(random() % 16);
      digits += "0123456789abcdef"[digit];
      int carry = digit;
      for (int& place : decimal) {
        carry += place * 16;
        place = carry % 10;
        carry /= 10;
      }
      for (; carry != 0; carry /= 10) decimal.push_back(carry % 10);
    }
    while (decimal.size() > 1 && decimal.back() == 0) decimal.pop_back();
    std::string expected;
    for (auto place = decimal.rbegin(); place != decimal.rend(); ++place) {
      expected += static_cast<char>('0' + *place);
    }
    ASSERT_EQ(Decimal(digits), expected) << digits;
  }
}

}  // namespace
}  // namespace tidemark::providers
