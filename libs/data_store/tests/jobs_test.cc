#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_lake.h"

namespace tidemark::data_store {
namespace {

using metadata_db::JobTransition;
using std::chrono::nanoseconds;
using testing::HasSubstr;

const Deadline kNever = Deadline::Never();

class JobsTest : public testing::Test {
 protected:
  void RegisterWorkers(const std::vector<std::string>& node_ids) {
    for (const std::string& node_id : node_ids) {
      ASSERT_TRUE(lake_.memory->RegisterWorker(node_id, "{}", kNever));
    }
  }

  /// The node that a new dataset's job goes to.
  Result<std::string> Deploy(const std::optional<std::string>& worker_id) {
    const auto version = MakeVersion("dataset_" + std::to_string(++datasets_));
    TIDEMARK_TRY(const JobId id, lake_.jobs->Deploy(MakeDescriptor(version), worker_id, kNever));
    TIDEMARK_TRY(const auto job, lake_.jobs->Get(id, kNever));
    return job ? job->node_id : "no job";
  }

  void Move(JobTransition transition, const std::optional<std::string>& detail = std::nullopt) {
    const Status status = lake_.memory->TransitionJob({lake_.job}, transition, detail, kNever);
    ASSERT_TRUE(status) << status.error().message;
  }

  JobInfo GetJob() { return lake_.jobs->Get(lake_.job, kNever).value().value(); }

  DataLake lake_;  // Has a worker, "node", and a job on it.
  int datasets_ = 0;
};

TEST_F(JobsTest, DeployTakesTheWorkerWithThatNodeId) {
  RegisterWorkers({"node-1", "node-10", "NODE-1"});
  EXPECT_EQ(Deploy("node-1"), "node-1");
}

TEST_F(JobsTest, DeployTakesOnlyWorkersThatMatchThePattern) {
  RegisterWorkers({"eu-1", "eu-2", "us-1"});
  std::set<std::string> chosen;
  for (int i = 0; i < 60; ++i) chosen.insert(Deploy("eu-?").value());
  EXPECT_EQ(chosen, (std::set<std::string>{"eu-1", "eu-2"}));
}

TEST_F(JobsTest, DeploySpreadsJobsOverAllWorkersIfNoneIsAskedFor) {
  RegisterWorkers({"a", "b"});
  std::set<std::string> chosen;
  for (int i = 0; i < 100; ++i) chosen.insert(Deploy(std::nullopt).value());
  EXPECT_EQ(chosen, (std::set<std::string>{"a", "b", "node"}));
}

TEST_F(JobsTest, DeployTakesAWorkerUntilItsLastHeartbeatIsFiveSecondsOld) {
  lake_.clock.Advance(kWorkerTimeout - std::chrono::microseconds(1));
  EXPECT_EQ(Deploy("node"), "node");
  lake_.clock.Advance(std::chrono::microseconds(1));
  const auto too_late = Deploy("node");
  ASSERT_FALSE(too_late);
  EXPECT_EQ(too_late.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(too_late.error().message, HasSubstr("node"));
}

TEST_F(JobsTest, DeployPassesOverDeadWorkersThatMatch) {
  RegisterWorkers({"a-dead"});
  lake_.clock.Advance(kWorkerTimeout);
  RegisterWorkers({"a-live"});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Deploy("a-*"), "a-live");
}

TEST_F(JobsTest, DeployTakesAWorkerWhoseClockIsAhead) {
  lake_.clock.Advance(std::chrono::hours(1));
  RegisterWorkers({"ahead"});
  lake_.clock.Advance(-std::chrono::minutes(30));
  EXPECT_EQ(Deploy("ahead"), "ahead");
}

TEST_F(JobsTest, DeployFindsNobodyForAnEmptyPattern) {
  const auto nobody = Deploy("");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::kNotFound);
}

TEST_F(JobsTest, DeployOfAnActiveJobWithOtherArgumentsIsAConflict) {
  JobDescriptor other = MakeDescriptor(lake_.version);
  other.end_block.value = BlockNumber{7};
  const auto conflict = lake_.jobs->Deploy(other, std::nullopt, kNever);
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().code, ErrorCode::kConflict);
}

TEST_F(JobsTest, DeployAgainOfAnEndedJobKeepsItsId) {
  Move(JobTransition::kStart);
  Move(JobTransition::kComplete);
  EXPECT_EQ(lake_.jobs->Deploy(MakeDescriptor(lake_.version), std::nullopt, kNever), lake_.job);
  EXPECT_EQ(GetJob().status, JobStatus::kScheduled);
  EXPECT_EQ(GetJob().attempts, 2U);
}

TEST_F(JobsTest, GetIsAbsentForAnUnknownJob) {
  const auto job = lake_.jobs->Get(JobId{999}, kNever);
  ASSERT_TRUE(job);
  EXPECT_FALSE(job->has_value());
}

TEST_F(JobsTest, GetTellsWhatTheJobIsToDo) {
  const JobInfo job = GetJob();
  EXPECT_EQ(job.id, lake_.job);
  EXPECT_EQ(job.node_id, "node");
  EXPECT_EQ(job.status, JobStatus::kScheduled);
  EXPECT_EQ(job.created_at, lake_.clock.Now());
  EXPECT_EQ(job.updated_at, lake_.clock.Now());
  EXPECT_EQ(job.attempts, 1U);
  ASSERT_TRUE(job.descriptor);
  EXPECT_EQ(ParseJobDescriptor(*job.descriptor), MakeDescriptor(lake_.version));
  EXPECT_EQ(job.error, std::nullopt);
}

TEST_F(JobsTest, AFailedJobHasTheDetailOfItsNewestFailure) {
  Move(JobTransition::kFail, R"({"error_code":"FIRST"})");
  Move(JobTransition::kRetry);
  Move(JobTransition::kFail, R"({"error_code":"SECOND"})");
  ASSERT_TRUE(GetJob().error);
  EXPECT_THAT(*GetJob().error, HasSubstr("SECOND"));
  const auto listed = lake_.jobs->List({}, kNever);
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->front().error, GetJob().error);
}

TEST_F(JobsTest, AJobThatFailedForGoodHasTheDetailOfThatFailureOnly) {
  Move(JobTransition::kFail, R"({"error_code":"FIRST"})");
  Move(JobTransition::kRetry);
  Move(JobTransition::kFailForGood, R"({"error_code":"LAST"})");
  ASSERT_TRUE(GetJob().error);
  EXPECT_THAT(*GetJob().error, HasSubstr("LAST"));
}

TEST_F(JobsTest, AJobThatRunsAgainHasNoError) {
  Move(JobTransition::kFail, R"({"error_code":"FIRST"})");
  Move(JobTransition::kRetry);
  EXPECT_EQ(GetJob().error, std::nullopt);
}

TEST_F(JobsTest, AFailedJobWithoutAnEventOfThatStateHasNoError) {
  Move(JobTransition::kFail, R"({"error_code":"FIRST"})");
  lake_.hooks.edit_events = [](auto& events) { events.back().event_type = "FATAL"; };
  EXPECT_EQ(GetJob().error, std::nullopt);
}

TEST_F(JobsTest, AnOlderDetailDoesNotStandInForANewestFailureWithoutOne) {
  Move(JobTransition::kFail, R"({"error_code":"FIRST"})");
  Move(JobTransition::kRetry);
  Move(JobTransition::kFail, R"({"error_code":"SECOND"})");
  lake_.hooks.edit_events = [](auto& events) { events.back().detail = std::nullopt; };
  EXPECT_EQ(GetJob().error, std::nullopt);
}

TEST_F(JobsTest, ListIsNewestFirstAndGoesOnBeforeTheLastOneSeen) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Deploy(std::nullopt));
  const auto first = lake_.jobs->List({.statuses = std::nullopt, .before = {}, .limit = 2}, kNever);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->size(), 2U);
  EXPECT_GT((*first)[0].id, (*first)[1].id);
  const auto rest =
      lake_.jobs->List({.statuses = std::nullopt, .before = first->back().id, .limit = 50}, kNever);
  ASSERT_TRUE(rest);
  ASSERT_EQ(rest->size(), 3U);
  EXPECT_LT(rest->front().id, first->back().id);
  EXPECT_EQ(rest->back().id, lake_.job);
}

TEST_F(JobsTest, ListYieldsOnlyTheStatesAskedFor) {
  ASSERT_TRUE(Deploy(std::nullopt));
  Move(JobTransition::kStart);
  const JobQuery running{.statuses = std::vector{JobStatus::kRunning}, .before = {}, .limit = 50};
  const auto jobs = lake_.jobs->List(running, kNever);
  ASSERT_TRUE(jobs);
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ(jobs->front().id, lake_.job);

  const JobQuery none{.statuses = std::vector<JobStatus>(), .before = {}, .limit = 50};
  EXPECT_TRUE(lake_.jobs->List(none, kNever).value().empty());
}

TEST_F(JobsTest, StopAsksARunningJobToStop) {
  Move(JobTransition::kStart);
  EXPECT_TRUE(lake_.jobs->Stop(lake_.job, kNever));
  EXPECT_EQ(GetJob().status, JobStatus::kStopRequested);
  EXPECT_TRUE(lake_.jobs->Stop(lake_.job, kNever));
  EXPECT_EQ(GetJob().status, JobStatus::kStopRequested);
}

TEST_F(JobsTest, StopLeavesAnEndedJobAsItIs) {
  Move(JobTransition::kStart);
  Move(JobTransition::kComplete);
  EXPECT_TRUE(lake_.jobs->Stop(lake_.job, kNever));
  EXPECT_EQ(GetJob().status, JobStatus::kCompleted);
}

TEST_F(JobsTest, StopOfAnUnknownJobIsNotFound) {
  const Status stopped = lake_.jobs->Stop(JobId{999}, kNever);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kNotFound);
}

TEST_F(JobsTest, WorkersAreListedByNodeIdDeadOrAlive) {
  lake_.clock.Advance(std::chrono::hours(1));
  RegisterWorkers({"a"});
  const auto workers = lake_.jobs->ListWorkers(kNever);
  ASSERT_TRUE(workers);
  ASSERT_EQ(workers->size(), 2U);
  EXPECT_EQ((*workers)[0].node_id, "a");
  EXPECT_EQ((*workers)[0].heartbeat_at, lake_.clock.Now());
  EXPECT_EQ((*workers)[1].node_id, "node");
  EXPECT_EQ((*workers)[1].heartbeat_at, lake_.clock.Now() - std::chrono::hours(1));
}

}  // namespace
}  // namespace tidemark::data_store
