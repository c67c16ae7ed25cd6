#include "commit_rate.h"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::data_store {
namespace {

using std::chrono::seconds;

const UtcTime kNow(seconds(1'000'000));

Segment MakeSegment(std::uint64_t first, std::uint64_t last, seconds age) {
  return {.file_id = FileId{1},
          .created_at = kNow - age,
          .size_bytes = 1,
          .ranges = {{.network = "anvil",
                      .blocks = BlockRange::Make(BlockNumber{first}, BlockNumber{last}).value(),
                      .hash = {},
                      .prev_hash = {},
                      .timestamp_s = {}}}};
}

std::optional<CommitRate> Measure(const std::vector<Segment>& segments) {
  chain::Chain chain;
  for (const Segment& segment : segments) chain.push_back(&segment);
  return MeasureCommitRate(chain, kNow);
}

TEST(CommitRateTest, AnEmptyChainHasNone) { EXPECT_FALSE(Measure({}).has_value()); }

TEST(CommitRateTest, CountsTheBlocksOfTheLastMinute) {
  const auto rate =
      Measure({MakeSegment(0, 999, seconds(300)), MakeSegment(1000, 1029, seconds(50)),
               MakeSegment(1030, 1059, seconds(10))});
  ASSERT_TRUE(rate.has_value());
  EXPECT_DOUBLE_EQ(rate->blocks_per_second, 1.0);
  EXPECT_EQ(rate->window, seconds(60));
  EXPECT_EQ(rate->last_commit_at, kNow - seconds(10));
}

TEST(CommitRateTest, AYoungTableIsMeasuredOverItsLife) {
  EXPECT_DOUBLE_EQ(
      Measure({MakeSegment(0, 39, seconds(4)), MakeSegment(40, 41, seconds(1))})->blocks_per_second,
      10.5);
}

TEST(CommitRateTest, AWriterThatStoppedShowsZeroNotItsLastSpeed) {
  EXPECT_EQ(Measure({MakeSegment(0, 999, seconds(61))})->blocks_per_second, 0);
}

TEST(CommitRateTest, AFileOfThisMomentOrOfTheFutureDoesNotMakeItEndless) {
  EXPECT_DOUBLE_EQ(Measure({MakeSegment(0, 9, seconds(0))})->blocks_per_second, 10);
  EXPECT_DOUBLE_EQ(Measure({MakeSegment(0, 9, seconds(-5))})->blocks_per_second, 10);
}

TEST(CommitRateTest, TheWholeRangeOfNumbersDoesNotWrap) {
  const auto rate =
      Measure({MakeSegment(0, std::numeric_limits<std::uint64_t>::max(), seconds(0))});
  EXPECT_GT(rate->blocks_per_second, 1e19);
}

}  // namespace
}  // namespace tidemark::data_store
