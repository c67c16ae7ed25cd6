#include "compaction_plan.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::worker {
namespace {

constexpr CompactionLimits kLimits{
    .margin_blocks = 0, .blocks_max = 1'000'000, .bytes_max = 1'000'000};

/// Links of these numbers of blocks, from block 0 on, each of as many bytes.
std::vector<ChainLink> Chain(const std::vector<std::uint64_t>& sizes) {
  std::vector<ChainLink> chain;
  std::uint64_t next = 0;
  for (const std::uint64_t size : sizes) {
    chain.push_back({.blocks = *BlockRange::Make({next}, {next + size - 1}),
                     .hash = {},
                     .file_id = {static_cast<std::int64_t>(chain.size() + 1)},
                     .size_bytes = size});
    next += size;
  }
  return chain;
}

/// How many links the plan takes, from which one on; {0, 0} for none.
std::pair<std::size_t, std::size_t> Plan(const std::vector<ChainLink>& chain,
                                         const CompactionLimits& limits = kLimits) {
  const auto plan = PlanCompaction(chain, limits);
  if (!plan) return {0, 0};
  return {static_cast<std::size_t>(plan->front().file_id.value - 1), plan->size()};
}

using Taken = std::pair<std::size_t, std::size_t>;

TEST(PlanCompactionTest, NothingIsDoneUntilItIsWorthIt) {
  EXPECT_EQ(Plan({}), Taken(0, 0));
  EXPECT_EQ(Plan(Chain(std::vector<std::uint64_t>(15, 1))), Taken(0, 0));
  EXPECT_EQ(Plan(Chain(std::vector<std::uint64_t>(16, 1))), Taken(0, 16));
  EXPECT_EQ(Plan(Chain(std::vector<std::uint64_t>(120, 1))), Taken(0, 120));
  EXPECT_EQ(Plan(Chain({1'000'000})), Taken(0, 0));
}

TEST(PlanCompactionTest, TheSmallestFilesGoFirstAndLargeOnesAreLeftAlone) {
  std::vector<std::uint64_t> sizes(16, 16);
  sizes.insert(sizes.end(), 17, 1);
  sizes.push_back(500);
  sizes.insert(sizes.end(), 15, 1);
  EXPECT_EQ(Plan(Chain(sizes)), Taken(16, 17));
  sizes.erase(sizes.begin() + 16, sizes.begin() + 33);
  EXPECT_EQ(Plan(Chain(sizes)), Taken(0, 16)) << "of files of 16 blocks";
}

TEST(PlanCompactionTest, FilesThatReachIntoTheMarginAreLeftAlone) {
  CompactionLimits limits = kLimits;
  limits.margin_blocks = 10;
  EXPECT_EQ(Plan(Chain(std::vector<std::uint64_t>(25, 1)), limits), Taken(0, 0));
  EXPECT_EQ(Plan(Chain(std::vector<std::uint64_t>(26, 1)), limits), Taken(0, 16));
  limits.margin_blocks = UINT64_MAX;
  EXPECT_EQ(Plan(Chain(std::vector<std::uint64_t>(100, 1)), limits), Taken(0, 0));
}

TEST(PlanCompactionTest, AMergedFileKeepsItsLimits) {
  CompactionLimits limits = kLimits;
  limits.bytes_max = 20;
  EXPECT_EQ(Plan(Chain(std::vector<std::uint64_t>(100, 1)), limits), Taken(0, 20));
  limits.bytes_max = 15;
  EXPECT_EQ(Plan(Chain(std::vector<std::uint64_t>(100, 1)), limits), Taken(0, 0));
  limits = kLimits;
  limits.blocks_max = 40;
  EXPECT_EQ(Plan(Chain(std::vector<std::uint64_t>(100, 1)), limits), Taken(0, 40));
  EXPECT_EQ(Plan(Chain(std::vector<std::uint64_t>(3000, 1))), Taken(0, kFilesMax));
}

// Method: a chain grows block by block, and each plan is carried out at once.
TEST(PlanCompactionTest, AGrowingChainKeepsFewFilesAndWritesEachBlockAFewTimes) {
  constexpr std::uint64_t kBlocks = 20'000;
  std::vector<std::uint64_t> sizes;
  std::uint64_t written = 0;
  std::size_t most = 0;
  for (std::uint64_t block = 0; block < kBlocks; ++block) {
    sizes.push_back(1);
    while (true) {
      const auto [first, count] = Plan(Chain(sizes));
      if (count == 0) break;
      const auto begin = sizes.begin() + static_cast<std::ptrdiff_t>(first);
      const auto end = begin + static_cast<std::ptrdiff_t>(count);
      std::uint64_t merged = 0;
      for (auto size = begin; size != end; ++size) merged += *size;
      written += merged;
      *begin = merged;
      sizes.erase(begin + 1, end);
    }
    most = std::max(most, sizes.size());
  }
  EXPECT_LE(most, 4 * kFanIn) << "log16(20,000) is below 4";
  EXPECT_LE(written, 4 * kBlocks);
}

}  // namespace
}  // namespace tidemark::worker
