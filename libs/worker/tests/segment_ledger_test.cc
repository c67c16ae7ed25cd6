#include "segment_ledger.h"

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "segment_builder.h"
#include "tidemark/chain/canonical_chain.h"

namespace tidemark::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

SegmentLedger MakeLedger(std::vector<Segment> segments) { return {"testnet", std::move(segments)}; }

TEST(SegmentLedgerTest, AnEmptyTableLacksEverything) {
  const auto ledger = MakeLedger({});
  EXPECT_THAT(ledger.Gaps(Blocks(0, kMax)), ElementsAre(Blocks(0, kMax)));
  EXPECT_THAT(ledger.canonical(), IsEmpty());
}

TEST(SegmentLedgerTest, GapsAreTheBlocksInNoSegment) {
  const auto ledger = MakeLedger({MakeSegment({.first = 3, .last = 5}),
                                  MakeSegment({.first = 5, .last = 6, .id = 2}),
                                  MakeSegment({.first = 9, .last = 9, .id = 3})});
  EXPECT_THAT(ledger.Gaps(Blocks(0, 12)), ElementsAre(Blocks(0, 2), Blocks(7, 8), Blocks(10, 12)));
  EXPECT_THAT(ledger.Gaps(Blocks(4, 9)), ElementsAre(Blocks(7, 8)));
  EXPECT_THAT(ledger.Gaps(Blocks(3, 6)), IsEmpty());
  EXPECT_THAT(ledger.Gaps(Blocks(10, 11)), ElementsAre(Blocks(10, 11)));
}

TEST(SegmentLedgerTest, TheGreatestBlockNumberDoesNotWrap) {
  const auto ledger = MakeLedger({MakeSegment({.first = kMax - 1, .last = kMax})});
  EXPECT_THAT(ledger.Gaps(Blocks(kMax - 3, kMax)), ElementsAre(Blocks(kMax - 3, kMax - 2)));
  EXPECT_THAT(ledger.Gaps(Blocks(kMax, kMax)), IsEmpty());
}

TEST(SegmentLedgerTest, SegmentsOfOtherOrSeveralNetworksDoNotCount) {
  Segment foreign = MakeSegment({.first = 0, .last = 5});
  foreign.ranges.front().network = "othernet";
  Segment of_two = MakeSegment({.first = 0, .last = 5, .id = 2});
  of_two.ranges.push_back(of_two.ranges.front());
  Segment without_ranges = MakeSegment({.id = 3});
  without_ranges.ranges.clear();
  const auto ledger = MakeLedger({foreign, of_two, without_ranges});
  EXPECT_THAT(ledger.Gaps(Blocks(0, 5)), ElementsAre(Blocks(0, 5)));
  EXPECT_THAT(ledger.canonical(), IsEmpty());
}

TEST(SegmentLedgerTest, TheNextCreationTimeIsNewerThanEverySegmentEvenIfTheClockIsBehind) {
  const UtcTime now(std::chrono::seconds(50));
  EXPECT_EQ(MakeLedger({}).NextCreatedAt(now), now);
  auto ledger = MakeLedger({MakeSegment({.first = 0, .last = 0, .created_at_s = 100})});
  EXPECT_EQ(ledger.NextCreatedAt(now),
            UtcTime(std::chrono::seconds(100)) + std::chrono::nanoseconds(1));
  EXPECT_EQ(ledger.NextCreatedAt(UtcTime(std::chrono::seconds(100))),
            UtcTime(std::chrono::seconds(100)) + std::chrono::nanoseconds(1));
  ledger.Add(MakeSegment({.first = 1, .last = 1, .created_at_s = 300, .id = 2}));
  EXPECT_GT(ledger.NextCreatedAt(now), UtcTime(std::chrono::seconds(300)));
  EXPECT_EQ(ledger.NextCreatedAt(UtcTime(std::chrono::seconds(301))),
            UtcTime(std::chrono::seconds(301)));
}

TEST(SegmentLedgerTest, KnowsTheHashOfEachCanonicalEndAndOfNoOtherBlock) {
  const auto ledger = MakeLedger(
      {MakeSegment({.first = 0, .last = 2}), MakeSegment({.first = 3, .last = 5, .id = 2}),
       MakeSegment({.first = 3, .last = 4, .parent_branch = 2, .id = 3})});
  EXPECT_EQ(ledger.HashOfLast(BlockNumber{2}), HashOf(2, 1));
  EXPECT_EQ(ledger.HashOfLast(BlockNumber{5}), HashOf(5, 1));
  for (const std::uint64_t other : {0, 3, 4, 6}) {
    EXPECT_EQ(ledger.HashOfLast(BlockNumber{other}), std::nullopt) << other;
  }
}

// Method: add random segments of three branches one by one, and after each compare with a ledger
// that was given all of them at once and with the chain algorithm itself.
TEST(SegmentLedgerPropertyTest, AddingOneByOneEqualsLoadingAll) {
  const int seed = GTEST_FLAG_GET(random_seed);
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  const auto draw = [&](std::uint64_t low, std::uint64_t high) {
    return std::uniform_int_distribution<std::uint64_t>(low, high)(random);
  };

  for (int round = 0; round < 500; ++round) {
    std::vector<Segment> all;
    auto grown = MakeLedger({});
    std::uint64_t tip = 0;
    for (std::int64_t id = 1; id <= 12; ++id) {
      const std::uint64_t first = draw(0, 3) > 0 ? tip : draw(0, tip);
      const std::uint64_t last = first + draw(0, 2);
      tip = std::max(tip, last + 1);
      all.push_back(MakeSegment({.first = first,
                                 .last = last,
                                 .branch = static_cast<std::uint8_t>(draw(1, 2)),
                                 .parent_branch = static_cast<std::uint8_t>(draw(1, 2)),
                                 .created_at_s = static_cast<std::int64_t>(draw(0, 4)),
                                 .id = id}));
      grown.Add(all.back());

      const auto loaded = MakeLedger(all);
      const auto expected = chain::FindChains(all).canonical;
      ASSERT_EQ(grown.canonical().size(), expected.size());
      ASSERT_EQ(loaded.canonical().size(), expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(grown.canonical()[i].blocks, expected[i]->ranges.front().blocks);
        ASSERT_EQ(grown.canonical()[i].hash, expected[i]->ranges.front().hash);
      }
      ASSERT_EQ(grown.Gaps(Blocks(0, 40)), loaded.Gaps(Blocks(0, 40)));
      ASSERT_EQ(grown.NextCreatedAt(UtcTime{}), loaded.NextCreatedAt(UtcTime{}));
    }
  }
}

}  // namespace
}  // namespace tidemark::worker
