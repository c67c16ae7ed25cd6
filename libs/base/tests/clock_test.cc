#include "tidemark/base/clock.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

UtcTime At(std::int64_t seconds_since_1970, std::int64_t more_us = 0) {
  return UtcTime(seconds(seconds_since_1970) + microseconds(more_us));
}

TEST(Rfc3339Test, PrintsMicrosecondsAndLeavesThemOutWhenZero) {
  EXPECT_EQ(FormatRfc3339(At(1767323045, 678901)), "2026-01-02T03:04:05.678901+00:00");
  EXPECT_EQ(FormatRfc3339(At(1767323045)), "2026-01-02T03:04:05+00:00");
  EXPECT_EQ(FormatRfc3339(At(1767323045, 700'000)), "2026-01-02T03:04:05.700+00:00");
  EXPECT_EQ(FormatRfc3339(At(1767323045, 1000)), "2026-01-02T03:04:05.001+00:00");
  EXPECT_EQ(FormatRfc3339(At(1767323045, 700'010)), "2026-01-02T03:04:05.700010+00:00");
  EXPECT_EQ(FormatRfc3339(At(-1)), "1969-12-31T23:59:59+00:00");
}

TEST(Rfc3339Test, ReadsOffsetsAndFractionsOfAnyLength) {
  EXPECT_EQ(ParseRfc3339("2026-01-02T03:04:05.678901+00:00"), At(1767323045, 678901));
  EXPECT_EQ(ParseRfc3339("2026-01-02T12:04:05+09:00"), At(1767323045));
  EXPECT_EQ(ParseRfc3339("2026-01-01T22:04:05-05:00"), At(1767323045));
  EXPECT_EQ(ParseRfc3339("2026-01-02 03:04:05Z"), At(1767323045));
  EXPECT_EQ(ParseRfc3339("2026-01-02T03:04:05.0000000019Z"),
            UtcTime(seconds(1767323045) + nanoseconds(1)));
}

TEST(Rfc3339Test, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026", "2026-01-02", "2026-01-02T03:04", "2026-01-02T03:04:05", "2026-02-30T03:04:05Z",
        "2026-01-02T24:04:05Z", "2026-01-02T03:60:05Z", "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05Zx", "2026-01-02T03:04:05+24:00", "+026-01-02T03:04:05Z",
        "9999-01-02T03:04:05Z", "0000-01-02T03:04:05Z"}) {
    EXPECT_FALSE(ParseRfc3339(text).has_value()) << text;
  }
}

TEST(DeadlineTest, APastDeadlineHasNothingLeft) {
  const Deadline past = Deadline::After(seconds(-5));
  EXPECT_TRUE(past.HasPassed());
  EXPECT_EQ(past.Remaining().count(), 0);
}

TEST(DeadlineTest, NeverDoesNotPassAndFitsATimeout) {
  EXPECT_FALSE(Deadline::Never().HasPassed());
  EXPECT_EQ(Deadline::Never().Remaining(), std::chrono::hours(24));
}

TEST(DeadlineTest, ALastFractionOfAMillisecondIsNotZero) {
  const Deadline soon = Deadline::After(nanoseconds(900'000'000));
  EXPECT_GT(soon.Remaining().count(), 0);
  EXPECT_LE(soon.Remaining().count(), 900);
}

}  // namespace
}  // namespace tidemark
