#include "tidemark/chain/synced_range.h"

#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "segment_notation.h"

namespace tidemark::chain {
namespace {

Chain ChainOf(const std::vector<Segment>& segments) {
  Chain chain;
  for (const Segment& segment : segments) chain.push_back(&segment);
  return chain;
}

TEST(SyncedRangesTest, HaveTheTimeOfTheLastBlockEvenIfOnlyEarlierSegmentsKnowTheirs) {
  std::vector<Segment> segments = ReadSegments("0-2 3-5");
  segments[0].ranges[0].timestamp_s = 100;
  const auto without_time = SyncedRanges(ChainOf(segments));
  ASSERT_TRUE(without_time);
  EXPECT_EQ((*without_time)[0].timestamp_s, std::nullopt);

  segments[1].ranges[0].timestamp_s = 200;
  const auto with_time = SyncedRanges(ChainOf(segments));
  ASSERT_TRUE(with_time);
  EXPECT_EQ((*with_time)[0].timestamp_s, 200U);
}

TEST(SumUpTest, AddsNothingForAnEmptyChain) { EXPECT_EQ(SumUp({}), ChainTotals{}); }

TEST(SumUpTest, IsExactAboveTheIntegersOfADouble) {
  const auto segments = ReadSegments("0-2=9007199254740992 3-5=1");
  EXPECT_EQ(SumUp(ChainOf(segments)),
            (ChainTotals{.files_count = 2, .size_bytes = 9007199254740993}));
}

TEST(SumUpTest, StaysAtTheGreatestNumberRatherThanWrap) {
  const auto segments = ReadSegments("0-2=18446744073709551615 3-5=1 6-8=5");
  const ChainTotals totals = SumUp(ChainOf(segments));
  EXPECT_EQ(totals.files_count, 3U);
  EXPECT_EQ(totals.size_bytes, std::numeric_limits<std::uint64_t>::max());
}

}  // namespace
}  // namespace tidemark::chain
