// What became of a job: its events, the jobs of a version, and how jobs go away.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_lake.h"

namespace tidemark::data_store {
namespace {

using metadata_db::JobTransition;
using testing::HasSubstr;

const Deadline kNever = Deadline::Never();

class JobsLifeTest : public testing::Test {
 protected:
  Result<JobId> Deploy(std::string_view dataset) {
    return lake_.jobs->Deploy(MakeDescriptor(MakeVersion(dataset)), std::nullopt, kNever);
  }
  void Move(JobTransition transition, const std::optional<std::string>& detail = std::nullopt) {
    const Status status = lake_.memory->TransitionJob({lake_.job}, transition, detail, kNever);
    ASSERT_TRUE(status) << status.error().message;
  }

  DataLake lake_;  // Has a worker, "node", and a job on it.
};

TEST_F(JobsLifeTest, EventsTellTheWholeLifeOfAJobOldestFirst) {
  Move(JobTransition::kStart);
  Move(JobTransition::kFail, R"({"error_code":"FIRST"})");
  Move(JobTransition::kRetry);
  const auto events = lake_.jobs->ListEvents(lake_.job, kNever);
  ASSERT_TRUE(events && *events);
  std::vector<std::string> types;
  std::int64_t last_id = 0;
  for (const JobEvent& event : **events) {
    types.push_back(event.type);
    EXPECT_GT(event.id, last_id);
    EXPECT_EQ(event.job_id, lake_.job);
    EXPECT_EQ(event.node_id, "node");
    EXPECT_EQ(lake_.jobs->GetEvent(lake_.job, event.id, kNever).value().value().type, event.type);
    last_id = event.id;
  }
  EXPECT_EQ(types, (std::vector<std::string>{"SCHEDULED", "RUNNING", "ERROR", "SCHEDULED"}));
  EXPECT_THAT((**events)[2].detail.value(), HasSubstr("FIRST"));
  EXPECT_EQ((**events)[1].detail, std::nullopt);
}

TEST_F(JobsLifeTest, AnUnknownJobAndAJobWithoutThatEventAreTwoThings) {
  EXPECT_EQ(lake_.jobs->ListEvents(JobId{999}, kNever).value(), std::nullopt);
  const auto no_job = lake_.jobs->GetEvent(JobId{999}, 1, kNever);
  ASSERT_FALSE(no_job);
  EXPECT_EQ(no_job.error().code, ErrorCode::kNotFound);
  const auto no_event = lake_.jobs->GetEvent(lake_.job, 999, kNever);
  ASSERT_TRUE(no_event);
  EXPECT_EQ(*no_event, std::nullopt);
}

TEST_F(JobsLifeTest, AnEventOfAnotherJobIsNotThisJobs) {
  const auto event = lake_.jobs->ListEvents(lake_.job, kNever).value().value().front();
  const auto other = Deploy("other");
  ASSERT_TRUE(other);
  EXPECT_EQ(lake_.jobs->GetEvent(*other, event.id, kNever).value(), std::nullopt);
}

TEST_F(JobsLifeTest, AJobIsListedOnceForItsVersionHoweverOftenItWasScheduled) {
  ASSERT_TRUE(Deploy("other"));
  for (int i = 0; i < 3; ++i) {
    Move(JobTransition::kFail, "{}");
    Move(JobTransition::kRetry);
  }
  const auto jobs = lake_.jobs->ListOfVersion(lake_.version, kNever);
  ASSERT_TRUE(jobs);
  ASSERT_EQ(jobs->size(), 1U);
  EXPECT_EQ(jobs->front().id, lake_.job);
  EXPECT_EQ(jobs->front().attempts, 4U);
  EXPECT_TRUE(lake_.jobs->ListOfVersion(MakeVersion("nobody"), kNever).value().empty());
}

TEST_F(JobsLifeTest, OnlyAJobThatHasEndedIsDeleted) {
  const Status active = lake_.jobs->Delete(lake_.job, kNever);
  ASSERT_FALSE(active);
  EXPECT_EQ(active.error().code, ErrorCode::kConflict);
  Move(JobTransition::kStart);
  Move(JobTransition::kComplete);
  EXPECT_TRUE(lake_.jobs->Delete(lake_.job, kNever));
  EXPECT_EQ(lake_.jobs->Get(lake_.job, kNever).value(), std::nullopt);
  EXPECT_EQ(lake_.jobs->ListEvents(lake_.job, kNever).value(), std::nullopt);
  EXPECT_TRUE(lake_.jobs->Delete(lake_.job, kNever));  // Nothing left to do.
}

TEST_F(JobsLifeTest, DeleteAllTakesTheStatesAskedForAndNoOthers) {
  ASSERT_TRUE(Deploy("third"));
  Move(JobTransition::kFailForGood, "{}");
  EXPECT_EQ(lake_.jobs->DeleteAll({JobStatus::kCompleted, JobStatus::kError}, kNever), 0U);
  EXPECT_EQ(lake_.jobs->DeleteAll({JobStatus::kFatal}, kNever), 1U);
  EXPECT_EQ(lake_.jobs->List({}, kNever).value().size(), 1U);
  EXPECT_FALSE(lake_.jobs->DeleteAll({JobStatus::kRunning}, kNever));
}

TEST_F(JobsLifeTest, AWorkerIsFoundByItsWholeNodeId) {
  ASSERT_TRUE(lake_.memory->RegisterWorker("node-1", R"({"version":"1"})", kNever));
  const auto worker = lake_.jobs->GetWorker("node-1", kNever);
  ASSERT_TRUE(worker && *worker);
  EXPECT_EQ((*worker)->info, R"({"version":"1"})");
  EXPECT_EQ((*worker)->registered_at, lake_.clock.Now());
  for (const std::string unknown : {"node-*", "node-", "NODE-1", ""}) {
    EXPECT_FALSE(lake_.jobs->GetWorker(unknown, kNever).value()) << unknown;
  }
}

}  // namespace
}  // namespace tidemark::data_store
