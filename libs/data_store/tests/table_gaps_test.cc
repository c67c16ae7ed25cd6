#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_lake.h"
#include "segment_notation.h"

namespace tidemark::data_store {
namespace {

using chain::ReadBlocks;
using chain::ReadRange;

class TableGapsTest : public testing::Test {
 protected:
  std::optional<TableGaps> Ask(const ProgressRules& rules = {}) {
    const auto snapshot = lake_.data->OpenSnapshot(Deadline::Never());
    auto gaps = lake_.data->GetTableGaps(**snapshot, lake_.version, "blocks", rules);
    EXPECT_TRUE(gaps);
    return *std::move(gaps);
  }

  DataLake lake_;
};

TEST_F(TableGapsTest, AreAbsentForATableWithoutAnActiveRevision) { EXPECT_EQ(Ask(), std::nullopt); }

TEST_F(TableGapsTest, OfAnUnbrokenChainAreNone) {
  lake_.Commit("blocks", "0-9=1 10-19=2");
  EXPECT_EQ(Ask(), TableGaps());
}

TEST_F(TableGapsTest, HaveEveryFileOnceWithItsSize) {
  lake_.Commit("blocks",
               "0-9@1=1 10-19@2=2 10-19@1=4 15-24b@1=8 40-49=16 50-54=32 60-60=64 45-49c=128");
  const auto gaps = Ask({.start_block = BlockNumber{0}});
  ASSERT_TRUE(gaps);
  EXPECT_EQ(gaps->fork,
            (FileRun{.ranges = {ReadRange("15-24b")}, .files_count = 1, .total_size_bytes = 8}));
  EXPECT_EQ(
      gaps->islands,
      (std::vector{
          FileRun{.ranges = {ReadRange("40-54")}, .files_count = 2, .total_size_bytes = 48},
          FileRun{.ranges = {ReadRange("60-60")}, .files_count = 1, .total_size_bytes = 64}}));
  EXPECT_EQ(gaps->islands_count, 2U);
  EXPECT_EQ(gaps->islands_files_count, 3U);
  EXPECT_EQ(gaps->islands_size_bytes, 112U);
  EXPECT_EQ(gaps->superseded_files_count, 2U);
  EXPECT_EQ(gaps->superseded_size_bytes, 132U);
  EXPECT_EQ(gaps->missing, (std::vector{MissingBlocks{"net", ReadBlocks("25-39")},
                                        MissingBlocks{"net", ReadBlocks("55-59")}}));
  EXPECT_EQ(gaps->missing_count, 2U);
}

TEST_F(TableGapsTest, BeginAtTheStartBlockWhereNoChainCounts) {
  lake_.Commit("blocks", "5-9=3");
  const auto gaps = Ask({.start_block = BlockNumber{2}});
  ASSERT_TRUE(gaps);
  EXPECT_EQ(gaps->missing, std::vector({MissingBlocks{"net", ReadBlocks("2-4")}}));
  EXPECT_EQ(gaps->islands_files_count, 1U);
  EXPECT_EQ(gaps->islands_size_bytes, 3U);
  EXPECT_EQ(Ask({.start_block = BlockNumber{5}}), TableGaps());
}

TEST_F(TableGapsTest, LongListsAreCutAndCountedWhole) {
  std::string segments = "0-0";
  for (std::uint64_t i = 1; i <= kMaxListedGaps + 5; ++i) {
    segments += " " + std::to_string(2 * i) + "-" + std::to_string(2 * i) + "=1";
  }
  lake_.Commit("blocks", segments);
  const auto gaps = Ask();
  ASSERT_TRUE(gaps);
  EXPECT_EQ(gaps->missing.size(), kMaxListedGaps);
  EXPECT_EQ(gaps->missing_count, kMaxListedGaps + 5);
  EXPECT_EQ(gaps->islands.size(), kMaxListedGaps);
  EXPECT_EQ(gaps->islands_count, kMaxListedGaps + 5);
  EXPECT_EQ(gaps->islands_size_bytes, kMaxListedGaps + 5);
}

TEST_F(TableGapsTest, LeaveOutWhatCannotBeRead) {
  lake_.Commit("blocks", "0-9=1");
  lake_.CommitRow("blocks", "{}", 100);
  EXPECT_EQ(Ask(), TableGaps());
}

TEST_F(TableGapsTest, AfterTheProgressOfTheSameTableReadNothingAgain) {
  lake_.Commit("blocks", "0-9 20-29");
  lake_.Commit("logs", "0-9");
  int calls = 0;
  lake_.hooks.before_call = [&]() -> Status {
    ++calls;
    return {};
  };
  const auto snapshot = lake_.data->OpenSnapshot(Deadline::Never());
  const auto progress = [&](std::string_view table) {
    return lake_.data->GetTableProgress(**snapshot, lake_.version, table, {}).value().value();
  };
  const auto gaps = [&](const ProgressRules& rules) {
    return lake_.data->GetTableGaps(**snapshot, lake_.version, "blocks", rules).value().value();
  };
  progress("blocks");
  const int calls_of_progress = calls;
  EXPECT_EQ(gaps({}).missing_count, 1U);
  EXPECT_EQ(calls, calls_of_progress);
  // Other rules and another table are other questions.
  EXPECT_EQ(gaps({.start_block = BlockNumber{0}}).missing_count, 1U);
  EXPECT_GT(calls, calls_of_progress);
  EXPECT_EQ(progress("logs").current_block, BlockNumber{9});
  EXPECT_EQ(gaps({}).missing_count, 1U);
}

}  // namespace
}  // namespace tidemark::data_store
