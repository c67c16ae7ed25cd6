#include "recent_blocks.h"

#include <gtest/gtest.h>

#include "segment_builder.h"

namespace tidemark::worker {
namespace {

std::optional<BlockHash> Find(const RecentBlocks& blocks, std::uint64_t number, std::uint64_t last,
                              std::uint8_t branch) {
  return blocks.HashOf(BlockNumber{number}, BlockNumber{last}, HashOf(last, branch));
}

TEST(RecentBlocksTest, ABlockIsLookedUpInTheBranchThatIsAskedFor) {
  RecentBlocks blocks;
  blocks.Add(BlockNumber{7}, HashOf(7, 1), HashOf(6, 1));
  blocks.Add(BlockNumber{8}, HashOf(8, 1), HashOf(7, 1));
  RecentBlocks branch;
  branch.Add(BlockNumber{7}, HashOf(7, 2), HashOf(6, 1));
  branch.Add(BlockNumber{8}, HashOf(8, 2), HashOf(7, 2));
  blocks.Add(branch);
  EXPECT_EQ(Find(blocks, 7, 8, 1), HashOf(7, 1));
  EXPECT_EQ(Find(blocks, 7, 8, 2), HashOf(7, 2));
  EXPECT_EQ(Find(blocks, 6, 8, 2), HashOf(6, 1));
  EXPECT_EQ(Find(blocks, 5, 8, 2), std::nullopt);
  EXPECT_EQ(Find(blocks, 7, 8, 3), std::nullopt);
}

TEST(RecentBlocksTest, TheEndOfTheChainNeedsNotBeKnown) {
  EXPECT_EQ(Find({}, 8, 8, 1), HashOf(8, 1));
  EXPECT_EQ(Find({}, 7, 8, 1), std::nullopt);
}

TEST(RecentBlocksTest, OldBlocksAreForgotten) {
  RecentBlocks blocks;
  for (std::uint64_t number = 1; number <= RecentBlocks::kMax + 1; ++number) {
    blocks.Add(BlockNumber{number}, HashOf(number, 1), HashOf(number - 1, 1));
  }
  EXPECT_EQ(Find(blocks, 0, RecentBlocks::kMax + 1, 1), std::nullopt);
  EXPECT_EQ(Find(blocks, 1, RecentBlocks::kMax + 1, 1), HashOf(1, 1));
}

}  // namespace
}  // namespace tidemark::worker
