#include "tidemark/model/block_range.h"

#include <algorithm>
#include <limits>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace tidemark {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

BlockRange Range(std::uint64_t first, std::uint64_t last) {
  return BlockRange::Make(BlockNumber{first}, BlockNumber{last}).value();
}

TEST(BlockRangeTest, RefusesToRunBackwards) {
  const auto range = BlockRange::Make(BlockNumber{2}, BlockNumber{1});
  ASSERT_FALSE(range.has_value());
  EXPECT_EQ(range.error().code, ErrorCode::kInvalidArgument);
}

TEST(BlockRangeTest, NothingFollowsTheLastRepresentableBlock) {
  EXPECT_FALSE(Range(kMax, kMax).IsFollowedBy(Range(0, 0)));
}

// Method: draw small ranges, spell each out as a plain std::set of heights, and hold every answer
// against the sets. Heights stay below 12 so that touching, nested and disjoint ranges are common.
TEST(BlockRangePropertyTest, AgreesWithASetOfHeights) {
  const int seed = GTEST_FLAG_GET(random_seed);
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  std::uniform_int_distribution<std::uint64_t> height(0, 11);

  for (int round = 0; round < 2000; ++round) {
    const auto [a, b] = std::minmax({height(random), height(random)});
    const auto [c, d] = std::minmax({height(random), height(random)});
    std::set<std::uint64_t> both;
    for (std::uint64_t h = a; h <= b; ++h) {
      if (c <= h && h <= d) both.insert(h);
    }

    const auto shared = Range(a, b).Intersect(Range(c, d));
    ASSERT_EQ(shared.has_value(), !both.empty()) << a << ".." << b << " and " << c << ".." << d;
    if (shared) {
      EXPECT_EQ(*shared, Range(*both.begin(), *both.rbegin()));
    }
    EXPECT_EQ(Range(a, b).IsFollowedBy(Range(c, d)), c == b + 1);
    EXPECT_EQ(Range(a, b).Contains(BlockNumber{c}), a <= c && c <= b);
  }
}

}  // namespace
}  // namespace tidemark
