#include "progress_details.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "progress_view.h"

namespace tidemark::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Describe(std::string_view json) {
  const auto document = JsonDocument::Parse(json);
  return document ? DescribeDetails(document->root()) : std::vector<std::string>{"no JSON"};
}

TEST(ProgressDetailsTest, APlainAnswerHasNone) {
  EXPECT_THAT(Describe(R"({"table_name":"logs","current_block":7})"), IsEmpty());
  EXPECT_THAT(Describe(R"({"gaps":null,"health":null,"head":null,"problems":null})"), IsEmpty());
  EXPECT_THAT(Describe(R"({"gaps":{"missing":[],"missing_count":0},"head":[],"problems":[]})"),
              IsEmpty());
}

TEST(ProgressDetailsTest, AHeadIsShownWithItsLagOrWithTheReasonWhyThereIsNone) {
  EXPECT_THAT(
      Describe(R"({"head":[
        {"network":"eth","tag":"latest","number":151,"lag":12,"age_ms":2999,"source":"infura"},
        {"network":"base","tag":"finalized","number":18446744073709551615,"lag":null,
         "reason":"PROVIDER_UNREACHABLE","detail":"a: gone"},
        {"network":"mars","tag":"latest","number":null,"reason":"NO_PROVIDER","detail":"none"}]})"),
      ElementsAre("head    eth: block 151, 12 behind, seen 2s ago, from infura",
                  "head    base: block 18446744073709551615 (finalized); PROVIDER_UNREACHABLE: a: "
                  "gone",
                  "head    mars: unknown; NO_PROVIDER: none"));
}

TEST(ProgressDetailsTest, HealthTellsItsReasonAndTheError) {
  EXPECT_THAT(Describe(R"({"health":{"code":"RETRYING","detail":"failed twice",
                           "retry_at":"2026-01-02T03:04:05+00:00",
                           "error":{"error_code":"LATEST_BLOCK","error_message":"no answer",
                           "error_context":{"block_range_start":7,"block_range_end":9}}}})"),
              ElementsAre("health  RETRYING: failed twice, again at 2026-01-02T03:04:05+00:00",
                          "error   LATEST_BLOCK: no answer (blocks 7 to 9)"));
}

TEST(ProgressDetailsTest, WhatIsMissingIsShownWithItsSizeAndHowMuchIsNotListed) {
  EXPECT_THAT(Describe(R"({"gaps":{
        "missing":[{"network":"eth","start":5,"end":5},
                   {"network":"eth","start":0,"end":18446744073709551615}],"missing_count":7,
        "forks":[{"ranges":[{"network":"eth","start":8,"end":9}],"files_count":2,
                  "total_size_bytes":2048}],
        "islands":[{"ranges":[{"network":"eth","start":20,"end":29}],"files_count":1,
                    "total_size_bytes":9}],"islands_count":1,
        "superseded_files_count":3,"superseded_size_bytes":10}})"),
              ElementsAre("missing eth 5 - 5 (1 block)",
                          "missing eth 0 - 18446744073709551615 (18446744073709551616 blocks)",
                          "missing 5 more", "fork    eth 8 - 9 (2 blocks), 2 files, 2.0 KB",
                          "island  eth 20 - 29 (10 blocks), 1 file, 9 B",
                          "old     3 files, 10 B superseded"));
}

TEST(ProgressDetailsTest, ProblemsAreCounted) {
  EXPECT_THAT(Describe(R"({"problems":[{"code":"FILE_METADATA","count":2,"detail":"file 7"}]})"),
              ElementsAre("problem 2 x FILE_METADATA: file 7"));
}

TEST(ProgressDetailsTest, WhyRowsAreNotKnownIsSaid) {
  EXPECT_THAT(Describe(R"({"rows":null,"rows_reason":"FOOTER_MISSING","rows_detail":"of file 7"})"),
              ElementsAre("rows    unknown; FOOTER_MISSING: of file 7"));
  EXPECT_THAT(Describe(R"({"rows":7,"rows_reason":null,"rows_detail":null})"), IsEmpty());
}

TEST(ProgressDetailsTest, NonsenseIsShownAsFarAsItGoes) {
  EXPECT_THAT(Describe(R"({"head":[7],"gaps":{"missing":[{"start":9,"end":1}]},"problems":[{}]})"),
              ElementsAre("head    -: unknown", "missing - 9 - 1 (? blocks)", "problem - x -: -"));
}

TEST(ProgressDetailsTest, TheyStandBelowTheTable) {
  const auto document = JsonDocument::Parse(
      R"({"tables":[{"table_name":"blocks","health":{"code":"OK","detail":"fine"}},
                    {"table_name":"logs"}]})");
  const std::string text = RenderTables(ReadTables(document->root()), UtcTime(), Color::kPlain);
  EXPECT_THAT(text, testing::EndsWith("\n\nblocks\n  health  OK: fine\n"));
}

TEST(ProgressDetailsTest, AJobsAnswerHasItsTablesByName) {
  const auto document = JsonDocument::Parse(
      R"({"job_id":3,"job_status":"RUNNING","tables":{
          "logs":{"current_block":4,"start_block":0,"files_count":1,"total_size_bytes":2},
          "blocks":{"current_block":null,"start_block":null,"files_count":0}}})");
  const auto tables = ReadTables(document->root());
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_EQ(tables[0].name, "blocks");
  EXPECT_EQ(tables[1].name, "logs");
  EXPECT_EQ(tables[1].status, "RUNNING");
  EXPECT_EQ(tables[1].current_block, 4U);
  EXPECT_TRUE(ReadTables(JsonDocument::Parse(R"({"tables":{}})")->root()).empty());
}

}  // namespace
}  // namespace tidemark::app
