// The contract: who may act for a job, and what becomes of the jobs of nodes that are gone.
// Included by metadata_store_contract.h.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "metadata_store_contract.h"

namespace tidemark::metadata_db {

inline constexpr SilenceLimit kSilence{10'000};

/// A job "d<i>" on the node for each state, in it.
inline std::map<JobStatus, JobId> JobInEachState(MetadataStoreContract& test) {
  std::map<JobStatus, JobId> jobs;
  for (const JobStatus status :
       {JobStatus::kScheduled, JobStatus::kRunning, JobStatus::kStopRequested, JobStatus::kStopping,
        JobStatus::kStopped, JobStatus::kCompleted, JobStatus::kError, JobStatus::kFatal}) {
    jobs[status] =
        test.Schedule(MetadataStoreContract::Version('a', "d" + std::to_string(jobs.size())));
    test.MoveTo(jobs[status], status);
  }
  return jobs;
}

TEST_P(MetadataStoreContract, AClaimOfAFormerAttemptChangesNothing) {
  const JobId job = Schedule(Version());
  Move(job, JobTransition::kStart);
  const LocationId location = Acquire(Version(), job, "blocks");
  const JobClaim old_claim{.job = job, .attempt = 1};
  Must(store.CommitFiles(old_claim, {File(location, "a")}, Soon()));
  Must(store.TransitionJob(old_claim, JobTransition::kRestart, std::nullopt, Soon()));
  const JobClaim claim{.job = job, .attempt = 2};
  const std::string dump = Dump();

  const auto committed = store.CommitFiles(old_claim, {File(location, "b")}, Soon());
  ASSERT_EQ(CodeOf(committed), "conflict");
  EXPECT_THAT(committed.error().message, testing::HasSubstr("as attempt 2 on node node-1"));
  EXPECT_EQ(CodeOf(store.CommitFiles(old_claim, {File(location, "a")}, Soon())), "conflict");
  EXPECT_EQ(CodeOf(store.CommitFiles(old_claim, {}, Soon())), "conflict");
  EXPECT_EQ(CodeOf(store.AcquireTables(Version(), old_claim, {{"logs", "p"}}, Soon())), "conflict");
  using enum JobTransition;
  for (const JobTransition transition : {kStart, kRequestStop, kRestart}) {
    EXPECT_EQ(CodeOf(store.TransitionJob(old_claim, transition, std::nullopt, Soon())), "conflict");
  }
  EXPECT_EQ(CodeOf(store.TransitionJob(old_claim, kFail, "{}", Soon())), "conflict");
  EXPECT_EQ(Dump(), dump);

  Must(store.TransitionJob(claim, kStart, std::nullopt, Soon()));
  EXPECT_EQ(CodeOf(store.TransitionJob(old_claim, kComplete, std::nullopt, Soon())), "conflict");
  Must(store.AcquireTables(Version(), claim, {{"logs", "p"}}, Soon()));
  Must(store.CommitFiles(claim, {File(location, "b")}, Soon()));
  // One from the future cannot be told from a forged one.
  EXPECT_EQ(CodeOf(store.CommitFiles({.job = job, .attempt = 3}, {File(location, "c")}, Soon())),
            "conflict");
  Must(store.TransitionJob({job}, kRequestStop, std::nullopt, Soon()));
}

TEST_P(MetadataStoreContract, AnAttemptIsFencedAlsoWhenTheJobIsDeployedAgainOnItsNode) {
  const JobId job = Schedule(Version());
  MoveTo(job, JobStatus::kStopped);
  EXPECT_EQ(Must(store.ScheduleJob(kNode, Descriptor(Version()), Soon())), job);
  EXPECT_EQ(CodeOf(store.TransitionJob({job, 1}, JobTransition::kStart, std::nullopt, Soon())),
            "conflict");
  Must(store.TransitionJob({job, 2}, JobTransition::kStart, std::nullopt, Soon()));
}

TEST_P(MetadataStoreContract, JobsOfANodeThatIsGoneAreTakenOver) {
  const auto jobs = JobInEachState(*this);
  const auto descriptor = Must(Read()->GetJob(jobs.at(JobStatus::kRunning))).value().descriptor;
  clock.Advance(kSilence);
  Must(store.RegisterWorker("node-2", "{}", Soon()));
  const std::string dump = Dump();
  EXPECT_TRUE(Must(store.TakeOverJobs("node-2", kSilence, 100, Soon())).empty());
  EXPECT_EQ(Dump(), dump) << "at the limit it is not gone";

  clock.Advance(std::chrono::milliseconds(1));
  using enum JobStatus;
  EXPECT_THAT(Must(store.TakeOverJobs("node-2", kSilence, 100, Soon())),
              testing::ElementsAre(jobs.at(kScheduled), jobs.at(kRunning), jobs.at(kStopRequested),
                                   jobs.at(kStopping), jobs.at(kError)));
  for (const auto& [before, id] : jobs) {
    SCOPED_TRACE(ToString(before));
    const JobRow job = Must(Read()->GetJob(id)).value();
    const JobEventRow last = Must(Read()->ListJobEvents(id)).back();
    switch (before) {
      case kScheduled:
      case kRunning:
      case kError:
        EXPECT_EQ(job.status, kScheduled);
        EXPECT_EQ(job.node_id, "node-2");
        EXPECT_EQ(job.attempts, 2U);
        EXPECT_EQ(Json(job.descriptor).at("end_block"), Json(descriptor).at("end_block"));
        EXPECT_EQ(last.event_type, "SCHEDULED");
        EXPECT_EQ(last.node_id, "node-2");
        break;
      case kStopRequested:
      case kStopping:
        EXPECT_EQ(job.status, kStopped);
        EXPECT_EQ(job.node_id, "node-2");
        EXPECT_EQ(job.attempts, 1U);
        EXPECT_EQ(last.event_type, "STOPPED");
        EXPECT_FALSE(last.detail);
        break;
      default:
        EXPECT_EQ(job.status, before);
        EXPECT_EQ(job.node_id, kNode);
        EXPECT_EQ(job.attempts, 1U);
    }
  }
  EXPECT_TRUE(Must(store.TakeOverJobs("node-2", kSilence, 100, Soon())).empty());
}

TEST_P(MetadataStoreContract, AJobThatWasTakenOverIsLostToItsFormerNode) {
  const JobId job = Schedule(Version());
  Move(job, JobTransition::kStart);
  const LocationId location = Acquire(Version(), job, "blocks");
  clock.Advance(kSilence * 2);
  Must(store.RegisterWorker("node-2", "{}", Soon()));
  ASSERT_THAT(Must(store.TakeOverJobs("node-2", kSilence, 1, Soon())), testing::ElementsAre(job));
  Must(store.Heartbeat(kNode, Soon()));  // It was not gone after all.
  EXPECT_EQ(CodeOf(store.CommitFiles({job, 1}, {File(location, "a")}, Soon())), "conflict");
  EXPECT_EQ(CodeOf(store.TransitionJob({job, 1}, JobTransition::kFail, "{}", Soon())), "conflict");
  Must(store.TransitionJob({job, 2}, JobTransition::kStart, std::nullopt, Soon()));
  Must(store.CommitFiles({job, 2}, {File(location, "a")}, Soon()));
  EXPECT_TRUE(Must(store.TakeOverJobs(kNode, kSilence, 1, Soon())).empty());
}

TEST_P(MetadataStoreContract, NoMoreJobsAreTakenOverThanAskedForTheOldestFirst) {
  std::vector<JobId> jobs;
  for (const char digit : {'a', 'b', 'c'}) jobs.push_back(Schedule(Version(digit)));
  clock.Advance(kSilence * 2);
  Must(store.RegisterWorker("node-2", "{}", Soon()));
  const std::string dump = Dump();
  EXPECT_TRUE(Must(store.TakeOverJobs("node-2", kSilence, 0, Soon())).empty());
  EXPECT_EQ(Dump(), dump);
  EXPECT_THAT(Must(store.TakeOverJobs("node-2", kSilence, 2, Soon())),
              testing::ElementsAre(jobs[0], jobs[1]));
  EXPECT_THAT(Must(store.TakeOverJobs("node-2", kSilence, 2, Soon())),
              testing::ElementsAre(jobs[2]));
}

TEST_P(MetadataStoreContract, AHeartbeatFromTheFarFutureDoesNotKeepANodeAlive) {
  const JobId job = Schedule(Version());
  clock.Advance(-kSilence);  // Somebody sets it right.
  Must(store.RegisterWorker("node-2", "{}", Soon()));
  EXPECT_TRUE(Must(store.TakeOverJobs("node-2", kSilence, 9, Soon())).empty());
  clock.Advance(-std::chrono::milliseconds(1));
  EXPECT_THAT(Must(store.TakeOverJobs("node-2", kSilence, 9, Soon())), testing::ElementsAre(job));
}

TEST_P(MetadataStoreContract, ANodeTakesNothingOverFromItselfNorWithoutHavingRegistered) {
  Schedule(Version());
  clock.Advance(kSilence * 2);
  EXPECT_TRUE(Must(store.TakeOverJobs(kNode, kSilence, 9, Soon())).empty());
  EXPECT_EQ(CodeOf(store.TakeOverJobs("node-2", kSilence, 9, Soon())), "not_found");
}

TEST_P(MetadataStoreContract, JobsAreHandedOverToTheNodesThatAreThere) {
  Must(store.RegisterWorker("long gone", "{}", Soon()));
  clock.Advance(kSilence * 2);
  const auto jobs = JobInEachState(*this);
  const std::string dump = Dump();
  EXPECT_TRUE(Must(store.HandOverJobs(kNode, kSilence, Soon())).empty());
  EXPECT_EQ(Dump(), dump) << "there is nobody to take them";

  Must(store.RegisterWorker("node-2", "{}", Soon()));
  Must(store.RegisterWorker("node-3", "{}", Soon()));
  using enum JobStatus;
  EXPECT_THAT(Must(store.HandOverJobs(kNode, kSilence, Soon())),
              testing::ElementsAre(jobs.at(kScheduled), jobs.at(kRunning), jobs.at(kError)));
  for (const auto& [before, id] : jobs) {
    SCOPED_TRACE(ToString(before));
    const JobRow job = Must(Read()->GetJob(id)).value();
    const bool has_moved = before == kScheduled || before == kRunning || before == kError;
    EXPECT_EQ(job.status, has_moved ? kScheduled : before);
    EXPECT_EQ(job.attempts, has_moved ? 2U : 1U);
    const std::string heir = id.value % 2 == 0 ? "node-2" : "node-3";
    EXPECT_EQ(job.node_id, has_moved ? heir : kNode);
  }
  EXPECT_TRUE(Must(store.HandOverJobs("nobody", kSilence, Soon())).empty());
}

TEST_P(MetadataStoreContract, ARegistrationIsLaterThanTheOneBeforeEvenIfTheClockIsNot) {
  const UtcTime now = clock.Now();
  clock.Advance(std::chrono::nanoseconds(567));  // More than databases keep.
  const UtcTime first = Must(store.RegisterWorker("w", "{}", Soon()));
  EXPECT_EQ(first, now);
  EXPECT_EQ(Must(Read()->GetWorker("w")).value().registered_at, first);
  const UtcTime second = Must(store.RegisterWorker("w", "{}", Soon()));
  EXPECT_EQ(second, first + std::chrono::microseconds(1));
  clock.Advance(-std::chrono::hours(1));
  const UtcTime third = Must(store.RegisterWorker("w", "{}", Soon()));
  EXPECT_EQ(third, second + std::chrono::microseconds(1));
  const WorkerRow row = Must(Read()->GetWorker("w")).value();
  EXPECT_EQ(row.registered_at, third);
  EXPECT_EQ(row.heartbeat_at, now - std::chrono::hours(1));
  Must(store.Heartbeat("w", Soon()));
  EXPECT_EQ(Must(Read()->GetWorker("w")).value().registered_at, third);
}

// Method: two nodes take the jobs of a third over at once, each as often as there are jobs. Each
// job must go to one of them, and be scheduled anew once.
TEST_P(MetadataStoreContract, TwoNodesThatTakeOverAtOnceShareTheJobs) {
  std::vector<JobId> jobs;
  for (int i = 0; i < 16; ++i) jobs.push_back(Schedule(Version('a', "d" + std::to_string(i))));
  clock.Advance(kSilence * 2);
  Must(store.RegisterWorker("node-2", "{}", Soon()));
  Must(store.RegisterWorker("node-3", "{}", Soon()));
  std::atomic<std::size_t> taken = 0;
  const auto take = [&](const char* node) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      taken += Must(store.TakeOverJobs(node, kSilence, 1, Soon())).size();
    }
  };
  std::thread other(take, "node-2");
  take("node-3");
  other.join();
  EXPECT_EQ(taken, jobs.size());
  for (const JobId id : jobs) EXPECT_EQ(Must(Read()->GetJob(id)).value().attempts, 2U);
}

}  // namespace tidemark::metadata_db
