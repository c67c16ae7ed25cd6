// Tables as large as they come, and shaped to make a careless search quadratic. Each takes a
// fraction of a second; a quadratic search would take minutes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "random_seed.h"
#include "segment_notation.h"
#include "tidemark/chain/chain.h"

namespace tidemark::chain {
namespace {

constexpr std::uint64_t kSegments = 50'000;
constexpr double kLimitCpuSeconds = 10;

Segment MakeSegment(std::uint64_t first, std::uint64_t last, char fork) {
  const BlockNumber before{first == 0 ? 0 : first - 1};
  return {.file_id = FileId{static_cast<std::int64_t>(first + 1)},
          .created_at = UtcTime{},
          .size_bytes = 1,
          .ranges = {{.network = "net",
                      .blocks = *BlockRange::Make(BlockNumber{first}, BlockNumber{last}),
                      .hash = HashOf("net", fork, BlockNumber{last}),
                      .prev_hash = HashOf("net", fork, before),
                      .timestamp_s = std::nullopt}}};
}

class ChainScaleTest : public testing::Test {
 protected:
  /// FindChains of the segments in random order, and no slower than the limit; nor is sorting out
  /// the rest.
  Chains FindInTime(std::vector<Segment> segments) {
    segments_ = std::move(segments);
    std::ranges::shuffle(segments_, std::mt19937_64(RandomSeed()));
    // Processor time, since a busy machine stretches the other kind at will.
    const std::clock_t start = std::clock();
    Chains chains = FindChains(segments_);
    roles_ = AssignRoles(segments_, chains);
    gaps_ = FindGaps(roles_, std::nullopt);
    EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, kLimitCpuSeconds);
    std::size_t assigned = roles_.canonical.size() + roles_.fork.size() + roles_.superseded.size();
    for (const Chain& island : roles_.islands) assigned += island.size();
    EXPECT_EQ(assigned, segments_.size());
    return chains;
  }

  SegmentRoles roles_;
  std::vector<NetworkBlocks> gaps_;

 private:
  std::vector<Segment> segments_;
};

TEST_F(ChainScaleTest, OneChainOfManySegments) {
  std::vector<Segment> segments;
  for (std::uint64_t i = 0; i < kSegments; ++i) segments.push_back(MakeSegment(i, i, kMainFork));
  const Chains chains = FindInTime(std::move(segments));
  EXPECT_EQ(chains.canonical.size(), kSegments);
  EXPECT_TRUE(chains.fork.empty());
}

TEST_F(ChainScaleTest, AForkOfManySegments) {
  std::vector<Segment> segments = {MakeSegment(0, 9, kMainFork)};
  for (std::uint64_t i = 10; i < kSegments; ++i) segments.push_back(MakeSegment(i, i, 'b'));
  const Chains chains = FindInTime(std::move(segments));
  EXPECT_EQ(chains.canonical.size(), 1U);
  EXPECT_EQ(chains.fork.size(), kSegments - 10);
}

// Each segment of the island is a candidate, and the way back from each ends before the chain.
TEST_F(ChainScaleTest, ALongIslandThatReachesNothing) {
  std::vector<Segment> segments = {MakeSegment(0, 9, kMainFork)};
  for (std::uint64_t i = 20; i < kSegments; ++i) segments.push_back(MakeSegment(i, i, 'b'));
  const Chains chains = FindInTime(std::move(segments));
  EXPECT_EQ(chains.canonical.size(), 1U);
  EXPECT_TRUE(chains.fork.empty());
}

// Equal hashes make every earlier segment a possible parent.
TEST_F(ChainScaleTest, AnIslandOfZeroHashesThatReachesNothing) {
  std::vector<Segment> segments = {MakeSegment(0, 9, kMainFork)};
  for (std::uint64_t i = 20; i < kSegments; ++i) segments.push_back(MakeSegment(i, i + 5, '0'));
  const Chains chains = FindInTime(std::move(segments));
  EXPECT_EQ(chains.canonical.size(), 1U);
  EXPECT_TRUE(chains.fork.empty());
}

TEST_F(ChainScaleTest, ManySegmentsOfTheSameBlocks) {
  std::vector<Segment> segments;
  for (std::uint64_t i = 0; i < kSegments; ++i) {
    segments.push_back(MakeSegment(5, 9, kMainFork));
    segments.back().file_id = FileId{static_cast<std::int64_t>(i + 1)};
  }
  const Chains chains = FindInTime(std::move(segments));
  ASSERT_EQ(chains.canonical.size(), 1U);
  EXPECT_EQ(chains.canonical[0]->file_id.value, static_cast<std::int64_t>(kSegments));
}

TEST_F(ChainScaleTest, ManyIslandsOfOneSegment) {
  std::vector<Segment> segments;
  for (std::uint64_t i = 0; i < kSegments; ++i) {
    segments.push_back(MakeSegment(2 * i, 2 * i, kMainFork));
  }
  FindInTime(std::move(segments));
  EXPECT_EQ(roles_.islands.size(), kSegments - 1);
  EXPECT_EQ(gaps_.size(), kSegments - 1);
}

// Each copy of a parent looks for a child, and most are taken.
TEST_F(ChainScaleTest, ManyCopiesOfTwoLinkedSegmentsBehindAGap) {
  std::vector<Segment> segments = {MakeSegment(0, 1, kMainFork)};
  for (std::uint64_t i = 1; i < kSegments; ++i) {
    segments.push_back(i % 2 == 0 ? MakeSegment(10, 12, 'b') : MakeSegment(13, 15, 'b'));
    segments.back().file_id = FileId{static_cast<std::int64_t>(i + 1)};
  }
  FindInTime(std::move(segments));
  ASSERT_EQ(roles_.islands.size(), 1U);
  EXPECT_EQ(roles_.islands[0].size(), 2U);
}

// Every copy of the parent has the hash that the candidates ask for, and stands on one network
// where they cannot follow.
TEST_F(ChainScaleTest, ManyCopiesOfASegmentOfTwoNetworksThatNothingCanFollow) {
  const auto two_networks = [](std::uint64_t id, std::uint64_t first, std::uint64_t last) {
    Segment segment = MakeSegment(first, last, 'b');
    segment.file_id = FileId{static_cast<std::int64_t>(id + 1)};
    segment.ranges.push_back(segment.ranges[0]);
    segment.ranges[0].network = "a";
    // The second network ends where no child can begin behind it.
    segment.ranges[1].blocks = *BlockRange::Make(BlockNumber{50}, BlockNumber{60});
    return segment;
  };
  std::vector<Segment> segments = {two_networks(0, 0, 9)};
  for (std::uint64_t i = 1; i < kSegments; ++i) {
    segments.push_back(i % 2 == 0 ? two_networks(i, 20, 29) : two_networks(i, 30, 39));
  }
  const Chains chains = FindInTime(std::move(segments));
  EXPECT_EQ(chains.canonical.size(), 1U);
}

}  // namespace
}  // namespace tidemark::chain
