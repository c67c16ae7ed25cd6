#include "tidemark/base/back_off.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using std::chrono::milliseconds;

constexpr BackOffPolicy kPolicy{.base = milliseconds(1'000), .max = milliseconds(60'000)};

TEST(BackOffTest, DoublesFromTheBaseUpToTheMaximum) {
  EXPECT_EQ(BackOffCeiling(kPolicy, 0), milliseconds(1'000));
  EXPECT_EQ(BackOffCeiling(kPolicy, 1), milliseconds(1'000));
  EXPECT_EQ(BackOffCeiling(kPolicy, 2), milliseconds(2'000));
  EXPECT_EQ(BackOffCeiling(kPolicy, 6), milliseconds(32'000));
  EXPECT_EQ(BackOffCeiling(kPolicy, 7), milliseconds(60'000));
}

TEST(BackOffTest, StaysAtTheMaximumHoweverManyAttemptsThereWere) {
  for (const std::uint64_t attempt : {44ULL, 64ULL, 1'000'000ULL, ~0ULL}) {
    EXPECT_EQ(BackOffCeiling(kPolicy, attempt), milliseconds(60'000)) << attempt;
  }
  const BackOffPolicy endless{.base = milliseconds(3), .max = milliseconds::max()};
  EXPECT_EQ(BackOffCeiling(endless, 1'000'000), milliseconds::max());
}

TEST(BackOffTest, ABaseAboveTheMaximumOrOfZeroIsBounded) {
  EXPECT_EQ(BackOffCeiling({.base = milliseconds(9), .max = milliseconds(5)}, 1), milliseconds(5));
  EXPECT_EQ(BackOffCeiling({.base = milliseconds(0), .max = milliseconds(5)}, 1), milliseconds(0));
  EXPECT_LE(BackOffCeiling({.base = milliseconds(0), .max = milliseconds(5)}, ~0ULL),
            milliseconds(5));
}

TEST(BackOffTest, JitterReachesFromZeroToTheCeiling) {
  EXPECT_EQ(JitteredBackOff(kPolicy, 2, 0), milliseconds(0));
  EXPECT_EQ(JitteredBackOff(kPolicy, 2, 2'000), milliseconds(2'000));
  EXPECT_EQ(JitteredBackOff(kPolicy, 2, 2'001), milliseconds(0));
  EXPECT_LE(JitteredBackOff(kPolicy, 44, ~0ULL), milliseconds(60'000));
}

}  // namespace
}  // namespace tidemark
