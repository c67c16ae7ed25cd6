#include "progress_view.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::app {
namespace {

const UtcTime kNow(std::chrono::seconds(1'767'323'045));

TableView Sample() {
  return {.name = "transactions",
          .status = "RUNNING",
          .start_block = 0,
          .current_block = 18446744073709551615U,
          .files = 7,
          .bytes = 2048,
          .blocks_per_second = 1.04,
          .newest_block_time_s = 1'767'323'043};
}

TEST(ProgressViewTest, ColumnsAreAligned) {
  const std::string text = RenderTables({Sample(), {.name = "logs"}}, kNow, Color::kPlain);
  EXPECT_EQ(
      text,
      "TABLE         STATUS   BLOCKS                    FILES    SIZE  SPEED  NEWEST BLOCK\n"
      "transactions  RUNNING  0 - 18446744073709551615      7  2.0 KB  1.0/s        2s ago\n"
      "logs          -        -                             0     0 B      -             -\n");
}

TEST(ProgressViewTest, RowsHaveAColumnWhereTheyAreKnownOfATable) {
  TableView known = Sample();
  known.rows = 18446744073709551615U;
  EXPECT_EQ(RenderTables({known, {.name = "logs"}}, kNow, Color::kPlain),
            "TABLE         STATUS   BLOCKS                    FILES    SIZE                  ROWS  "
            "SPEED  "
            "NEWEST BLOCK\n"
            "transactions  RUNNING  0 - 18446744073709551615      7  2.0 KB  18446744073709551615  "
            "1.0/s  "
            "      2s ago\n"
            "logs          -        -                             0     0 B                     -  "
            "    -  "
            "           -\n");
  known.end_block = 18446744073709551615U;
  const std::string watched = RenderWatched({known}, kNow, {});
  EXPECT_NE(watched.find("SIZE                  ROWS  SPEED"), std::string::npos) << watched;
  EXPECT_NE(watched.find("2.0 KB  18446744073709551615  1.0/s"), std::string::npos) << watched;

  const auto answer = JsonDocument::Parse(
      R"({"tables":[{"table_name":"a","rows":7},{"table_name":"b","rows":null}]})");
  const auto tables = ReadTables(answer->root());
  EXPECT_EQ(tables.at(0).rows, 7U);
  EXPECT_EQ(tables.at(1).rows, std::nullopt);
}

TEST(ProgressViewTest, ColourChangesNothingButTheColour) {
  const std::vector<TableView> tables = {Sample(), {.name = "RUNNING", .status = "FAILED"}};
  std::string coloured = RenderTables(tables, kNow, Color::kAnsi);
  for (const std::string escape : {"\x1b[32m", "\x1b[31m", "\x1b[0m"}) {
    ASSERT_NE(coloured.find(escape), std::string::npos);
    for (std::size_t at = 0; (at = coloured.find(escape)) != std::string::npos;) {
      coloured.erase(at, escape.size());
    }
  }
  EXPECT_EQ(coloured, RenderTables(tables, kNow, Color::kPlain));
}

TEST(ProgressViewTest, ReadsADatasetsAnswerAndATables) {
  const auto dataset = JsonDocument::Parse(
      R"({"tables":[{"table_name":"blocks","current_block":9,"start_block":1,"job_status":"FAILED",
          "files_count":2,"total_size_bytes":3,"ranges":[{"timestamp":7},{"timestamp":5},
          {"timestamp":null}],"rate":{"blocks_per_second":0.5}},
          {"table_name":"logs","current_block":null,"ranges":[]}]})");
  ASSERT_TRUE(dataset.has_value());
  const auto tables = ReadTables(dataset->root());
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_EQ(tables[0].current_block, 9U);
  EXPECT_EQ(tables[0].newest_block_time_s, 5U);
  EXPECT_EQ(tables[0].blocks_per_second, 0.5);
  EXPECT_FALSE(tables[1].current_block.has_value());

  const auto table = JsonDocument::Parse(R"({"table_name":"logs"})");
  EXPECT_EQ(ReadTables(table->root()).size(), 1U);
  EXPECT_TRUE(ReadTables(JsonDocument::Parse("[]")->root()).empty());
}

TEST(ProgressViewTest, ABarFillsTheScreenWhereThereIsAnEnd) {
  const std::vector<TableView> tables = {{.name = "blocks",
                                          .status = "RUNNING",
                                          .start_block = 100,
                                          .current_block = 174,
                                          .files = 7,
                                          .bytes = 2048,
                                          .blocks_per_second = 12.5,
                                          .end_block = 199},
                                         {.name = "logs", .status = "RUNNING", .end_block = 199},
                                         {.name = "traces", .status = "RUNNING"}};
  EXPECT_EQ(RenderWatched(tables, kNow, {.columns = 70, .glyphs = Glyphs::kUtf8}),
            "TABLE   STATUS   PROGRESS               BLOCK    SIZE   SPEED     LEFT\n"
            "blocks  RUNNING  ████████████░░░░  75%    174  2.0 KB  12.5/s       2s\n"
            "logs    RUNNING  ░░░░░░░░░░░░░░░░   0%      -     0 B       -  unknown\n"
            "traces  RUNNING  -                          -     0 B       -        -\n");
  // No room for a bar: the percentage stays.
  EXPECT_EQ(RenderWatched(tables, kNow, {.columns = 50}),
            "TABLE   STATUS   PROGRESS  BLOCK    SIZE   SPEED     LEFT\n"
            "blocks  RUNNING   75%        174  2.0 KB  12.5/s       2s\n"
            "logs    RUNNING    0%          -     0 B       -  unknown\n"
            "traces  RUNNING  -             -     0 B       -        -\n");
}

TEST(ProgressViewTest, WithoutAnEndThereIsNoBar) {
  const std::vector<TableView> tables = {Sample()};
  EXPECT_EQ(RenderWatched(tables, kNow, {}), RenderTables(tables, kNow, Color::kPlain));
}

TEST(ProgressViewTest, OneLineForALog) {
  EXPECT_EQ(
      RenderLine({Sample()}, kNow),
      "transactions=18446744073709551615  status=RUNNING  speed=1.0/s  newest_block_age=2s\n");
  EXPECT_EQ(RenderLine({}, kNow), "\n");
}

TEST(FormatAgeTest, GrowsThroughTheUnitsAndIsNeverNegative) {
  const std::uint64_t now = 1'767'323'045;
  EXPECT_EQ(FormatAge(now + 100, kNow), "0s");
  EXPECT_EQ(FormatAge(now - 59, kNow), "59s");
  EXPECT_EQ(FormatAge(now - 130, kNow), "2m 10s");
  EXPECT_EQ(FormatAge(now - 3720, kNow), "1h 2m");
  EXPECT_EQ(FormatAge(now - 90000, kNow), "1d 1h");
  EXPECT_EQ(FormatAge(18446744073709551615U, kNow), "0s");
}

}  // namespace
}  // namespace tidemark::app
