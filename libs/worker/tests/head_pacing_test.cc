#include "head_pacing.h"

#include <algorithm>
#include <random>
#include <vector>

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

TEST(HeadPacingTest, LooksCloselyWhenABlockIsDueAndSeldomOtherwise) {
  HeadPacing pacing(kBounds);
  const SteadyTime now = Watch(pacing, milliseconds(2'000));
  EXPECT_EQ(pacing.PollInterval(now), milliseconds(1'000));
  EXPECT_EQ(pacing.PollInterval(now + milliseconds(1'000)), milliseconds(900));
  EXPECT_EQ(pacing.PollInterval(now + milliseconds(1'900)), milliseconds(100));
  EXPECT_EQ(pacing.PollInterval(now + milliseconds(2'100)), milliseconds(100));
  // That slot has no block; the next one may.
  EXPECT_EQ(pacing.PollInterval(now + milliseconds(2'200)), milliseconds(1'000));
  EXPECT_EQ(pacing.PollInterval(now + milliseconds(3'500)), milliseconds(400));
  EXPECT_EQ(pacing.PollInterval(now + milliseconds(4'000)), milliseconds(100));
}

TEST(HeadPacingTest, BlocksThatCannotBeForetoldAreLookedForAllTheTime) {
  HeadPacing pacing(kBounds);
  SteadyTime now = kStart;
  for (std::uint64_t block = 1; block <= 20; ++block) {
    now += seconds(block % 2 == 0 ? 3 : 1);
    pacing.Observe(BlockNumber{block}, now);
  }
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(pacing.PollInterval(now + i * milliseconds(100)), milliseconds(500));
  }
}

TEST(HeadPacingTest, BlocksAreSeenSoonAndForFewLooks) {
  std::mt19937_64 random(7);
  HeadPacing pacing(kBounds);
  std::vector<milliseconds> delays;
  SteadyTime slot = kStart;
  SteadyTime look = kStart;
  int looks = 0;
  for (std::uint64_t block = 1; block <= 1'000; ++block) {
    slot += seconds(random() % 20 == 0 ? 24 : 12);
    const SteadyTime there = slot + milliseconds(random() % 1'000);
    for (; look < there; ++looks) look += pacing.PollInterval(look);
    pacing.Observe(BlockNumber{block}, look);
    if (block > 20) delays.push_back(std::chrono::duration_cast<milliseconds>(look - there));
  }
  std::ranges::sort(delays);
  EXPECT_LT(delays[delays.size() * 99 / 100], milliseconds(150));
  EXPECT_LT(looks, 30 * 1'000);
}

TEST(HeadPacingTest, StaysWithinItsBounds) {
  HeadPacing fast(kBounds);
  EXPECT_EQ(fast.PollInterval(Watch(fast, milliseconds(10))), milliseconds(100));
  HeadPacing slow(kBounds);
  EXPECT_EQ(slow.PollInterval(Watch(slow, seconds(12))), milliseconds(1'000));
  HeadPacing vague(kBounds);
  const SteadyTime now = Watch(vague, seconds(12));
  vague.Observe(BlockNumber{11}, now + seconds(1'000));
  vague.Observe(BlockNumber{12}, now + seconds(2'000));
  EXPECT_EQ(vague.PollInterval(now + seconds(2'012)), milliseconds(100));
}

TEST(HeadPacingTest, CountsSeveralBlocksSeenAtOnce) {
  HeadPacing pacing(kBounds);
  pacing.Observe(BlockNumber{10}, kStart);
  pacing.Observe(BlockNumber{20}, kStart + seconds(20));
  EXPECT_EQ(pacing.PollInterval(kStart + milliseconds(21'500)), milliseconds(400));
}

TEST(HeadPacingTest, ASilentChainIsAskedLessOften) {
  HeadPacing pacing(kBounds);
  const SteadyTime now = Watch(pacing, milliseconds(500));
  EXPECT_EQ(pacing.PollInterval(now), milliseconds(400));
  EXPECT_EQ(pacing.PollInterval(now + seconds(3)), milliseconds(600));
  EXPECT_EQ(pacing.PollInterval(now + seconds(3'600)), milliseconds(1'000));
}

TEST(HeadPacingTest, AHeadThatGoesBackTeachesNothing) {
  HeadPacing pacing(kBounds);
  const SteadyTime now = Watch(pacing, milliseconds(2'000));
  pacing.Observe(BlockNumber{3}, now);
  pacing.Observe(BlockNumber{10}, now);
  EXPECT_EQ(pacing.PollInterval(now + milliseconds(1'500)), milliseconds(400));
}

}  // namespace
}  // namespace tidemark::worker
