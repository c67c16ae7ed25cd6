#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_lake.h"
#include "segment_notation.h"

namespace tidemark::data_store {
namespace {

using chain::ReadRange;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

class TableProgressTest : public testing::Test {
 protected:
  /// The answer about table blocks, which must be there.
  TableProgress Ask(const ProgressRules& rules = {}) {
    auto progress = lake_.GetProgress("blocks", rules);
    if (!progress) {
      ADD_FAILURE() << progress.error().message;
      return {};
    }
    if (!*progress) {
      ADD_FAILURE() << "no active revision";
      return {};
    }
    return **std::move(progress);
  }

  static void ExpectNoChain(const TableProgress& progress) {
    EXPECT_EQ(progress.start_block, std::nullopt);
    EXPECT_EQ(progress.current_block, std::nullopt);
    EXPECT_EQ(progress.files_count, 0U);
    EXPECT_EQ(progress.total_size_bytes, 0U);
    EXPECT_TRUE(progress.ranges.empty());
  }

  DataLake lake_;
};

TEST_F(TableProgressTest, IsAbsentForATableThatIsNotRegistered) {
  lake_.Commit("blocks", "0-9");
  const auto progress = lake_.GetProgress("logs");
  ASSERT_TRUE(progress);
  EXPECT_EQ(*progress, std::nullopt);
}

TEST_F(TableProgressTest, IsAbsentForATableWithoutAnActiveRevision) {
  lake_.Commit("blocks", "0-9");
  lake_.hooks.edit_tables = [](auto& tables) { tables.front().active_revision = std::nullopt; };
  const auto progress = lake_.GetProgress("blocks");
  ASSERT_TRUE(progress);
  EXPECT_FALSE(progress->has_value());
}

TEST_F(TableProgressTest, IsAbsentForAnotherDatasetWithTheSameManifest) {
  lake_.Commit("blocks", "0-9");
  lake_.version = MakeVersion("other");
  const auto progress = lake_.GetProgress("blocks");
  ASSERT_TRUE(progress);
  EXPECT_FALSE(progress->has_value());
}

TEST_F(TableProgressTest, HasNoBlocksButARevisionWhereNothingIsWrittenYet) {
  const auto table = lake_.Acquire("blocks");
  const TableProgress progress = Ask({.start_block = BlockNumber{0}});
  ExpectNoChain(progress);
  EXPECT_EQ(progress.revision_id, table.active_revision);
  EXPECT_EQ(progress.quarantined_files, 0U);
}

TEST_F(TableProgressTest, CountsTheCanonicalChainAlone) {
  lake_.Commit("blocks", "0-9=100 10-19@1=20 10-19b(9)=7000 30-39=40000 20-22b=5000");
  const TableProgress progress = Ask({.start_block = BlockNumber{0}});
  EXPECT_EQ(progress.start_block, BlockNumber{0});
  EXPECT_EQ(progress.current_block, BlockNumber{19});
  EXPECT_EQ(progress.files_count, 2U);
  EXPECT_EQ(progress.total_size_bytes, 120U);
  EXPECT_EQ(progress.ranges, std::vector{ReadRange("0-19")});
}

TEST_F(TableProgressTest, JumpsOverAHoleOnlyWhenItIsFilled) {
  lake_.Commit("blocks", "0-9 20-29");
  EXPECT_EQ(Ask().current_block, BlockNumber{9});
  lake_.Commit("blocks", "10-19");
  EXPECT_EQ(Ask().current_block, BlockNumber{29});
}

TEST_F(TableProgressTest, IsEmptyAsLongAsTheStartBlockIsNotWritten) {
  lake_.Commit("blocks", "5-9=100");
  ExpectNoChain(Ask({.start_block = BlockNumber{4}}));
  EXPECT_EQ(Ask({.start_block = BlockNumber{5}}).current_block, BlockNumber{9});
  EXPECT_EQ(Ask({.start_block = BlockNumber{6}}).start_block, BlockNumber{5});
  EXPECT_EQ(Ask().start_block, BlockNumber{5});
}

TEST_F(TableProgressTest, HasOneRangeANetworkAndNoSingleBlockForSeveralNetworks) {
  lake_.Commit("blocks", "a:0-9+b:100-109=1 a:10-19+b:110-110=2");
  const TableProgress progress = Ask();
  EXPECT_EQ(progress.start_block, std::nullopt);
  EXPECT_EQ(progress.current_block, std::nullopt);
  EXPECT_EQ(progress.ranges, (std::vector{ReadRange("a:0-19"), ReadRange("b:100-110")}));
  EXPECT_EQ(progress.files_count, 2U);
  EXPECT_EQ(progress.total_size_bytes, 3U);
}

TEST_F(TableProgressTest, LeavesOutFilesOfSeveralNetworksWhereThereIsAStartBlock) {
  lake_.Commit("blocks", "a:0-9+b:100-109=5 a:0-9=7");
  const TableProgress progress = Ask({.start_block = BlockNumber{0}});
  EXPECT_EQ(progress.ranges, std::vector{ReadRange("a:0-9")});
  EXPECT_EQ(progress.total_size_bytes, 7U);
  ASSERT_EQ(progress.problems.size(), 1U);
  EXPECT_THAT(progress.problems[0].detail, HasSubstr("covers 2 networks"));
}

TEST_F(TableProgressTest, IsExactUpToTheLastNumber) {
  lake_.Commit("blocks",
               "9007199254740993-18446744073709551614 "
               "18446744073709551615-18446744073709551615");
  const TableProgress progress = Ask();
  EXPECT_EQ(progress.start_block, BlockNumber{9007199254740993});
  EXPECT_EQ(progress.current_block, BlockNumber{kMost});
}

TEST_F(TableProgressTest, StopsAtTheGreatestSizeRatherThanWrap) {
  lake_.Commit("blocks", "0-0=9223372036854775807 1-1=9223372036854775807 2-2=9223372036854775807");
  const TableProgress progress = Ask();
  EXPECT_EQ(progress.files_count, 3U);
  EXPECT_EQ(progress.total_size_bytes, kMost);
}

TEST_F(TableProgressTest, CountsAFileOfUnknownSizeWithNoBytes) {
  lake_.Commit("blocks", "0-9=100 10-19=50");
  lake_.hooks.edit_files = [](auto& files) { files[0].object_size = std::nullopt; };
  const TableProgress progress = Ask();
  EXPECT_EQ(progress.files_count, 2U);
  EXPECT_EQ(progress.total_size_bytes, 50U);
  EXPECT_EQ(progress.quarantined_files, 0U);
}

TEST_F(TableProgressTest, VersionRisesWithEachCommitAndOnlyThen) {
  lake_.Commit("blocks", "0-9");
  const std::uint64_t before = Ask().version.value();
  EXPECT_EQ(Ask().version, before);
  lake_.Commit("logs", "0-9");
  EXPECT_EQ(Ask().version, before);
  lake_.Commit("blocks", "10-19");
  EXPECT_EQ(Ask().version, before + 1);
}

// Whatever is in a row, its neighbours count as if it were not there.
class QuarantineTest : public TableProgressTest {
 protected:
  void ExpectQuarantined(const std::string& metadata) {
    lake_.Commit("blocks", "0-9=100");
    lake_.CommitRow("blocks", metadata, 1000);
    lake_.Commit("blocks", "10-19=10");
    const TableProgress progress = Ask({.start_block = BlockNumber{0}});
    EXPECT_EQ(progress.current_block, BlockNumber{19});
    EXPECT_EQ(progress.files_count, 2U);
    EXPECT_EQ(progress.total_size_bytes, 110U);
    EXPECT_EQ(progress.quarantined_files, 1U);
  }

  static std::string Metadata(std::string_view segment) {
    return MetadataOf(chain::ReadSegments(segment).front(), "x");
  }
};

TEST_F(QuarantineTest, KeepsOutARowThatIsNoJson) { ExpectQuarantined("{"); }

TEST_F(QuarantineTest, KeepsOutAnEmptyRow) { ExpectQuarantined(""); }

TEST_F(QuarantineTest, KeepsOutARowOfAnotherShape) { ExpectQuarantined("[1, 2]"); }

TEST_F(QuarantineTest, KeepsOutARowNestedTooDeeply) {
  ExpectQuarantined(std::string(100'000, '[') + std::string(100'000, ']'));
}

TEST_F(QuarantineTest, KeepsOutARowWhoseRangeIsReversed) {
  std::string metadata = Metadata("10-19");
  metadata.replace(metadata.find("\"start\":10"), 10, "\"start\":90");
  ExpectQuarantined(metadata);
}

TEST_F(QuarantineTest, KeepsOutARowWithoutRanges) { ExpectQuarantined(Metadata("empty")); }

TEST_F(QuarantineTest, KeepsOutARowThatNamesOneNetworkTwice) {
  ExpectQuarantined(Metadata("net:0-9+net:10-19"));
}

TEST_F(QuarantineTest, KeepsOutARowOfNegativeSize) {
  lake_.hooks.edit_files = [](auto& files) { files[1].object_size = -1; };
  ExpectQuarantined(Metadata("0-99@9"));
}

TEST_F(QuarantineTest, LeavesATableOfBadRowsAloneEmptyButNotAbsent) {
  lake_.CommitRow("blocks", "1", 1);
  lake_.CommitRow("blocks", "2", 1);
  const TableProgress progress = Ask({.start_block = BlockNumber{0}});
  ExpectNoChain(progress);
  EXPECT_EQ(progress.quarantined_files, 2U);
}

TEST_F(QuarantineTest, IsLoggedOnceWithTheLocationAndTheFirstFile) {
  lake_.Commit("blocks", "0-9");
  lake_.CommitRow("blocks", "1", 1);
  lake_.CommitRow("blocks", "2", 1);
  const std::int64_t location = lake_.Acquire("blocks").active_revision->value;
  testing::internal::CaptureStderr();
  Ask();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(log, '\n'), 1);
  EXPECT_THAT(log, HasSubstr("level=warning event=table_problem"));
  EXPECT_THAT(log,
              HasSubstr(fmt::format("location_id={} code=FILE_QUARANTINED count=2", location)));
  EXPECT_THAT(log, HasSubstr("2.parquet"));
  EXPECT_THAT(log, Not(HasSubstr("3.parquet")));
}

TEST_F(TableProgressTest, LogsNothingWhereEveryRowIsGood) {
  lake_.Commit("blocks", "0-9 30-39");
  testing::internal::CaptureStderr();
  Ask();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(TableProgressTest, OfOneSnapshotDoesNotSeeALaterCommit) {
  lake_.Commit("blocks", "0-9=1");
  lake_.Commit("logs", "0-9=1");
  const auto snapshot = lake_.data->OpenSnapshot(Deadline::Never());
  ASSERT_TRUE(snapshot);
  const auto ask = [&](std::string_view table) {
    return lake_.data->GetTableProgress(**snapshot, lake_.version, table, {}).value().value();
  };
  const TableProgress blocks = ask("blocks");
  lake_.Commit("blocks", "10-19=1");
  lake_.Commit("logs", "10-19=1");
  EXPECT_EQ(ask("logs").current_block, BlockNumber{9});
  EXPECT_EQ(ask("blocks").current_block, BlockNumber{9});
  EXPECT_EQ(ask("blocks").version, blocks.version);
  EXPECT_EQ(lake_.GetProgress("logs").value()->current_block, BlockNumber{19});
}

// The torn case: the commit lands between the two reads of one answer.
TEST_F(TableProgressTest, DoesNotMixTwoMomentsInOneAnswer) {
  lake_.Commit("blocks", "0-9=1");
  const TableProgress before = Ask();
  int calls = 0;
  lake_.hooks.before_call = [&]() -> Status {
    if (++calls == 3) lake_.Commit("blocks", "10-19=1");
    return {};
  };
  const TableProgress during = Ask();
  EXPECT_EQ(during.version, before.version);
  EXPECT_EQ(during.current_block, BlockNumber{9});
  EXPECT_EQ(Ask().current_block, BlockNumber{19});
}

TEST_F(TableProgressTest, RejectsASnapshotThatNoDataStoreOpened) {
  class ForeignSnapshot final : public Snapshot {};
  ForeignSnapshot foreign;
  const auto progress = lake_.data->GetTableProgress(foreign, lake_.version, "blocks", {});
  ASSERT_FALSE(progress);
  EXPECT_EQ(progress.error().code, ErrorCode::kInternal);
  const auto writers = lake_.data->GetTablesWriterInfo(foreign, lake_.version);
  ASSERT_FALSE(writers);
  EXPECT_EQ(writers.error().code, ErrorCode::kInternal);
}

TEST_F(TableProgressTest, IsUnavailableOnceTheDeadlineHasPassed) {
  const auto passed = Deadline::At(SteadyTime::min());
  const auto snapshot = lake_.data->OpenSnapshot(passed);
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tidemark::data_store
