#include "tidemark/base/text.h"

#include <array>
#include <set>

#include <gtest/gtest.h>

#include "tidemark/base/log.h"
#include "tidemark/base/random.h"
#include "tidemark/base/result.h"

namespace tidemark {
namespace {

TEST(ParseDecimalTest, ReadsTheWholeTextOrNothing) {
  EXPECT_EQ(ParseDecimal<std::uint64_t>("18446744073709551615"), 18446744073709551615U);
  EXPECT_EQ(ParseDecimal<std::int64_t>("-9"), -9);
  for (const char* text :
       {"", " 1", "1 ", "12abc", "+1", "-1", "0x10", "1e3", "18446744073709551616"}) {
    EXPECT_FALSE(ParseDecimal<std::uint64_t>(text).has_value()) << text;
  }
}

TEST(HexTest, RoundTripsAndRefusesOtherLengthsAndCharacters) {
  const std::array<std::uint8_t, 3> bytes = {0x00, 0xAB, 0xFF};
  std::string text;
  AppendHex(text, bytes);
  EXPECT_EQ(text, "00abff");
  std::array<std::uint8_t, 3> read{};
  EXPECT_TRUE(ParseHex("00ABff", read));
  EXPECT_EQ(read, bytes);
  for (const char* bad : {"", "00abf", "00abff0", "00abfg", "0x00ab", "00 bff"}) {
    EXPECT_FALSE(ParseHex(bad, read)) << bad;
  }
}

TEST(FormatBytesTest, UsesUnitsOf1024AndOneDecimal) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1024), "1.0 KB");
  EXPECT_EQ(FormatBytes(1024 * 1024 - 1), "1.0 MB");
  EXPECT_EQ(FormatBytes(2147483648), "2.0 GB");
  EXPECT_EQ(FormatBytes(18446744073709551615U), "16.0 EB");
}

TEST(UuidTest, KnowsItsOwnFormFromEveryOther) {
  EXPECT_TRUE(IsUuidV7(MakeUuidV7(SystemClock().Now())));
  EXPECT_TRUE(IsUuidV7("019c2523-356e-7000-bfea-2c1160f2b8e7"));
  for (const std::string_view other :
       {"", "blocks", "019c2523-356e-4000-bfea-2c1160f2b8e7",
        "019c2523-356e-7000-cfea-2c1160f2b8e7", "019C2523-356E-7000-BFEA-2C1160F2B8E7",
        "019c2523-356e-7000-bfea-2c1160f2b8e", "019c2523-356e-7000-bfea-2c1160f2b8e70",
        "019c2523x356e-7000-bfea-2c1160f2b8e7", "g19c2523-356e-7000-bfea-2c1160f2b8e7"}) {
    EXPECT_FALSE(IsUuidV7(other)) << other;
  }
}

TEST(UuidTest, TextOrderIsTheOrderOfMakingEvenWhenTheClockStepsBack) {
  std::string last;
  for (int i = 0; i < 5000; ++i) {
    const UtcTime now(std::chrono::milliseconds(1767323045678 - i));
    const std::string uuid = MakeUuidV7(now);
    ASSERT_EQ(uuid.size(), 36U);
    ASSERT_EQ(uuid[14], '7');
    ASSERT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
    ASSERT_LT(last, uuid);
    last = uuid;
  }
}

TEST(RandomTest, ValuesDoNotRepeat) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(RandomU64()).second);
}

Result<int> Half(int value) {
  if (value % 2 != 0) return MakeError(ErrorCode::kInvalidArgument, "odd");
  return value / 2;
}

Result<int> Quarter(int value) {
  TIDEMARK_TRY(const int half, Half(value));
  TIDEMARK_TRY(Half(half));
  return half / 2;
}

TEST(ResultTest, TryPassesTheFirstErrorOn) {
  EXPECT_EQ(Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error(), (Error{ErrorCode::kInvalidArgument, "odd"}));
  EXPECT_EQ(WithContext("job 7", Error{ErrorCode::kNotFound, "gone"}).error(),
            (Error{ErrorCode::kNotFound, "job 7: gone"}));
}

TEST(LogTest, OneLineAnEventWithQuotingWhereNeeded) {
  testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, "job_started",
      {{"job", 7}, {"dataset", "a/b"}, {"why", "a \"b\"\nc"}, {"empty", ""}});
  Log(LogLevel::kDebug, "not_shown");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(
      text.find(R"( level=info event=job_started job=7 dataset=a/b why="a \"b\"\nc" empty="")"),
      std::string::npos)
      << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(LogTest, LevelsAreReadByTheirNames) {
  EXPECT_EQ(ParseLogLevel("debug"), LogLevel::kDebug);
  EXPECT_EQ(ParseLogLevel("off"), LogLevel::kOff);
  EXPECT_FALSE(ParseLogLevel("verbose").has_value());
}

}  // namespace
}  // namespace tidemark
