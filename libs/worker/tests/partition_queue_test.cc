#include "partition_queue.h"

#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::worker {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

BlockRange Range(std::uint64_t first, std::uint64_t last) {
  return *BlockRange::Make(BlockNumber{first}, BlockNumber{last});
}

std::vector<BlockRange> TakeAll(PartitionQueue& queue) {
  std::vector<BlockRange> taken;
  while (const auto blocks = queue.Take()) taken.push_back(*blocks);
  return taken;
}

TEST(PartitionQueueTest, OneWriterTakesTheWholeRange) {
  PartitionQueue queue(Range(0, kMax), {.writers = 1, .min_blocks = 1, .max_blocks = 1});
  EXPECT_EQ(queue.writers(), 1U);
  EXPECT_EQ(TakeAll(queue), std::vector{Range(0, kMax)});
}

TEST(PartitionQueueTest, ARangeBelowTheLeastSizeIsOnePartition) {
  PartitionQueue queue(Range(5, 2'004), {.writers = 8, .min_blocks = 2'000, .max_blocks = 9'000});
  EXPECT_EQ(queue.writers(), 1U);
  EXPECT_EQ(TakeAll(queue), std::vector{Range(5, 2'004)});
}

TEST(PartitionQueueTest, OneBlockMoreIsASecondOne) {
  PartitionQueue queue(Range(5, 2'005), {.writers = 8, .min_blocks = 2'000, .max_blocks = 9'000});
  EXPECT_EQ(queue.writers(), 2U);
  EXPECT_EQ(TakeAll(queue), (std::vector{Range(5, 2'004), Range(2'005, 2'005)}));
}

TEST(PartitionQueueTest, EachWriterHasSeveralInTurn) {
  PartitionQueue queue(Range(0, 79), {.writers = 2, .min_blocks = 1, .max_blocks = 1'000});
  EXPECT_EQ(queue.writers(), 2U);
  EXPECT_EQ(TakeAll(queue).size(), 8U);
}

TEST(PartitionQueueTest, NoPartitionIsLargerThanTheGreatestSize) {
  PartitionQueue queue(Range(0, kMax), {.writers = 2, .min_blocks = 1, .max_blocks = 1'000});
  EXPECT_EQ(queue.Take(), Range(0, 999));
  EXPECT_EQ(queue.Take(), Range(1'000, 1'999));
}

TEST(PartitionQueueTest, AllNumbersThereAreOneByOne) {
  PartitionQueue queue(Range(0, kMax), {.writers = 3, .min_blocks = 0, .max_blocks = 0});
  EXPECT_EQ(queue.writers(), 3U);
  EXPECT_EQ(queue.Take(), Range(0, 0));
}

TEST(PartitionQueueTest, PartitionsAreTheRangeWhateverTheLimits) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 2'000; ++i) {
    const std::uint64_t first = random() % 3 == 0 ? kMax - 500 + random() % 100 : random() % 1'000;
    const std::uint64_t last = random() % 3 == 0 ? first : first + random() % 400;
    const PartitionQueue::Limits limits{.writers = static_cast<std::uint16_t>(random() % 9),
                                        .min_blocks = random() % 50,
                                        .max_blocks = random() % 200};
    PartitionQueue queue(Range(first, last), limits);
    const auto taken = TakeAll(queue);
    ASSERT_GE(queue.writers(), 1U);
    ASSERT_LE(queue.writers(),
              std::min<std::uint64_t>(std::max<std::uint64_t>(limits.writers, 1), taken.size()));
    ASSERT_EQ(taken.front().first().value, first);
    ASSERT_EQ(taken.back().last().value, last);
    for (std::size_t k = 1; k < taken.size(); ++k) {
      ASSERT_TRUE(taken[k - 1].IsFollowedBy(taken[k])) << first << " to " << last;
    }
  }
}

}  // namespace
}  // namespace tidemark::worker
