#include "tidemark/chain/reorg_epoch.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <ranges>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "history_generator.h"
#include "random_seed.h"
#include "reference_model.h"
#include "segment_notation.h"

namespace tidemark::chain {
namespace {

std::uint64_t Reorgs(std::string_view segments, std::optional<BlockNumber> start_block = {}) {
  return CountReorgs(ReadSegments(segments), start_block);
}

TEST(ReorgEpochTest, AChainThatOnlyGrowsHasNone) {
  EXPECT_EQ(CountReorgs({}, std::nullopt), 0U);
  EXPECT_EQ(Reorgs("0-2"), 0U);
  EXPECT_EQ(Reorgs("0-2 3-5 6-8"), 0U);
  EXPECT_EQ(Reorgs("0-2 6-8 3-5 9-9"), 0U) << "a hole that is filled";
}

TEST(ReorgEpochTest, EachBranchThatTheChainTakesIsOne) {
  EXPECT_EQ(Reorgs("0-2 3-5 3-5b(2)@1"), 1U);
  EXPECT_EQ(Reorgs("0-2 3-5 3-6b(2)@1 7-7b"), 1U);
  EXPECT_EQ(Reorgs("0-2 3-5 3-4b(2)@1 3-6@2"), 2U) << "and back again";
  EXPECT_EQ(Reorgs("0-2 3-3 4-4 5-5 3-3b(2)@1 4-4b@1 3-3@2"), 2U) << "older files count again";
}

TEST(ReorgEpochTest, WhatDoesNotLinkTurnsNothing) {
  EXPECT_EQ(Reorgs("0-2 3-5 3-5b@1"), 0U);
  EXPECT_EQ(Reorgs("0-2 3-5 3-5b(2)"), 1U) << "of equal times the greater file id";
  EXPECT_EQ(Reorgs("0-2 3-5@2 3-5b(2)@1"), 0U) << "older than the chain's own";
}

TEST(ReorgEpochTest, ACompactedFileTurnsNothing) {
  EXPECT_EQ(Reorgs("0-2 3-5 6-8 0-5@1"), 0U);
  EXPECT_EQ(Reorgs("0-2 3-5 3-5@1"), 0U);
  EXPECT_EQ(Reorgs("0-2 3-5 6-8 3-8@1 9-9"), 0U);
}

TEST(ReorgEpochTest, WhatDoesNotReachTheStartBlockCannotTurn) {
  EXPECT_EQ(Reorgs("5-9 0-2 3-4"), 1U) << "the end went back from 9 to 2";
  EXPECT_EQ(Reorgs("5-9 0-2 3-4", BlockNumber{0}), 0U) << "nothing counted before 0-2";
  EXPECT_EQ(Reorgs("0-2 3-5 0-1b@1", BlockNumber{0}), 1U);
}

/// The rule as its comment puts it, from scratch after each segment.
std::uint64_t CountPlainly(std::vector<Segment> segments, std::optional<BlockNumber> start_block) {
  std::ranges::sort(segments, {}, &Segment::file_id);
  std::uint64_t reorgs = 0;
  std::vector<Segment> before;
  for (std::size_t count = 1; count <= segments.size(); ++count) {
    const auto first_ones = segments | std::views::take(count);
    auto chain = reference::FindChains({first_ones.begin(), first_ones.end()}).canonical;
    const auto is_newest = [&](const Segment& segment) {
      return std::ranges::equal(
          segment.ranges, before.back().ranges, [](const NetworkRange& a, const NetworkRange& b) {
            return a.network == b.network && a.blocks.last() == b.blocks.last() && a.hash == b.hash;
          });
    };
    const bool counted =
        !before.empty() &&
        (!start_block || before.front().ranges.front().blocks.first() <= *start_block);
    if (counted && std::ranges::none_of(chain, is_newest)) ++reorgs;
    before = std::move(chain);
  }
  return reorgs;
}

// Method: made-up histories, each with every start block that could matter, against the rule put
// plainly; and what the number is for: the end does not go back while the number stays.
TEST(ReorgEpochPropertyTest, AgreesWithCountingFromScratchAfterEachSegment) {
  const std::uint32_t seed = RandomSeed();
  std::mt19937_64 random(seed);
  std::uint64_t turned = 0;
  for (int round = 0; round < 4000; ++round) {
    const History history = MakeHistory(random);
    std::vector<std::optional<BlockNumber>> start_blocks = {std::nullopt};
    for (const std::uint64_t ahead : {0, 1, 3}) {
      start_blocks.emplace_back(BlockNumber{history.universe.first().value + ahead});
    }
    for (const auto start_block : start_blocks) {
      const std::uint64_t reorgs = CountReorgs(history.segments, start_block);
      ASSERT_EQ(reorgs, CountPlainly(history.segments, start_block))
          << Describe(history.segments) << "\nGTEST_RANDOM_SEED=" << seed;
      turned += reorgs;
    }
  }
  EXPECT_GT(turned, 1000U) << "the histories have to turn";
}

class LongTable {
 public:
  /// A file of these blocks; a character stands for the branch, and for that of the block before.
  void Add(std::uint64_t first, std::uint64_t last, char fork, char parent) {
    const auto id = static_cast<std::int64_t>(segments_.size()) + 1;
    segments_.push_back(
        {.file_id = FileId{id},
         .created_at = UtcTime(std::chrono::seconds(id)),
         .size_bytes = 1,
         .ranges = {{.network = "net",
                     .blocks = *BlockRange::Make(BlockNumber{first}, BlockNumber{last}),
                     .hash = HashOf("net", fork, BlockNumber{last}),
                     .prev_hash = HashOf("net", parent, BlockNumber{first - 1}),
                     .timestamp_s = std::nullopt}}});
  }
  std::uint64_t CountReorgs() const { return chain::CountReorgs(segments_, BlockNumber{1}); }

 private:
  std::vector<Segment> segments_;
};

// Method: a long table, then reorgs at its end, in its middle and at its first block.
TEST(ReorgEpochTest, ALongTableIsCountedSoon) {
  constexpr std::uint64_t kLength = 200'000;
  LongTable table;
  for (std::uint64_t block = 1; block <= kLength; ++block) table.Add(block, block, ' ', ' ');
  for (std::uint64_t i = 0; i < 1000; ++i) {  // Each time back to the first branch.
    table.Add(kLength - 9, kLength, 'b', ' ');
    table.Add(kLength - 9, kLength - 9, ' ', ' ');
  }
  table.Add(kLength / 2, kLength, 'b', ' ');
  table.Add(1, kLength + 1, 'c', ' ');
  EXPECT_EQ(table.CountReorgs(), 2002U);
}

TEST(ReorgEpochTest, ALongTableThatCameFromItsEndToItsStartIsCountedSoon) {
  constexpr std::uint64_t kLength = 200'000;
  LongTable table;
  for (std::uint64_t block = kLength; block >= 1; --block) table.Add(block, block, ' ', ' ');
  EXPECT_EQ(table.CountReorgs(), 0U);
}

TEST(ReorgEpochTest, ALongTableWhoseFilesWereMergedOneAfterTheOtherIsCountedSoon) {
  constexpr std::uint64_t kLength = 200'000;
  LongTable table;
  for (std::uint64_t block = 1; block <= kLength; ++block) table.Add(block, block, ' ', ' ');
  for (std::uint64_t block = 1; block <= kLength; block += 2) table.Add(block, block + 1, ' ', ' ');
  EXPECT_EQ(table.CountReorgs(), 0U);
}

}  // namespace
}  // namespace tidemark::chain
