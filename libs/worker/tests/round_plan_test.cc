#include "round_plan.h"

#include <limits>
#include <map>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "segment_builder.h"

namespace tidemark::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
using Missing = std::vector<std::vector<BlockRange>>;

TEST(SplitIntoRunsTest, TablesThatLackTheSameBlocksShareARun) {
  const Missing missing = {{Blocks(0, 9)}, {Blocks(0, 9)}, {Blocks(0, 9)}};
  EXPECT_THAT(SplitIntoRuns(missing), ElementsAre(BlockRun{Blocks(0, 9), {0, 1, 2}}));
}

TEST(SplitIntoRunsTest, ARunEndsWhereAnotherTableBeginsOrEnds) {
  const Missing missing = {{Blocks(0, 9)}, {Blocks(5, 12)}, {}};
  EXPECT_THAT(SplitIntoRuns(missing),
              ElementsAre(BlockRun{Blocks(0, 4), {0}}, BlockRun{Blocks(5, 9), {0, 1}},
                          BlockRun{Blocks(10, 12), {1}}));
}

TEST(SplitIntoRunsTest, TheGreatestBlockNumberDoesNotWrap) {
  const Missing missing = {{Blocks(kMax - 1, kMax)}, {Blocks(kMax, kMax)}};
  EXPECT_THAT(SplitIntoRuns(missing), ElementsAre(BlockRun{Blocks(kMax - 1, kMax - 1), {0}},
                                                  BlockRun{Blocks(kMax, kMax), {0, 1}}));
}

TEST(SplitIntoRunsTest, NothingMissingIsNoRun) {
  EXPECT_THAT(SplitIntoRuns(Missing{{}, {}}), IsEmpty());
  EXPECT_THAT(SplitIntoRuns(Missing{}), IsEmpty());
}

// Method: spell out which table lacks which block, and hold the runs against that.
TEST(SplitIntoRunsPropertyTest, EachTableGetsEachOfItsBlocksOnce) {
  const int seed = GTEST_FLAG_GET(random_seed);
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  for (int round = 0; round < 2000; ++round) {
    Missing missing(3);
    std::multiset<std::pair<std::size_t, std::uint64_t>> expected;
    for (std::size_t table = 0; table < 3; ++table) {
      for (std::uint64_t block = 0; block < 10; ++block) {
        if (random() % 2 == 0) continue;
        expected.emplace(table, block);
        auto& ranges = missing[table];
        if (!ranges.empty() && ranges.back().last().value + 1 == block) {
          ranges.back() = Blocks(ranges.back().first().value, block);
        } else {
          ranges.push_back(Blocks(block, block));
        }
      }
    }
    std::multiset<std::pair<std::size_t, std::uint64_t>> found;
    std::uint64_t next = 0;
    for (const BlockRun& run : SplitIntoRuns(missing)) {
      ASSERT_LE(next, run.blocks.first().value);
      next = run.blocks.last().value + 1;
      for (const std::size_t table : run.tables) {
        for (auto b = run.blocks.first().value; b < next; ++b) found.emplace(table, b);
      }
    }
    ASSERT_EQ(found, expected);
  }
}

/// `count` links of one block each, the first `agreed` of which the source has too.
std::vector<ChainLink> MakeChain(std::uint64_t count) {
  std::vector<ChainLink> chain;
  for (std::uint64_t i = 0; i < count; ++i) {
    chain.push_back({.blocks = Blocks(i, i), .hash = HashOf(i, 1)});
  }
  return chain;
}

TEST(CountAgreedTest, FindsWhereTheChainsPartWithFewQuestions) {
  for (const std::uint64_t count : {0ULL, 1ULL, 2ULL, 3ULL, 64ULL, 1'000ULL}) {
    for (std::uint64_t agreed = 0; agreed <= count; ++agreed) {
      std::uint64_t questions = 0;
      const auto found = CountAgreed(MakeChain(count), [&](BlockNumber block) -> Result<BlockHash> {
        ++questions;
        return HashOf(block.value, block.value < agreed ? 1 : 2);
      });
      ASSERT_EQ(found.value(), agreed) << "of " << count;
      ASSERT_LE(questions, 20U);
      if (agreed == count && count > 0) {
        ASSERT_EQ(questions, 1U);
      }
    }
  }
}

TEST(CountAgreedTest, AFailedQuestionIsNotDisagreement) {
  const auto found = CountAgreed(MakeChain(3), [](BlockNumber) -> Result<BlockHash> {
    return MakeError(ErrorCode::kUnavailable, "no answer");
  });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kUnavailable);
}

TEST(MissingBlocksTest, WithoutDoubtOnlyGapsAreMissing) {
  const SegmentLedger ledger("testnet", {MakeSegment({.first = 0, .last = 4}),
                                         MakeSegment({.first = 8, .last = 9, .id = 2})});
  EXPECT_THAT(MissingBlocks({ledger, Blocks(0, 12)}, std::nullopt),
              ElementsAre(Blocks(5, 7), Blocks(10, 12)));
}

TEST(MissingBlocksTest, WhatTheSourceContradictsIsWrittenAgainUpToTheChainsEnd) {
  const SegmentLedger ledger("testnet", {MakeSegment({.first = 0, .last = 4}),
                                         MakeSegment({.first = 5, .last = 6, .id = 2}),
                                         MakeSegment({.first = 7, .last = 9, .id = 3})});
  EXPECT_THAT(MissingBlocks({ledger, Blocks(0, 9)}, 1), ElementsAre(Blocks(5, 9)));
  EXPECT_THAT(MissingBlocks({ledger, Blocks(0, 12)}, 2), ElementsAre(Blocks(7, 12)));
  EXPECT_THAT(MissingBlocks({ledger, Blocks(0, 12)}, 0), ElementsAre(Blocks(0, 12)));
  EXPECT_THAT(MissingBlocks({ledger, Blocks(0, 9)}, 3), IsEmpty());
  // The job's end or the chain head lies below what is committed.
  EXPECT_THAT(MissingBlocks({ledger, Blocks(0, 8)}, 2), ElementsAre(Blocks(7, 8)));
  EXPECT_THAT(MissingBlocks({ledger, Blocks(0, 6)}, 2), IsEmpty());
}

TEST(MissingBlocksTest, AChainThatBreaksOffGetsTheFileThatShouldContinueItAgain) {
  const SegmentLedger ledger(
      "testnet", {MakeSegment({.first = 0, .last = 4}),
                  MakeSegment({.first = 5, .last = 6, .branch = 2, .parent_branch = 2, .id = 2}),
                  MakeSegment({.first = 7, .last = 9, .branch = 2, .parent_branch = 2, .id = 3})});
  const TableView view{ledger, Blocks(0, 9)};
  ASSERT_TRUE(IsBroken(view));
  EXPECT_THAT(MissingBlocks(view, 1), ElementsAre(Blocks(5, 6)));
}

TEST(MissingBlocksTest, AChainWithAGapIsNotBroken) {
  const SegmentLedger ledger("testnet", {MakeSegment({.first = 0, .last = 4}),
                                         MakeSegment({.first = 8, .last = 9, .id = 2})});
  EXPECT_FALSE(IsBroken({ledger, Blocks(0, 9)}));
  EXPECT_FALSE(IsBroken({ledger, Blocks(0, 4)}));
  EXPECT_FALSE(IsBroken({ledger, Blocks(0, 3)}));
}

}  // namespace
}  // namespace tidemark::worker
