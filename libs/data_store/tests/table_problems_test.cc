// Rows that make no sense: left out, counted and named, and harmless to everything else.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_lake.h"
#include "problem_ledger.h"
#include "segment_notation.h"
#include "stored_rows.h"
#include "tidemark/base/log.h"

namespace tidemark::data_store {
namespace {

using testing::HasSubstr;

std::string Row(std::string_view segment) {
  return MetadataOf(chain::ReadSegments(segment).front(), "x");
}

std::string Edited(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

class TableProblemsTest : public testing::Test {
 protected:
  TableProblemsTest() { SetLogLevel(LogLevel::kOff); }
  ~TableProblemsTest() override { SetLogLevel(LogLevel::kInfo); }

  Result<std::optional<TableProgress>> Ask(const StoredRows& rows, std::string_view table,
                                           const ProgressRules& rules = {}) {
    store_ = metadata_db::MakeMemoryStore(clock_, rows.rows()).value();
    const auto data = MakeDataStore(*store_, clock_);
    const auto snapshot = data->OpenSnapshot(Deadline::Never());
    return data->GetTableProgress(**snapshot, version_, table, rules);
  }

  /// Table blocks has files 0-9 and 10-19, and between them `metadata`, which must not count.
  void ExpectQuarantined(const std::string& metadata, std::string_view why,
                         std::optional<std::string> size = "5") {
    StoredRows rows;
    rows.Table(version_, "blocks", 1).Revision(1, std::nullopt);
    rows.Table(version_, "logs", 2).Revision(2, std::nullopt);
    rows.File(1, "a.parquet", Row("0-9"), "1").File(1, "bad.parquet", metadata, std::move(size));
    rows.File(1, "c.parquet", Row("10-19"), "1").File(2, "d.parquet", Row("0-29"), "1");
    const auto blocks = Ask(rows, "blocks", {.start_block = BlockNumber{0}});
    ASSERT_TRUE(blocks && *blocks) << metadata;
    EXPECT_EQ((*blocks)->current_block, BlockNumber{19}) << metadata;
    EXPECT_EQ((*blocks)->files_count, 2U) << metadata;
    EXPECT_EQ((*blocks)->total_size_bytes, 2U) << metadata;
    EXPECT_EQ((*blocks)->quarantined_files, 1U) << metadata;
    ASSERT_EQ((*blocks)->problems.size(), 1U) << metadata;
    const TableProblem& problem = (*blocks)->problems[0];
    EXPECT_EQ(problem.code, TableProblemCode::kFileQuarantined);
    EXPECT_EQ(problem.count, 1U);
    EXPECT_THAT(problem.detail, HasSubstr("file bad.parquet (id 2): "));
    EXPECT_THAT(problem.detail, HasSubstr(why));
    const auto logs = Ask(rows, "logs", {.start_block = BlockNumber{0}});
    ASSERT_TRUE(logs && *logs);
    EXPECT_EQ((*logs)->current_block, BlockNumber{29});
    EXPECT_TRUE((*logs)->problems.empty());
  }

  ManualClock clock_;
  DatasetVersion version_ = MakeVersion("mainnet");
  std::unique_ptr<metadata_db::MetadataStore> store_;
};

TEST_F(TableProblemsTest, ARowOfAnotherShapeIsQuarantined) {
  for (const std::string metadata : {"", "{", "5", "null", "[]", "\"\"", "{}"}) {
    ExpectQuarantined(metadata, "");
  }
}

TEST_F(TableProblemsTest, AMemberThatIsWrongIsNamed) {
  const std::string row = Row("10-99@9");
  ExpectQuarantined(Edited(row, "\"start\":10", "\"start\":\"10\""), "start");
  ExpectQuarantined(Edited(row, "\"end\":99", "\"end\":9.5"), "end");
  ExpectQuarantined(Edited(row, "\"end\":99", "\"end\":99.0"), "end");
  ExpectQuarantined(Edited(row, "\"end\":99", "\"end\":18446744073709551616"), "end");
  ExpectQuarantined(Edited(row, "\"end\":99", "\"end\":-1"), "end");
  ExpectQuarantined(Edited(row, "\"end\":99", "\"end\":9"), "10 down to 9");
  ExpectQuarantined(Edited(row, "\"hash\":\"0x", "\"hash\":\"0y"), "hash");
  ExpectQuarantined(Edited(row, "\"prev_hash\":\"0x0", "\"prev_hash\":\"0x"), "prev_hash");
  ExpectQuarantined(Edited(row, "\"secs\":9", "\"secs\":9223372036854775808"), "secs");
  ExpectQuarantined(Edited(row, "\"network\":\"net\"", "\"network\":\"\""), "network");
  ExpectQuarantined(Edited(row, "\"table\":\"blocks\"", "\"table\":null"), "table");
}

TEST_F(TableProblemsTest, AFileWithoutARangeOrWithTwoIsQuarantined) {
  ExpectQuarantined(Row("empty"), "no block range");
  ExpectQuarantined(Row("net:0-9+net:20-29"), "one network");
  ExpectQuarantined(Row("net:0-99+other:0-9"), "2 networks");
}

TEST_F(TableProblemsTest, ANegativeSizeIsQuarantinedAndNoSizeIsNone) {
  ExpectQuarantined(Row("0-99@9"), "size is -5", "-5");
  StoredRows rows;
  rows.Table(version_, "blocks", 1).Revision(1, std::nullopt);
  rows.File(1, "a.parquet", Row("0-9"), std::nullopt);
  const auto progress = Ask(rows, "blocks");
  ASSERT_TRUE(progress && *progress);
  EXPECT_EQ((*progress)->files_count, 1U);
  EXPECT_TRUE((*progress)->problems.empty());
}

TEST_F(TableProblemsTest, FilesOfSeveralNetworksCountWhereThereIsNoStartBlock) {
  StoredRows rows;
  rows.Table(version_, "blocks", 1).Revision(1, std::nullopt);
  rows.File(1, "a.parquet", Row("net:0-99+other:0-9"), "3");
  const auto progress = Ask(rows, "blocks");
  ASSERT_TRUE(progress && *progress);
  EXPECT_EQ((*progress)->ranges.size(), 2U);
  EXPECT_TRUE((*progress)->problems.empty());
}

TEST_F(TableProblemsTest, AnActiveRevisionThatIsNotThereIsNamedAndHasNoFiles) {
  StoredRows rows;
  rows.Table(version_, "blocks", 77).File(77, "a.parquet", Row("0-9"), "1");
  const auto progress = Ask(rows, "blocks", {.start_block = BlockNumber{0}});
  ASSERT_TRUE(progress);
  ASSERT_TRUE(*progress) << "named, not absent";
  EXPECT_EQ((*progress)->files_count, 0U);
  EXPECT_EQ((*progress)->current_block, std::nullopt);
  EXPECT_EQ((*progress)->revision_id, LocationId{77});
  ASSERT_EQ((*progress)->problems.size(), 1U);
  EXPECT_EQ((*progress)->problems[0].code, TableProblemCode::kRevisionMissing);
  EXPECT_THAT((*progress)->problems[0].detail, HasSubstr("77"));
}

TEST_F(TableProblemsTest, AWriterThatIsNotThereIsNamedAndTheFilesCount) {
  for (const bool has_job_row : {false, true}) {
    StoredRows rows;
    rows.Table(version_, "blocks", 1).Revision(1, 55).File(1, "a.parquet", Row("0-9"), "1");
    if (has_job_row) rows.Job(55, "node");
    const auto progress = Ask(rows, "blocks");
    ASSERT_TRUE(progress && *progress);
    EXPECT_EQ((*progress)->files_count, 1U);
    ASSERT_EQ((*progress)->problems.size(), 1U) << has_job_row;
    EXPECT_EQ((*progress)->problems[0].code, TableProblemCode::kWriterMissing);
    EXPECT_THAT((*progress)->problems[0].detail, HasSubstr("job 55"));
  }
}

TEST_F(TableProblemsTest, ALongFileNameIsNotRepeatedWhole) {
  StoredRows rows;
  rows.Table(version_, "blocks", 1).Revision(1, std::nullopt);
  rows.File(1, std::string(100'000, 'x'), "{}", "1");
  const auto progress = Ask(rows, "blocks");
  ASSERT_TRUE(progress && *progress);
  EXPECT_LT((*progress)->problems.at(0).detail.size(), 1'000U);
}

class ProblemLedgerTest : public TableProblemsTest {
 protected:
  static std::vector<TableProblem> Files(std::uint64_t count) {
    return {{.code = TableProblemCode::kFileQuarantined, .count = count, .detail = "why"}};
  }
  std::int64_t QuarantinedFiles() {
    return metrics_.GetGauge({"tidemark_quarantined_segments", ""}).value();
  }
  std::uint64_t RowsTotal(std::string_view kind) {
    return metrics_.GetCounter({"tidemark_quarantined_rows_total", "", {{"kind", kind}}}).value();
  }

  MetricRegistry metrics_;
  ProblemLedger ledger_{metrics_};
};

TEST_F(ProblemLedgerTest, CountsWhatIsNewestOfEachRevision) {
  ledger_.Note(LocationId{1}, Files(3));
  ledger_.Note(LocationId{2}, Files(4));
  EXPECT_EQ(QuarantinedFiles(), 7);
  ledger_.Note(LocationId{1}, Files(5));
  EXPECT_EQ(QuarantinedFiles(), 9);
  ledger_.Note(LocationId{2}, {});
  EXPECT_EQ(QuarantinedFiles(), 5);
  EXPECT_EQ(RowsTotal("file"), 12U);
}

TEST_F(ProblemLedgerTest, CountsRevisionsAndWritersByThemselves) {
  ledger_.Note(LocationId{1},
               {{.code = TableProblemCode::kRevisionMissing, .count = 1, .detail = ""},
                {.code = TableProblemCode::kWriterMissing, .count = 1, .detail = ""}});
  EXPECT_EQ(RowsTotal("revision"), 1U);
  EXPECT_EQ(RowsTotal("writer"), 1U);
  EXPECT_EQ(QuarantinedFiles(), 0);
}

TEST_F(ProblemLedgerTest, LogsAProblemWhenItComesChangesAndGoes) {
  SetLogLevel(LogLevel::kInfo);
  const auto logged = [&](const std::vector<TableProblem>& problems) {
    testing::internal::CaptureStderr();
    ledger_.Note(LocationId{1}, problems);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(logged({}), "");
  EXPECT_THAT(logged(Files(1)), HasSubstr("event=table_problem"));
  EXPECT_EQ(logged(Files(1)), "");
  EXPECT_THAT(logged(Files(2)), HasSubstr("count=2"));
  EXPECT_THAT(logged({}), HasSubstr("event=table_problems_gone"));
  EXPECT_EQ(logged({}), "");
}

TEST_F(ProblemLedgerTest, AnAnswerIsCountedInTheMetricsOfTheProcess) {
  const auto total = [] {
    return ProcessMetrics()
        .GetCounter({"tidemark_quarantined_rows_total", "", {{"kind", "file"}}})
        .value();
  };
  const std::uint64_t before = total();
  ExpectQuarantined("{}", "missing");
  EXPECT_EQ(total(), before + 1);
  EXPECT_THAT(ProcessMetrics().Render(), HasSubstr("# TYPE tidemark_quarantined_segments gauge\n"));
}

}  // namespace
}  // namespace tidemark::data_store
