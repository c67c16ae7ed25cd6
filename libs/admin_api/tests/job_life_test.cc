// What became of a job, and how jobs go away.
#include <gmock/gmock.h>

#include "api_fixture.h"

namespace tidemark::admin_api {
namespace {

using metadata_db::JobTransition;

const Deadline kNever = Deadline::Never();

// What a database may hold that this program did not write.
class OddJobs final : public data_store::Jobs {
 public:
  data_store::JobInfo job;
  data_store::JobEvent event;
  data_store::WorkerInfo worker;

  Result<JobId> Deploy(const JobDescriptor&, const std::optional<std::string>&, Deadline) override {
    return MakeError(ErrorCode::kInternal, "not asked");
  }
  Result<std::optional<data_store::JobInfo>> Get(JobId, Deadline) override { return job; }
  Result<std::vector<data_store::JobInfo>> List(const data_store::JobQuery&, Deadline) override {
    return std::vector{job};
  }
  Result<std::vector<data_store::JobInfo>> ListOfVersion(const DatasetVersion&, Deadline) override {
    return std::vector{job};
  }
  Result<std::optional<std::vector<data_store::JobEvent>>> ListEvents(JobId, Deadline) override {
    return std::vector{event};
  }
  Result<std::optional<data_store::JobEvent>> GetEvent(JobId, std::int64_t, Deadline) override {
    return event;
  }
  Status Delete(JobId, Deadline) override { return {}; }
  Result<std::uint64_t> DeleteAll(const std::vector<JobStatus>&, Deadline) override { return 0; }
  Status Stop(JobId, Deadline) override {
    return MakeError(ErrorCode::kConflict, "job 1 is RUNNING again");
  }
  Result<std::vector<data_store::WorkerInfo>> ListWorkers(Deadline) override {
    return std::vector{worker};
  }
  Result<std::optional<data_store::WorkerInfo>> GetWorker(std::string_view, Deadline) override {
    return worker;
  }
};

class JobLifeTest : public ApiFixture {
 protected:
  JobLifeTest() {
    RegisterEth();
    StartWorker();
  }
  void Move(JobId id, JobTransition transition, const std::optional<std::string>& detail = {}) {
    ASSERT_TRUE(memory_->TransitionJob({id}, transition, detail, kNever));
  }
  void UseJobs(data_store::Jobs& jobs) {
    const Services services = MakeServices();
    router_ = MakeRouter({.data = services.data,
                          .jobs = jobs,
                          .datasets = services.datasets,
                          .providers = services.providers,
                          .revisions = services.revisions,
                          .heads = services.heads});
  }
};

TEST_F(JobLifeTest, EventsAreToldOldestFirst) {
  const JobId id = Deploy();
  clock_.now += std::chrono::seconds(1);
  Move(id, JobTransition::kFail, R"({"error_code":"LATEST_BLOCK"})");
  const Answer answer = Get("/jobs/1/events");
  EXPECT_EQ(answer.text,
            R"({"job_id":1,"events":[{"id":1,"created_at":"2026-01-02T03:04:05.678901+00:00",)"
            R"("node_id":"worker-1","event_type":"SCHEDULED"},)"
            R"({"id":2,"created_at":"2026-01-02T03:04:06.678901+00:00","node_id":"worker-1",)"
            R"("event_type":"ERROR"}]})");
  const Answer failure = Get("/jobs/1/events/2");
  EXPECT_EQ(failure.text,
            R"({"id":2,"job_id":1,"created_at":"2026-01-02T03:04:06.678901+00:00",)"
            R"("node_id":"worker-1","event_type":"ERROR","detail":{"error_code":"LATEST_BLOCK"}})");
  EXPECT_EQ(Get("/jobs/1/events/1").body.at("detail").at("kind"), "materialize-raw");
}

TEST_F(JobLifeTest, AnEventWithoutADetailDoesNotMentionOne) {
  const JobId id = Deploy();
  Move(id, JobTransition::kStart);
  EXPECT_FALSE(Get("/jobs/1/events/2").body.contains("detail"));
}

TEST_F(JobLifeTest, AnEventThatIsNotThereIsNotAJobThatIsNotThere) {
  Deploy();
  EXPECT_EQ(Get("/jobs/1/events/9").error_code(), "EVENT_NOT_FOUND");
  EXPECT_EQ(Get("/jobs/9/events/1").error_code(), "JOB_NOT_FOUND");
  EXPECT_EQ(Get("/jobs/9/events").error_code(), "JOB_NOT_FOUND");
}

TEST_F(JobLifeTest, AnIdMayBeWrittenAsAmpAllowsIt) {
  Deploy();
  for (const std::string id : {"+1", "01", "%31", "%2B1", "0000000000000000000000001"}) {
    EXPECT_EQ(Get("/jobs/" + id).status, 200) << id;
  }
  for (const std::string id : {"++1", "+-1", "+", "-1", "+0", "1+", "%201", "1e0", "0x1"}) {
    EXPECT_EQ(Get("/jobs/" + id).error_code(), "INVALID_JOB_ID") << id;
  }
}

TEST_F(JobLifeTest, OnlyAJobThatHasEndedIsDeleted) {
  const JobId id = Deploy();
  const Answer active = Delete("/jobs/1");
  EXPECT_EQ(active.status, 409);
  EXPECT_EQ(active.error_code(), "JOB_CONFLICT");
  Move(id, JobTransition::kFailForGood, "{}");
  for (int i = 0; i < 2; ++i) {
    const Answer gone = Delete("/jobs/1");
    EXPECT_EQ(gone.status, 204);
    EXPECT_EQ(gone.text, "");
    EXPECT_EQ(Get("/jobs/1").error_code(), "JOB_NOT_FOUND");
  }
}

TEST_F(JobLifeTest, ManyJobsAreDeletedByTheirState) {
  const JobId id = Deploy();
  Move(id, JobTransition::kFailForGood, "{}");
  for (const std::string other : {"completed", "stopped"}) {
    EXPECT_EQ(Delete("/jobs?status=" + other).status, 204);
    EXPECT_EQ(Get("/jobs/1").status, 200) << other;
  }
  EXPECT_EQ(Delete("/jobs?status=error").status, 204);
  EXPECT_EQ(Get("/jobs/1").status, 404);
  const JobId next = Deploy();
  EXPECT_EQ(Delete("/jobs?status=terminal").status, 204);
  EXPECT_EQ(Get("/jobs/" + std::to_string(next.value)).status, 200);
}

TEST_F(JobLifeTest, AVersionHasEachOfItsJobsOnce) {
  const JobId id = Deploy();
  Move(id, JobTransition::kFail, "{}");
  Deploy();
  const Answer answer = Get("/datasets/eth/mainnet/versions/latest/jobs");
  EXPECT_EQ(answer.text, R"({"jobs":[)" + Get("/jobs/1").text + "]}");
  EXPECT_EQ(Get("/datasets/eth/mainnet/versions/9.9.9/jobs").error_code(), "DATASET_NOT_FOUND");
}

TEST_F(JobLifeTest, TheJobsOfAVersionAreShownEvenIfItsManifestIsLost) {
  Deploy();
  const std::string hash = Get("/datasets/eth/mainnet/versions/dev").body.at("manifest_hash");
  ASSERT_TRUE(objects_.Delete(hash));
  datasets_ = dataset_store::MakeDatasetStore(metadata_, objects_);
  router_ = MakeRouter(MakeServices());
  EXPECT_EQ(Get("/datasets/eth/mainnet/versions/dev").status, 500);
  EXPECT_EQ(Get("/datasets/eth/mainnet/versions/dev/jobs").body.at("jobs").size(), 1U);
}

TEST_F(JobLifeTest, AWorkerTellsWhatItIs) {
  ASSERT_TRUE(memory_->RegisterWorker("node-2", R"({"version": "1.2.3"})", kNever));
  EXPECT_EQ(Get("/workers/node-2").text,
            R"({"node_id":"node-2","created_at":"2026-01-02T03:04:05.678901+00:00",)"
            R"("registered_at":"2026-01-02T03:04:05.678901+00:00",)"
            R"("heartbeat_at":"2026-01-02T03:04:05.678901+00:00","info":{"version":"1.2.3"}})");
  EXPECT_EQ(Get("/workers/node-3").error_code(), "WORKER_NOT_FOUND");
}

TEST_F(JobLifeTest, ADatabaseThatBreaksItsOwnRulesIs500) {
  Deploy();
  metadata_.first_failing_call = 0;
  metadata_.failure = {ErrorCode::kCorruption, "row 7 of jobs has no node"};
  EXPECT_EQ(Get("/jobs/1/events").error_code(), "GET_JOB_EVENTS_ERROR");
  EXPECT_EQ(Get("/jobs/1/events/1").error_code(), "GET_JOB_EVENT_ERROR");
  EXPECT_EQ(Delete("/jobs/1").error_code(), "DELETE_JOB_ERROR");
  EXPECT_EQ(Delete("/jobs?status=error").error_code(), "DELETE_JOBS_BY_STATUS_ERROR");
  EXPECT_EQ(Get("/workers/node").error_code(), "SCHEDULER_GET_WORKER_ERROR");
}

TEST_F(JobLifeTest, StoredJsonThatIsNoObjectReadsNull) {
  OddJobs odd;
  odd.job.id = JobId{1};
  UseJobs(odd);
  for (const std::string text : {"", "{", "[]", "7", "{}{}", "{\"a\":\xFF}"}) {
    odd.job.descriptor = text;
    odd.job.error = text;
    for (const auto& job : {Get("/jobs/1").body, Get("/jobs").body.at("jobs").at(0)}) {
      EXPECT_TRUE(job.at("descriptor").is_null()) << text;
      EXPECT_TRUE(job.at("error").is_null()) << text;
    }
  }
  odd.job.descriptor = "{ \"end\" : 18446744073709551615, \"q\":\"\\\"\\u0001\" }";
  EXPECT_EQ(Get("/jobs/1").body.at("descriptor").dump(),
            R"({"end":18446744073709551615,"q":"\"\u0001"})");
}

TEST_F(JobLifeTest, AStopThatLostARaceIsAConflict) {
  OddJobs odd;
  UseJobs(odd);
  const Answer answer = Put("/jobs/1/stop");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.error_code(), "UNEXPECTED_STATE_CONFLICT");
}

}  // namespace
}  // namespace tidemark::admin_api
