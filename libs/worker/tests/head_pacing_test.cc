#include "head_pacing.h"

#include <gtest/gtest.h>

namespace tidemark::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr HeadPacing::Bounds kBounds{.min = milliseconds(100), .max = milliseconds(1'000)};
constexpr SteadyTime kStart{seconds(1'000)};

/// Ten blocks, one each `interval`; the newest at the time that comes back.
SteadyTime Watch(HeadPacing& pacing, milliseconds interval) {
  SteadyTime now = kStart;
  for (std::uint64_t block = 1; block <= 10; ++block) {
    now += interval;
    pacing.Observe(BlockNumber{block}, now);
  }
  return now;
}

TEST(HeadPacingTest, AsksSeldomBeforeTheFirstBlockAndOftenAfterIt) {
  HeadPacing pacing(kBounds);
  EXPECT_EQ(pacing.PollInterval(kStart), milliseconds(1'000));
  pacing.Observe(BlockNumber{5}, kStart);
  EXPECT_EQ(pacing.PollInterval(kStart), milliseconds(100));
}

TEST(HeadPacingTest, WaitsAFifthOfTheBlockInterval) {
  HeadPacing pacing(kBounds);
  const SteadyTime now = Watch(pacing, milliseconds(2'000));
  EXPECT_EQ(pacing.PollInterval(now), milliseconds(400));
}

TEST(HeadPacingTest, StaysWithinItsBounds) {
  HeadPacing fast(kBounds);
  EXPECT_EQ(fast.PollInterval(Watch(fast, milliseconds(10))), milliseconds(100));
  HeadPacing slow(kBounds);
  EXPECT_EQ(slow.PollInterval(Watch(slow, seconds(12))), milliseconds(1'000));
}

TEST(HeadPacingTest, CountsSeveralBlocksSeenAtOnce) {
  HeadPacing pacing(kBounds);
  pacing.Observe(BlockNumber{10}, kStart);
  pacing.Observe(BlockNumber{20}, kStart + seconds(20));
  EXPECT_EQ(pacing.PollInterval(kStart + seconds(20)), milliseconds(400));
}

TEST(HeadPacingTest, ASilentChainIsAskedLessOften) {
  HeadPacing pacing(kBounds);
  const SteadyTime now = Watch(pacing, milliseconds(500));
  EXPECT_EQ(pacing.PollInterval(now), milliseconds(100));
  EXPECT_EQ(pacing.PollInterval(now + seconds(3)), milliseconds(600));
  EXPECT_EQ(pacing.PollInterval(now + seconds(3'600)), milliseconds(1'000));
}

TEST(HeadPacingTest, AHeadThatGoesBackTeachesNothing) {
  HeadPacing pacing(kBounds);
  const SteadyTime now = Watch(pacing, milliseconds(2'000));
  pacing.Observe(BlockNumber{3}, now);
  pacing.Observe(BlockNumber{10}, now);
  EXPECT_EQ(pacing.PollInterval(now), milliseconds(400));
}

}  // namespace
}  // namespace tidemark::worker
