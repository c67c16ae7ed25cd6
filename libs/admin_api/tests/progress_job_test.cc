// GET /jobs/{id}/progress.

#include <gmock/gmock.h>

#include "progress_world.h"

namespace tidemark::admin_api {
namespace {

using metadata_db::JobTransition;

class JobProgressTest : public ProgressWorld {};

TEST_F(JobProgressTest, HasTheTablesThatTheJobWritesByName) {
  const JobId job = Schedule(eth_);
  Transition(job, JobTransition::kStart);
  Fill(eth_, "logs", job, "0-9=5 10-19=6");
  Fill(eth_, "blocks", job, "");
  EXPECT_EQ(AskJob(job).text,
            R"({"job_id":1,"job_status":"RUNNING","tables":{)"
            R"("blocks":{"current_block":null,"start_block":null,"files_count":0,)"
            R"("total_size_bytes":0},)"
            R"("logs":{"current_block":19,"start_block":0,"files_count":2,)"
            R"("total_size_bytes":11}}})");
}

TEST_F(JobProgressTest, HasNoTablesBeforeTheJobWritesAny) {
  const JobId job = Schedule(eth_);
  EXPECT_EQ(AskJob(job).text, R"({"job_id":1,"job_status":"SCHEDULED","tables":{}})");
}

TEST_F(JobProgressTest, NamesAJobThatIsNotThere) {
  EXPECT_EQ(AskJob(JobId{999}).status, 404);
  EXPECT_EQ(AskJob(JobId{999}).error_code(), "JOB_NOT_FOUND");
}

TEST_F(JobProgressTest, TakesTheIdsThatAmpTakes) {
  const JobId job = Schedule(eth_);
  ASSERT_EQ(job.value, 1);
  for (const std::string id : {"1", "+1", "01", "%31", "%2B1", "+0001"}) {
    EXPECT_EQ(Get("/jobs/" + id + "/progress").status, 200) << id;
  }
  for (const std::string id :
       {"abc", "-1", "0", "1.5", "1e2", "9223372036854775808", "++1", "+-1", "+", "%20", "1%20"}) {
    const Answer answer = Get("/jobs/" + id + "/progress");
    EXPECT_EQ(answer.status, 400) << id;
    EXPECT_EQ(answer.error_code(), "INVALID_JOB_ID") << id;
  }
}

TEST_F(JobProgressTest, SpeaksOfAFailureInTheStoredWordsAndTellsItsDetail) {
  const JobId job = Schedule(eth_);
  const std::string detail =
      R"({"error_code":"RPC","error_context":{"big":18446744073709551616,"ratio":1.50}})";
  Transition(job, JobTransition::kFail, detail);
  Answer answer = AskJob(job);
  EXPECT_EQ(answer.body.at("job_status"), "ERROR");
  EXPECT_THAT(answer.text, testing::HasSubstr("\"detail\":" + detail)) << "as it is stored";
  Transition(job, JobTransition::kRetry);
  EXPECT_FALSE(AskJob(job).body.contains("detail"));
  Transition(job, JobTransition::kFailForGood, "\"boom\"");
  answer = AskJob(job);
  EXPECT_EQ(answer.body.at("job_status"), "FATAL");
  EXPECT_EQ(answer.body.at("detail"), "boom");
}

TEST_F(JobProgressTest, ATableThatItsDefinitionLacksIsLeftOut) {
  const JobId job = Schedule(eth_);
  Fill(eth_, "nonsense", job, "0-9");
  Fill(eth_, "blocks", job, "0-9");
  EXPECT_EQ(AskJob(job).body.at("tables").size(), 1U);
}

TEST_F(JobProgressTest, EachTableIsReportedByTheRulesOfItsOwnDataset) {
  const DatasetVersion late = RegisterRaw("late", 5);
  const DatasetVersion derived = RegisterDerived("derived");
  const JobId job = Schedule(late);
  Fill(late, "blocks", job, "6-9=1");
  Fill(derived, "mini", job, "6-9=1");
  const auto tables = AskJob(job).body.at("tables");
  EXPECT_TRUE(tables.at("blocks").at("current_block").is_null());
  EXPECT_EQ(tables.at("mini").at("current_block"), 9);
}

TEST_F(JobProgressTest, OfTwoTablesWithOneNameThatOfTheJobsOwnDatasetIsShown) {
  const DatasetVersion other = RegisterRaw("a_first_by_name", 1);
  const JobId job = Schedule(eth_);
  Fill(other, "blocks", job, "0-3");
  Fill(eth_, "blocks", job, "0-9");
  EXPECT_EQ(AskJob(job).body.at("tables").at("blocks").at("current_block"), 9);
}

TEST_F(JobProgressTest, ARevisionThatTwoDatasetsShareIsReportedForBoth) {
  const DatasetVersion other = RegisterRaw("other", 1);
  const JobId job = Schedule(eth_);
  const LocationId shared = Fill(eth_, "blocks", job, "0-9");
  ASSERT_TRUE(memory_->ActivateRevision(other, "logs", shared, Deadline::Never()));
  const auto tables = AskJob(job).body.at("tables");
  EXPECT_EQ(tables.at("blocks").at("current_block"), 9);
  EXPECT_EQ(tables.at("logs").at("current_block"), 9);
}

// Both datasets have one manifest, hence one hash: Amp mixes them up.
TEST_F(JobProgressTest, DatasetsThatShareAManifestKeepTheirOwnTables) {
  const DatasetVersion twin = RegisterRaw("twin", 0);
  ASSERT_EQ(twin.manifest_hash, eth_.manifest_hash);
  const JobId job = Schedule(eth_);
  const JobId job_of_twin = Schedule(twin);
  Fill(eth_, "blocks", job, "0-9");
  Fill(twin, "blocks", job_of_twin, "0-19");
  EXPECT_EQ(AskJob(job).body.at("tables").at("blocks").at("current_block"), 9);
  EXPECT_EQ(AskJob(job_of_twin).body.at("tables").at("blocks").at("current_block"), 19);
  EXPECT_EQ(AskTable(eth_, "blocks").body.at("current_block"), 9);
  EXPECT_EQ(AskTable(twin, "blocks").body.at("current_block"), 19);
  EXPECT_EQ(AskTable(eth_, "blocks").body.at("job_id"), job.value);
}

TEST_F(JobProgressTest, ARevisionThatIsNotActiveIsNotShown) {
  const JobId job = Schedule(eth_);
  Fill(eth_, "blocks", job, "0-99");
  Fill(eth_, "blocks", job, "0-9");
  EXPECT_EQ(AskJob(job).body.at("tables").at("blocks").at("current_block"), 9);
  ASSERT_TRUE(memory_->DeactivateTable(eth_, "blocks", Deadline::Never()));
  EXPECT_TRUE(AskJob(job).body.at("tables").empty());
  EXPECT_TRUE(AskTable(eth_, "blocks").body.at("revision_id").is_null());
}

TEST_F(JobProgressTest, ABadRowHarmsNeitherTheAnswerNorAnotherTable) {
  const JobId job = Schedule(eth_);
  const LocationId blocks = Fill(eth_, "blocks", job, "0-9=1 10-19=1");
  Fill(eth_, "logs", job, "0-9");
  AddRow(blocks, "{}");
  const auto tables = AskJob(job).body.at("tables");
  EXPECT_EQ(tables.at("blocks").at("current_block"), 19);
  EXPECT_EQ(tables.at("blocks").at("files_count"), 2);
  EXPECT_EQ(tables.at("blocks").at("problems").at(0).at("code"), "FILE_QUARANTINED");
  EXPECT_FALSE(tables.at("logs").contains("problems"));
}

TEST_F(JobProgressTest, ATableOfSeveralNetworksHasARangeForEach) {
  const DatasetVersion derived = RegisterDerived("derived");
  const JobId job = Schedule(derived);
  Fill(derived, "mini", job, "a:0-9+b:100-109 a:10-19+b:110-110");
  const auto table = AskJob(job).body.at("tables").at("mini");
  EXPECT_TRUE(table.at("current_block").is_null());
  EXPECT_EQ(table.at("files_count"), 2);
  EXPECT_EQ(table.at("ranges").size(), 2U);
  EXPECT_EQ(table.at("ranges").at(1).at("end"), 110);
}

TEST_F(JobProgressTest, NumbersAreExactToTheLastOne) {
  const DatasetVersion derived = RegisterDerived("derived");
  const JobId job = Schedule(derived);
  Fill(derived, "mini", job, "9007199254740993-18446744073709551615=9007199254740993");
  EXPECT_THAT(AskJob(job).text,
              testing::HasSubstr(R"("current_block":18446744073709551615,)"
                                 R"("start_block":9007199254740993,"files_count":1,)"
                                 R"("total_size_bytes":9007199254740993)"));
}

// Method: let the n-th call to the database and all that follow fail, for every n.
TEST_F(JobProgressTest, WhereverTheDatabaseFailsTheAnswerIs503) {
  const JobId job = Schedule(eth_);
  Fill(eth_, "blocks", job, "0-9");
  const std::string good = AskJob(job).text;
  for (int n = 0;; ++n) {
    metadata_.calls = 0;
    metadata_.first_failing_call = n;
    const Answer answer = AskJob(job);
    if (answer.status == 200) {
      EXPECT_EQ(answer.text, good);
      EXPECT_GT(n, 0);
      break;
    }
    EXPECT_EQ(answer.status, 503);
  }
}

TEST_F(JobProgressTest, AManifestThatIsGoneIs500) {
  const JobId job = Schedule(eth_);
  DatasetVersion unknown = eth_;
  unknown.manifest_hash.hex = std::string(64, '7');
  Fill(unknown, "blocks", job, "0-9");
  const Answer answer = AskJob(job);
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.error_code(), "GET_DATASET_ERROR");
}

}  // namespace
}  // namespace tidemark::admin_api
