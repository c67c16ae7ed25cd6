// Answers about made-up histories, through stored rows, against the chain's reference model.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "data_lake.h"
#include "history_generator.h"
#include "random_seed.h"
#include "reference_model.h"
#include "segment_notation.h"
#include "tidemark/base/log.h"

namespace tidemark::data_store {
namespace {

constexpr std::int64_t kLargestStoredSize = std::numeric_limits<std::int64_t>::max();

std::vector<metadata_db::FileRow> RowsOf(const std::vector<Segment>& segments) {
  std::vector<metadata_db::FileRow> rows;
  for (const Segment& segment : segments) {
    rows.push_back({.id = segment.file_id,
                    .location_id = {},
                    .file_name = "x",
                    .metadata = MetadataOf(segment, "x"),
                    .object_size = static_cast<std::int64_t>(segment.size_bytes),
                    .object_e_tag = std::nullopt,
                    .object_version = std::nullopt,
                    .url = ""});
  }
  return rows;
}

/// Stays at 2^64-1.
std::uint64_t SumOfSizes(const std::vector<Segment>& segments) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t sum = 0;
  for (const Segment& segment : segments) {
    sum = segment.size_bytes > kMost - sum ? kMost : sum + segment.size_bytes;
  }
  return sum;
}

class TableProgressPropertyTest : public testing::Test {
 protected:
  // Segments without ranges would be logged by the hundred.
  TableProgressPropertyTest() { SetLogLevel(LogLevel::kOff); }
  ~TableProgressPropertyTest() override { SetLogLevel(LogLevel::kInfo); }
};

TEST_F(TableProgressPropertyTest, IsThatOfTheReferenceModelForEveryHistory) {
  DataLake lake;
  lake.Acquire("blocks");
  std::mt19937_64 random(RandomSeed());
  for (int i = 0; i < 2'000; ++i) {
    chain::History history = chain::MakeHistory(random);
    std::uint64_t without_ranges = 0;
    for (Segment& segment : history.segments) {
      // Greater sizes than a database can hold would come back negative.
      segment.size_bytes = std::min<std::uint64_t>(segment.size_bytes, kLargestStoredSize);
      without_ranges += segment.ranges.empty() ? 1 : 0;
    }
    lake.hooks.edit_files = [&](auto& files) { files = RowsOf(history.segments); };
    const std::vector<Segment> canonical = chain::reference::FindChains(history.segments).canonical;
    const auto shown = [&] {
      return testing::Message() << "GTEST_RANDOM_SEED=" << RandomSeed() << ", history " << i << "\n"
                                << chain::Describe(history.segments);
    };

    const auto progress = lake.GetProgress("blocks");
    ASSERT_TRUE(progress && *progress) << shown();
    const auto expected = chain::reference::SyncedRanges(canonical);
    ASSERT_EQ((*progress)->ranges, expected) << shown();
    ASSERT_EQ((*progress)->files_count, canonical.size()) << shown();
    ASSERT_EQ((*progress)->total_size_bytes, SumOfSizes(canonical)) << shown();
    ASSERT_EQ((*progress)->quarantined_files, without_ranges) << shown();
    ASSERT_EQ((*progress)->problems.empty(), without_ranges == 0) << shown();
    const bool is_single = expected.size() == 1;
    ASSERT_EQ((*progress)->current_block,
              is_single ? std::optional(expected[0].blocks.last()) : std::nullopt)
        << shown();
    ASSERT_EQ((*progress)->start_block,
              is_single ? std::optional(expected[0].blocks.first()) : std::nullopt)
        << shown();
  }
}

}  // namespace
}  // namespace tidemark::data_store
