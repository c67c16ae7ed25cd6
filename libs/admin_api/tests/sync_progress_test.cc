// GET .../sync-progress, as the decoders of Amp's clients take it.

#include <set>

#include <gmock/gmock.h>

#include "progress_world.h"

namespace tidemark::admin_api {
namespace {

using metadata_db::JobTransition;

class SyncProgressTest : public ProgressWorld {
 protected:
  Answer Ask(const std::string& revision = "latest") {
    return Get("/datasets/eth/mainnet/versions/" + revision + "/sync-progress");
  }
};

bool HasNull(const nlohmann::ordered_json& value) {
  if (value.is_null()) return true;
  return value.is_structured() &&
         std::ranges::any_of(value, [](const auto& part) { return HasNull(part); });
}

TEST_F(SyncProgressTest, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(Ask().text,
            R"({"dataset_namespace":"eth","dataset_name":"mainnet","revision":"latest",)"
            R"("manifest_hash":")" +
                eth_.manifest_hash.hex +
                R"(","tables":[)"
                R"({"table_name":"blocks","files_count":0,"total_size_bytes":0},)"
                R"({"table_name":"transactions","files_count":0,"total_size_bytes":0},)"
                R"({"table_name":"logs","files_count":0,"total_size_bytes":0}]})");
}

TEST_F(SyncProgressTest, HasEveryFieldThatIsKnown) {
  const JobId job = Schedule(eth_);
  Fill(eth_, "blocks", job, "0-9=5");
  const auto table = Ask("1.0.0").body.at("tables").at(0);
  EXPECT_EQ(table.dump(), R"({"table_name":"blocks","current_block":9,"start_block":0,"job_id":1,)"
                          R"("job_status":"SCHEDULED","files_count":1,"total_size_bytes":5,)"
                          R"("job_state":"SCHEDULED"})");
}

TEST_F(SyncProgressTest, NeverHoldsANullWhateverIsInTheDatabase) {
  const JobId job = Schedule(eth_);
  const LocationId location = Fill(eth_, "blocks", job, "5-9=5");
  AddRow(location, "{}");
  const Answer answer = Ask();
  EXPECT_FALSE(HasNull(answer.body)) << answer.text;
  const auto table = answer.body.at("tables").at(0);
  EXPECT_FALSE(table.contains("current_block"));
  EXPECT_EQ(table.at("problems").at(0).at("count"), 1);
}

TEST_F(SyncProgressTest, SaysFailedWhereTheStoredStateIsOneThatTheClientsDoNotKnow) {
  const std::set<std::string> known = {"SCHEDULED",      "RUNNING",  "COMPLETED", "STOPPED",
                                       "STOP_REQUESTED", "STOPPING", "FAILED",    "UNKNOWN"};
  const JobId job = Schedule(eth_);
  Fill(eth_, "blocks", job, "0-9");
  const auto expect_state = [&](const std::string& state, const std::string& status) {
    const auto table = Ask().body.at("tables").at(0);
    EXPECT_EQ(table.at("job_state"), state);
    EXPECT_EQ(table.at("job_status"), status);
    EXPECT_TRUE(known.contains(table.at("job_status")));
  };
  Transition(job, JobTransition::kStart);
  expect_state("RUNNING", "RUNNING");
  Transition(job, JobTransition::kFail, "{}");
  expect_state("ERROR", "FAILED");
  Transition(job, JobTransition::kRetry);
  Transition(job, JobTransition::kFailForGood, "{}");
  expect_state("FATAL", "FAILED");
}

TEST_F(SyncProgressTest, FailsInTheSixWaysThatTheClientsKnow) {
  EXPECT_EQ(Ask("9.9.9").status, 404);
  EXPECT_EQ(Ask("9.9.9").error_code(), "DATASET_NOT_FOUND");
  for (const std::string path : {"/datasets/eth/mainnet/versions/v1/sync-progress",
                                 "/datasets/eth/Main/versions/latest/sync-progress",
                                 "/datasets/e-h/mainnet/versions/latest/sync-progress"}) {
    EXPECT_EQ(Get(path).status, 400) << path;
    EXPECT_EQ(Get(path).error_code(), "INVALID_PATH_PARAMS") << path;
  }
}

// Method: let the n-th call to the database and all that follow fail, for every n. An outage has
// status 503 on every other route; these clients know 500 alone.
TEST_F(SyncProgressTest, WhereverTheDatabaseFailsTheCodeIsOneOfTheirs) {
  const JobId job = Schedule(eth_);
  Fill(eth_, "blocks", job, "0-9");
  std::set<std::string> codes;
  for (int n = 0;; ++n) {
    metadata_.calls = 0;
    metadata_.first_failing_call = n;
    const Answer answer = Ask();
    if (answer.status == 200) break;
    EXPECT_EQ(answer.status, 500);
    codes.insert(answer.error_code());
  }
  EXPECT_THAT(codes, testing::IsSubsetOf({"GET_DATASET_ERROR", "GET_SYNC_PROGRESS_ERROR",
                                          "PHYSICAL_TABLE_ERROR", "RESOLVE_REVISION_ERROR"}));
  EXPECT_TRUE(codes.contains("RESOLVE_REVISION_ERROR"));
  EXPECT_TRUE(codes.contains("GET_SYNC_PROGRESS_ERROR"));
}

}  // namespace
}  // namespace tidemark::admin_api
