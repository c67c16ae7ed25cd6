#include <set>

#include <gmock/gmock.h>

#include "api_fixture.h"

namespace tidemark::admin_api {
namespace {

using metadata_db::JobTransition;
using testing::ElementsAre;
using testing::IsEmpty;

const Deadline kNever = Deadline::Never();

class JobsTest : public ApiFixture {
 protected:
  JobsTest() {
    RegisterEth();
    StartWorker();
  }
  void Move(JobId id, JobTransition transition, const std::optional<std::string>& detail = {}) {
    ASSERT_TRUE(memory_->TransitionJob({id}, transition, detail, kNever));
  }
  /// Deploys `count` more datasets.
  std::vector<std::int64_t> DeployMany(int count) {
    std::vector<std::int64_t> ids;
    for (int i = 0; i < count; ++i) {
      const std::string name = "d" + std::to_string(i);
      EXPECT_EQ(Post("/datasets", R"({"namespace":"eth","name":")" + name +
                                      R"(","manifest":{"kind":"evm-rpc","network":"n"}})")
                    .status,
                201);
      const Answer answer = Post("/datasets/eth/" + name + "/versions/dev/deploy", "{}");
      ids.push_back(answer.body.at("job_id"));
    }
    return ids;
  }
  std::vector<std::int64_t> ListIds(const std::string& query) {
    const Answer answer = Get("/jobs?" + query);
    EXPECT_EQ(answer.status, 200) << answer.text;
    std::vector<std::int64_t> ids;
    for (const auto& job : answer.body.at("jobs")) ids.push_back(job.at("id"));
    return ids;
  }
};

TEST_F(JobsTest, ADeployedJobIsShownWhole) {
  const JobId id = Deploy();
  const std::string hash = Get("/datasets/eth/mainnet/versions/dev").body.at("manifest_hash");
  EXPECT_EQ(Get("/jobs/" + std::to_string(id.value)).text,
            R"({"id":1,"created_at":"2026-01-02T03:04:05.678901+00:00",)"
            R"("updated_at":"2026-01-02T03:04:05.678901+00:00","node_id":"worker-1",)"
            R"("status":"SCHEDULED","descriptor":{"kind":"materialize-raw","end_block":null,)"
            R"("max_writers":1,"dataset_namespace":"eth","dataset_name":"mainnet",)"
            R"("manifest_hash":")" +
                hash + R"(","verify":false},"attempts":1,"error":null})");
}

TEST_F(JobsTest, DeployPassesItsArgumentsOn) {
  const Answer answer =
      Post("/datasets/eth/mainnet/versions/1.0.0/deploy",
           R"({"end_block":"-12","parallelism":65535,"worker_id":"work*","verify":true,"more":1})");
  EXPECT_EQ(answer.status, 202) << answer.text;
  const auto descriptor = Get("/jobs/1").body.at("descriptor");
  EXPECT_EQ(descriptor.at("end_block"), "-12");
  EXPECT_EQ(descriptor.at("max_writers"), 65535);
  EXPECT_EQ(descriptor.at("verify"), true);
}

TEST_F(JobsTest, DeployingTwiceIsTheSameJob) {
  EXPECT_EQ(Deploy(), Deploy());
  const Answer other = Post("/datasets/eth/mainnet/versions/dev/deploy", R"({"end_block":"7"})");
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(other.error_code(), "ACTIVE_JOB_CONFLICT");
}

TEST_F(JobsTest, DeployNeedsAWorkerThatIsAlive) {
  const std::string target = "/datasets/eth/mainnet/versions/dev/deploy";
  const Answer other = Post(target, R"({"worker_id":"nobody"})");
  EXPECT_EQ(other.status, 400);
  EXPECT_EQ(other.error_code(), "WORKER_NOT_AVAILABLE");
  clock_.now += data_store::kWorkerTimeout;
  EXPECT_EQ(Post(target, "{}").error_code(), "WORKER_NOT_AVAILABLE");
  EXPECT_EQ(Post("/datasets/eth/nope/versions/dev/deploy", "{}").error_code(), "DATASET_NOT_FOUND");
}

TEST_F(JobsTest, AFailedJobShowsItsErrorUntilItIsScheduledAgain) {
  const JobId id = Deploy();
  Move(id, JobTransition::kStart);
  Move(id, JobTransition::kFail, R"({"error_code": "LATEST_BLOCK", "error_message": "no answer"})");
  const Answer failed = Get("/jobs/1");
  EXPECT_EQ(failed.body.at("status"), "ERROR");
  EXPECT_EQ(failed.body.at("error").dump(),
            R"({"error_code":"LATEST_BLOCK","error_message":"no answer"})");
  Deploy();
  const Answer again = Get("/jobs/1");
  EXPECT_EQ(again.body.at("status"), "SCHEDULED");
  EXPECT_EQ(again.body.at("attempts"), 2);
  EXPECT_TRUE(again.body.at("error").is_null());
}

TEST_F(JobsTest, HealthSaysWhenAFailedJobIsTriedAgain) {
  const JobId id = Deploy();
  EXPECT_FALSE(Get("/jobs/1").body.contains("health"));
  Move(id, JobTransition::kStart);
  EXPECT_EQ(Get("/jobs/1?include=health").body.at("health").at("code"), "OK");
  Move(id, JobTransition::kFail, R"({"error_code":"LATEST_BLOCK","error_message":"no answer"})");
  const auto health = Get("/jobs/1?include=health").body.at("health");
  EXPECT_EQ(health.at("code"), "RETRYING");
  EXPECT_EQ(health.at("attempts"), 1);
  EXPECT_EQ(health.at("retry_at"), FormatRfc3339(clock_.now + std::chrono::seconds(1)));
  EXPECT_EQ(health.at("error").at("error_message"), "no answer");
  EXPECT_EQ(Get("/jobs/1?include=gaps").error_code(), "INVALID_QUERY_PARAMETERS");
}

TEST_F(JobsTest, StopIsIdempotent) {
  const JobId id = Deploy();
  Move(id, JobTransition::kStart);
  for (int i = 0; i < 2; ++i) {
    const Answer answer = Put("/jobs/1/stop");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.text, "");
    EXPECT_EQ(Get("/jobs/1").body.at("status"), "STOP_REQUESTED");
  }
  Move(id, JobTransition::kBeginStop);
  Move(id, JobTransition::kFinishStop);
  EXPECT_EQ(Put("/jobs/1/stop").status, 200);
  EXPECT_EQ(Get("/jobs/1").body.at("status"), "STOPPED");
}

TEST_F(JobsTest, AJobThatIsNotThereIsNotFound) {
  EXPECT_EQ(Get("/jobs/7").error_code(), "JOB_NOT_FOUND");
  EXPECT_EQ(Put("/jobs/7/stop").error_code(), "JOB_NOT_FOUND");
  EXPECT_EQ(Get("/jobs/9223372036854775807").error_code(), "JOB_NOT_FOUND");
}

TEST_F(JobsTest, PagesCoverEveryJobOnceAndEndWithAnEmptyPage) {
  const auto ids = DeployMany(5);
  std::multiset<std::int64_t> seen;
  std::string query = "limit=2";
  for (int page = 0; page < 10; ++page) {
    const Answer answer = Get("/jobs?" + query);
    for (const auto& job : answer.body.at("jobs")) seen.insert(job.at("id").get<std::int64_t>());
    if (!answer.body.contains("next_cursor")) {
      EXPECT_EQ(answer.text, R"({"jobs":[]})");
      break;
    }
    EXPECT_EQ(answer.body.at("next_cursor"), answer.body.at("jobs").back().at("id"));
    query = "limit=2&last_job_id=" + answer.body.at("next_cursor").dump();
  }
  EXPECT_EQ(seen, std::multiset<std::int64_t>(ids.begin(), ids.end()));
}

TEST_F(JobsTest, AStatusPicksJobs) {
  const auto ids = DeployMany(3);
  Move(JobId{ids[1]}, JobTransition::kStart);
  Move(JobId{ids[2]}, JobTransition::kFailForGood, "{}");
  EXPECT_THAT(ListIds("status=active"), ElementsAre(ids[1], ids[0]));
  EXPECT_EQ(ListIds(""), ListIds("status=active"));
  EXPECT_THAT(ListIds("status=all"), ElementsAre(ids[2], ids[1], ids[0]));
  EXPECT_THAT(ListIds("status=FATAL"), ElementsAre(ids[2]));
  EXPECT_THAT(ListIds("status=running,fatal,RUNNING"), ElementsAre(ids[2], ids[1]));
  EXPECT_THAT(ListIds("status=running%2Cfatal"), ElementsAre(ids[2], ids[1]));
  for (const std::string nothing : {"", "FAILED", "active,", "ALL", ",", "%00"}) {
    EXPECT_THAT(ListIds("status=" + nothing), IsEmpty()) << nothing;
  }
  std::string long_list = "status=fatal";
  for (int i = 0; i < 1000; ++i) long_list += ",fatal,x";
  EXPECT_THAT(ListIds(long_list), ElementsAre(ids[2]));
}

TEST_F(JobsTest, TheLargestPageIsAThousandJobs) {
  EXPECT_EQ(Get("/jobs?limit=1000").status, 200);
  EXPECT_EQ(Get("/jobs?limit=1001").error_code(), "LIMIT_TOO_LARGE");
}

TEST_F(JobsTest, WorkersAreListedByNodeId) {
  clock_.now += std::chrono::minutes(1);
  StartWorker("a-node");
  EXPECT_EQ(Get("/workers").text,
            R"({"workers":[{"node_id":"a-node","heartbeat_at":"2026-01-02T03:05:05.678901+00:00"},)"
            R"({"node_id":"worker-1","heartbeat_at":"2026-01-02T03:04:05.678901+00:00"}]})");
}

TEST_F(JobsTest, ADatabaseThatIsDownIs503) {
  Deploy();
  metadata_.first_failing_call = 0;
  EXPECT_EQ(Get("/jobs").status, 503);
  EXPECT_EQ(Get("/jobs/1").status, 503);
  EXPECT_EQ(Put("/jobs/1/stop").status, 503);
  EXPECT_EQ(Get("/workers").status, 503);
  EXPECT_EQ(Post("/datasets/eth/mainnet/versions/dev/deploy", "").status, 503);
}

TEST_F(JobsTest, ADatabaseThatBreaksItsOwnRulesIs500) {
  Deploy();
  metadata_.first_failing_call = 0;
  metadata_.failure = {ErrorCode::kCorruption, "row 7 of jobs has no node"};
  EXPECT_EQ(Get("/jobs").error_code(), "LIST_JOBS_ERROR");
  EXPECT_EQ(Get("/jobs/1").error_code(), "GET_JOB_ERROR");
  EXPECT_EQ(Put("/jobs/1/stop").error_code(), "STOP_JOB_ERROR");
  EXPECT_EQ(Get("/workers").error_code(), "SCHEDULER_LIST_WORKERS_ERROR");
}

}  // namespace
}  // namespace tidemark::admin_api
