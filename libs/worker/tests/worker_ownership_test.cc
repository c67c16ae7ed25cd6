// Several nodes and one database: who has a job, and what becomes of it when a node goes.
#include <atomic>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tidemark/base/log.h"
#include "tidemark/worker/worker.h"
#include "world.h"

namespace tidemark::worker {
namespace {

using metadata_db::JobTransition;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Deadline kNever = Deadline::Never();

class WorkerOwnershipTest : public testing::Test {
 protected:
  WorkerOwnershipTest() { SetLogLevel(LogLevel::kOff); }
  ~WorkerOwnershipTest() override { world_.StopWorker(); }

  void Register(const char* node) {
    ASSERT_TRUE(world_.database->RegisterWorker(node, "{}", kNever));
  }
  JobId ScheduleOn(const char* node, const EndBlock& end) {
    world_.options.node_id = node;
    return world_.Deploy(end);
  }

  World world_;
};

TEST_F(WorkerOwnershipTest, TakesOverAndFinishesTheJobOfANodeThatIsGone) {
  world_.chain.Extend(30);
  const JobId job = ScheduleOn("gone", End("24"));
  ASSERT_TRUE(world_.database->TransitionJob({job}, JobTransition::kStart, std::nullopt, kNever));
  world_.clock.Jump(world_.options.silence_limit + std::chrono::seconds(1));
  world_.options.node_id = "node";
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  world_.ExpectSynced(24);
  EXPECT_EQ(world_.Job(job).node_id, "node");
  EXPECT_THAT(world_.EventTypes(job),
              ElementsAre("SCHEDULED", "RUNNING", "SCHEDULED", "RUNNING", "COMPLETED"));
}

TEST_F(WorkerOwnershipTest, FinishesTheStopOfAJobWhoseNodeIsGone) {
  const JobId job = ScheduleOn("gone", {});
  world_.RequestStop(job);
  world_.clock.Jump(world_.options.silence_limit + std::chrono::seconds(1));
  world_.options.node_id = "node";
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kStopped);
}

TEST_F(WorkerOwnershipTest, AWorkerWhoseJobWasTakenOverLeavesItAlone) {
  const JobId job = world_.FollowChain(10);
  const std::size_t committed = world_.Segments("blocks").size();
  Register("heir");
  // Nobody is alive by this measure.
  constexpr metadata_db::SilenceLimit kNoPatience{-1'000};
  ASSERT_THAT(world_.database->TakeOverJobs("heir", kNoPatience, 9, kNever).value(),
              ElementsAre(job));
  world_.chain.Extend(10);
  const std::uint64_t calls = world_.metadata.faults.calls();
  EXPECT_TRUE(world_.signal.WaitUntil([&] { return world_.metadata.faults.calls() > calls + 20; }));
  EXPECT_EQ(world_.Segments("blocks").size(), committed);
  EXPECT_EQ(world_.Job(job).node_id, "heir");
  EXPECT_THAT(world_.EventTypes(job), ElementsAre("SCHEDULED", "RUNNING", "SCHEDULED"));
}

TEST_F(WorkerOwnershipTest, AJobThatAnotherWorkerTookOverIsToldAsLeftNotAsFailed) {
  world_.options.job_poll_interval = std::chrono::hours(1);  // It learns of it from its commit.
  const JobId job = world_.FollowChain(10);
  Register("heir");
  constexpr metadata_db::SilenceLimit kNoPatience{-1'000};
  ASSERT_THAT(world_.database->TakeOverJobs("heir", kNoPatience, 9, kNever).value(),
              ElementsAre(job));
  testing::internal::CaptureStderr();
  SetLogLevel(LogLevel::kInfo);
  const std::uint64_t writes = world_.metadata.lost_answers.calls();
  world_.chain.Extend(10);
  // The commit, and then the end of the run: both are refused.
  EXPECT_TRUE(
      world_.signal.WaitUntil([&] { return world_.metadata.lost_answers.calls() >= writes + 2; }));
  world_.StopWorker();
  SetLogLevel(LogLevel::kOff);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("level=info event=job_left job_id=1 dataset=eth/main attempt=1 "
                             "reason=\"job 1 has been scheduled anew, as attempt 2 on node heir"));
  EXPECT_THAT(log, Not(HasSubstr("job_failed")));
  EXPECT_THAT(log, Not(HasSubstr("job_round_failed")));
  EXPECT_THAT(world_.EventTypes(job), ElementsAre("SCHEDULED", "RUNNING", "SCHEDULED"));
}

TEST_F(WorkerOwnershipTest, AProcessThatFollowsAnotherOfItsNodeSchedulesTheJobAnew) {
  const JobId job = world_.FollowChain(10);
  world_.StopWorker();
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
  world_.chain.Extend(10);
  world_.StartWorker();
  world_.WaitForHead();
  EXPECT_EQ(world_.Job(job).attempts, 2U) << "the former process could still commit";
  world_.ExpectSynced(19);
}

TEST_F(WorkerOwnershipTest, AWorkerThatStopsHandsItsJobsOver) {
  const JobId job = world_.FollowChain(10);
  Register("heir");
  world_.StopWorker();
  EXPECT_EQ(world_.Job(job).node_id, "heir");
  EXPECT_EQ(world_.Job(job).status, JobStatus::kScheduled);
  EXPECT_THAT(world_.EventTypes(job), ElementsAre("SCHEDULED", "RUNNING", "SCHEDULED"));
}

TEST_F(WorkerOwnershipTest, AWorkerWhoseNodeIdAnotherProcessTookSaysSoOnceAndDoesNothingMore) {
  std::atomic<int> times = 0;
  world_.options.on_displaced = [&] {
    ++times;
    world_.signal.Notify();
  };
  const JobId job = world_.FollowChain(10);
  Register("heir");
  Register("node");
  EXPECT_TRUE(world_.signal.WaitUntil([&] { return times > 0; }));
  const std::size_t committed = world_.Segments("blocks").size();
  world_.chain.Extend(10);
  world_.StopWorker();
  EXPECT_EQ(times, 1);
  EXPECT_EQ(world_.Segments("blocks").size(), committed);
  // It is the other process's now: neither handed over nor touched.
  EXPECT_EQ(world_.Job(job).node_id, "node");
  EXPECT_THAT(world_.EventTypes(job), ElementsAre("SCHEDULED", "RUNNING"));
}

// A database that comes back from an outage on another server may have lost what it had confirmed.
TEST_F(WorkerOwnershipTest, BlocksThatADatabaseLostInAnOutageAreWrittenAgain) {
  world_.FollowChain(10);
  world_.metadata.loses_commits = true;
  world_.chain.Extend(10);
  EXPECT_TRUE(world_.signal.WaitUntil([&] { return world_.metadata.lost_commits > 0; }));
  world_.metadata.faults.FailAllCalls();
  EXPECT_TRUE(world_.signal.WaitUntil([&] { return world_.metadata.faults.calls() > 5; }));
  world_.metadata.loses_commits = false;
  world_.metadata.faults.Heal();
  world_.WaitForHead();
  world_.ExpectSynced(19);
}

}  // namespace
}  // namespace tidemark::worker
