// The contract: deleted jobs, and what is asked of jobs, events and workers one by one. Included by
// metadata_store_contract.h.
#pragma once

#include <limits>
#include <thread>

#include <gmock/gmock.h>

#include "metadata_store_contract.h"

namespace tidemark::metadata_db {

inline constexpr JobStatus kStoredStatuses[] = {
    JobStatus::kScheduled, JobStatus::kRunning,   JobStatus::kStopRequested, JobStatus::kStopping,
    JobStatus::kStopped,   JobStatus::kCompleted, JobStatus::kError,         JobStatus::kFatal};

TEST_P(MetadataStoreContract, OnlyATerminalJobMayBeDeleted) {
  char digit = '0';
  for (const JobStatus status : kStoredStatuses) {
    SCOPED_TRACE(ToString(status));
    const JobId job = Schedule(Version(digit++));
    MoveTo(job, status);
    const std::string before = Dump();
    const Status deleted = store.DeleteJob(job, Soon());
    if (IsTerminal(status)) {
      EXPECT_EQ(CodeOf(deleted), "ok");
      EXPECT_EQ(Must(Read()->GetJob(job)), std::nullopt);
    } else {
      ASSERT_EQ(CodeOf(deleted), "conflict");
      EXPECT_THAT(deleted.error().message, testing::HasSubstr(std::string(ToString(status))));
      EXPECT_EQ(Dump(), before);
    }
  }
}

TEST_P(MetadataStoreContract, DeletingAJobThatIsNotThereSucceeds) {
  const JobId job = Schedule(Version());
  const std::string before = Dump();
  for (const std::int64_t id :
       {std::int64_t{0}, std::int64_t{-1}, job.value + 1, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_EQ(CodeOf(store.DeleteJob({id}, Soon())), "ok") << id;
  }
  EXPECT_EQ(Dump(), before);
  MoveTo(job, JobStatus::kStopped);
  Must(store.DeleteJob(job, Soon()));
  EXPECT_EQ(CodeOf(store.DeleteJob(job, Soon())), "ok");
}

TEST_P(MetadataStoreContract, ADeletedJobTakesItsEventsAndLeavesItsTables) {
  const JobId job = Schedule(Version());
  const JobId other = Schedule(Version('b'));
  const LocationId location = Acquire(Version(), job, "blocks");
  Acquire(Version(), job, "logs");
  const LocationId theirs = Acquire(Version('b', "other"), other, "blocks");
  Must(store.CommitFiles({job}, {File(location, "a"), File(location, "b")}, Soon()));
  MoveTo(job, JobStatus::kCompleted);
  const std::uint64_t number = NumberOf(Version(), "blocks");
  const std::uint64_t their_number = NumberOf(Version('b', "other"), "blocks");
  const auto event = Must(Read()->ListJobEvents(job)).at(0).id;
  Must(store.DeleteJob(job, Soon()));

  EXPECT_EQ(Must(Read()->GetJob(job)), std::nullopt);
  EXPECT_TRUE(Must(Read()->ListJobEvents(job)).empty());
  EXPECT_FALSE(Must(Read()->GetJobEvent(job, event)).has_value());
  EXPECT_TRUE(Must(Read()->ListTablesWrittenBy(job)).empty());
  EXPECT_TRUE(Must(Read()->ListJobsOfVersion(Version())).empty());
  for (const char* const table : {"blocks", "logs"}) {
    const auto row = Must(Read()->GetTable(Version(), table)).value();
    EXPECT_NE(row.active_revision, std::nullopt);
    EXPECT_EQ(row.writer, std::nullopt);
    EXPECT_EQ(row.writer_status, std::nullopt);
  }
  EXPECT_EQ(NumberOf(Version(), "blocks"), number + 1) << "losing its writer is one change";
  EXPECT_EQ(Must(Read()->ListFiles(location)).size(), 2U);
  EXPECT_EQ(Must(Read()->GetRevision(theirs))->writer, other);
  EXPECT_EQ(NumberOf(Version('b', "other"), "blocks"), their_number);
  EXPECT_EQ(Must(Read()->ListJobEvents(other)).size(), 1U);
}

TEST_P(MetadataStoreContract, NoIdIsUsedTwice) {
  Schedule(Version('a'));
  const JobId last = Schedule(Version('b'));
  MoveTo(last, JobStatus::kStopped);
  const auto last_event = Must(Read()->ListJobEvents(last)).back().id;
  Must(store.DeleteJob(last, Soon()));
  const JobId next = Schedule(Version('b'));
  EXPECT_GT(next, last);
  const auto events = Must(Read()->ListJobEvents(next));
  ASSERT_EQ(events.size(), 1U) << "none of the old job's";
  EXPECT_GT(events[0].id, last_event);
  EXPECT_EQ(Must(Read()->GetJob(next))->attempts, 1U);
}

TEST_P(MetadataStoreContract, ATableOfADeletedJobCanBeAcquiredByAnother) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  MoveTo(job, JobStatus::kFatal);
  Must(store.DeleteJob(job, Soon()));
  EXPECT_EQ(CodeOf(store.CommitFiles({job}, {File(location, "a")}, Soon())), "not_found");
  const JobId heir = Schedule(Version());
  EXPECT_EQ(Acquire(Version(), heir, "blocks"), location);
  EXPECT_EQ(CodeOf(store.CommitFiles({heir}, {File(location, "a")}, Soon())), "ok");
}

TEST_P(MetadataStoreContract, JobsAreDeletedByTheirStates) {
  using enum JobStatus;
  char digit = '0';
  std::map<JobStatus, JobId> jobs;
  for (const JobStatus status : kStoredStatuses) {
    const DatasetVersion version = Version(digit++);
    jobs[status] = Schedule(version);
    Must(store.AcquireTables(version, {jobs[status]}, {{"blocks", version.manifest_hash.hex}},
                             Soon()));
    MoveTo(jobs[status], status);
  }
  const std::string before = Dump();
  EXPECT_EQ(Must(store.DeleteJobs({}, Soon())), 0U);
  for (const JobStatus status : {kScheduled, kRunning, kStopRequested, kStopping, kUnknown}) {
    EXPECT_EQ(CodeOf(store.DeleteJobs({kStopped, status}, Soon())), "invalid_argument");
  }
  EXPECT_EQ(Dump(), before);

  EXPECT_EQ(Must(store.DeleteJobs({kCompleted, kFatal, kFatal}, Soon())), 2U);
  EXPECT_EQ(Must(store.DeleteJobs({kCompleted, kFatal}, Soon())), 0U);
  for (const auto& [status, id] : jobs) {
    const bool is_gone = status == kCompleted || status == kFatal;
    EXPECT_EQ(Must(Read()->GetJob(id)).has_value(), !is_gone) << ToString(status);
    EXPECT_EQ(Must(Read()->ListTablesWrittenBy(id)).size(), is_gone ? 0U : 1U);
  }
  EXPECT_EQ(Must(store.DeleteJobs({kStopped, kCompleted, kError, kFatal}, Soon())), 2U);
  EXPECT_EQ(Must(Read()->ListJobs({})).size(), 4U);
}

// Method: one thread deletes a stopped job while another schedules its version again. The job must
// be there or not, never in between.
TEST_P(MetadataStoreContract, ADeletionAndADeploymentAtOnceEndInOneOrTheOther) {
  for (int round = 0; round < 10; ++round) {
    const JobId job = Schedule(Version());
    MoveTo(job, JobStatus::kStopped);
    Status deleted;
    std::thread other([&] { deleted = store.DeleteJob(job, Soon()); });
    const JobId scheduled = Must(store.ScheduleJob(kNode, Descriptor(Version()), Soon()));
    other.join();
    EXPECT_EQ(CodeOf(deleted), scheduled == job ? "conflict" : "ok");
    EXPECT_EQ(StatusOf(scheduled), JobStatus::kScheduled);
    EXPECT_EQ(Must(Read()->ListJobs({})).size(), 1U);
    MoveTo(scheduled, JobStatus::kStopped);
    Must(store.DeleteJob(scheduled, Soon()));
  }
}

TEST_P(MetadataStoreContract, TheJobsOfAVersionAreThoseThatWereScheduledForIt) {
  const JobId job = Schedule(Version());
  const JobId sepolia = Schedule(Version('a', "sepolia"));
  Schedule(Version('b'));
  JobDescriptor derived = Descriptor(Version());
  derived.kind = JobKind::kMaterializeDerived;
  const JobId second = Must(store.ScheduleJob(kNode, derived, Soon()));
  ASSERT_NE(job, second);
  // Scheduled again, it is still one job, and by its first event the first.
  MoveTo(job, JobStatus::kError);
  Move(job, JobTransition::kRetry);
  const auto rows = Must(Read()->ListJobsOfVersion(Version()));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].id, job);
  EXPECT_EQ(rows[1].id, second);
  for (const JobRow& row : rows) EXPECT_EQ(Show(row), Show(Must(Read()->GetJob(row.id)).value()));
  const auto of_sepolia = Must(Read()->ListJobsOfVersion(Version('a', "sepolia")));
  ASSERT_EQ(of_sepolia.size(), 1U);
  EXPECT_EQ(of_sepolia[0].id, sepolia);
  EXPECT_TRUE(Must(Read()->ListJobsOfVersion(Version('c'))).empty());
}

TEST_P(MetadataStoreContract, AnEventIsFoundByItsJobAndItsId) {
  const JobId job = Schedule(Version());
  const JobId other = Schedule(Version('b'));
  MoveTo(job, JobStatus::kFatal);
  const auto events = Must(Read()->ListJobEvents(job));
  ASSERT_EQ(events.size(), 3U);
  for (const JobEventRow& event : events) {
    EXPECT_EQ(Show(Must(Read()->GetJobEvent(job, event.id)).value()), Show(event));
    EXPECT_FALSE(Must(Read()->GetJobEvent(other, event.id)).has_value()) << "another job's";
  }
  for (const std::int64_t id : {std::int64_t{0}, std::int64_t{-1}, events.back().id + 1,
                                std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_FALSE(Must(Read()->GetJobEvent(job, id)).has_value()) << id;
  }
}

TEST_P(MetadataStoreContract, AWorkerIsFoundByItsNodeId) {
  Must(store.RegisterWorker("a", R"({"version":"1"})", Soon()));
  clock.Advance(std::chrono::seconds(1));
  Must(store.RegisterWorker("b", "{}", Soon()));
  for (const WorkerRow& worker : Must(Read()->ListWorkers())) {
    EXPECT_EQ(Show(Must(Read()->GetWorker(worker.node_id)).value()), Show(worker));
  }
  EXPECT_FALSE(Must(Read()->GetWorker("A")).has_value());
  EXPECT_FALSE(Must(Read()->GetWorker("")).has_value());
}

}  // namespace tidemark::metadata_db
