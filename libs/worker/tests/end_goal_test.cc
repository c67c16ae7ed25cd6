#include "end_goal.h"

#include <gtest/gtest.h>

namespace tidemark::worker {
namespace {

constexpr std::uint64_t kMax = ~0ULL;

EndBlock Parse(const std::string& text) { return *ParseEndBlock(text); }

TEST(ResolveEndBlockTest, AbsentMeansForEver) {
  const auto goal = ResolveEndBlock(*ParseEndBlock(std::nullopt), BlockNumber{5}, std::nullopt);
  EXPECT_EQ(goal.value(), EndGoal(EndBlock::Continuous{}));
}

TEST(ResolveEndBlockTest, ANumberNeedsNoHead) {
  EXPECT_FALSE(NeedsHead(Parse("7")));
  EXPECT_EQ(ResolveEndBlock(Parse("7"), BlockNumber{7}, std::nullopt).value(),
            EndGoal(BlockNumber{7}));
  EXPECT_EQ(ResolveEndBlock(EndBlock{BlockNumber{kMax}}, BlockNumber{0}, std::nullopt).value(),
            EndGoal(BlockNumber{kMax}));
}

TEST(ResolveEndBlockTest, LatestAndMinusNCountFromTheHead) {
  EXPECT_TRUE(NeedsHead(Parse("latest")));
  EXPECT_TRUE(NeedsHead(Parse("-3")));
  EXPECT_EQ(ResolveEndBlock(Parse("latest"), BlockNumber{0}, BlockNumber{9}).value(),
            EndGoal(BlockNumber{9}));
  EXPECT_EQ(ResolveEndBlock(Parse("-3"), BlockNumber{6}, BlockNumber{9}).value(),
            EndGoal(BlockNumber{6}));
  EXPECT_EQ(ResolveEndBlock(Parse("-9"), BlockNumber{0}, BlockNumber{9}).value(),
            EndGoal(BlockNumber{0}));
}

TEST(ResolveEndBlockTest, AChainWithoutBlocksHasNothingToWrite) {
  EXPECT_EQ(ResolveEndBlock(Parse("latest"), BlockNumber{0}, std::nullopt).value(),
            EndGoal(NothingToWrite{}));
  EXPECT_EQ(ResolveEndBlock(Parse("-3"), BlockNumber{5}, std::nullopt).value(),
            EndGoal(NothingToWrite{}));
}

TEST(ResolveEndBlockTest, AnEndBeforeTheStartIsInvalid) {
  const auto expect_invalid = [](const EndBlock& end, std::uint64_t start,
                                 std::optional<BlockNumber> head) {
    const auto goal = ResolveEndBlock(end, BlockNumber{start}, head);
    ASSERT_FALSE(goal);
    EXPECT_EQ(goal.error().code, ErrorCode::kInvalidArgument);
  };
  expect_invalid(Parse("6"), 7, std::nullopt);
  expect_invalid(Parse("latest"), 10, BlockNumber{9});
  expect_invalid(Parse("-3"), 7, BlockNumber{9});
  expect_invalid(Parse("-10"), 0, BlockNumber{9});
}

}  // namespace
}  // namespace tidemark::worker
