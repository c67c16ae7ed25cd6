// The contract: jobs, their events, and workers. Included by metadata_store_contract.h.
#pragma once

#include <limits>

#include <gmock/gmock.h>

#include "metadata_store_contract.h"

namespace tidemark::metadata_db {

TEST_P(MetadataStoreContract, ANewJobIsScheduledWithItsDescriptorAndOneEvent) {
  Must(store.RegisterWorker("node-1", "{}", Soon()));
  const JobDescriptor descriptor{.version = Version(),
                                 .end_block = {BlockNumber{18446744073709551615U}},
                                 .max_writers = 65535,
                                 .verify = true};
  const JobId id = Must(store.ScheduleJob("node-1", descriptor, Soon()));
  EXPECT_GT(id.value, 0);
  const auto job = Must(Read()->GetJob(id)).value();
  EXPECT_EQ(job.id, id);
  EXPECT_EQ(job.node_id, "node-1");
  EXPECT_EQ(job.status, JobStatus::kScheduled);
  EXPECT_EQ(job.created_at, clock.Now());
  EXPECT_EQ(job.updated_at, clock.Now());
  EXPECT_EQ(job.attempts, 1U);
  EXPECT_EQ(Must(ParseJobDescriptor(job.descriptor.value())), descriptor);

  const auto events = Must(Read()->ListJobEvents(id));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].job_id, id);
  EXPECT_EQ(events[0].node_id, "node-1");
  EXPECT_EQ(events[0].event_type, "SCHEDULED");
  EXPECT_EQ(events[0].created_at, clock.Now());
  EXPECT_EQ(events[0].detail, job.descriptor);
}

TEST_P(MetadataStoreContract, AJobNeedsAWorker) {
  EXPECT_EQ(CodeOf(store.ScheduleJob("nobody", Descriptor(Version()), Soon())), "not_found");
  Must(store.RegisterWorker("node-1", "{}", Soon()));
  EXPECT_EQ(CodeOf(store.ScheduleJob("NODE-1", Descriptor(Version()), Soon())), "not_found");
  EXPECT_TRUE(Must(Read()->ListJobs({})).empty());
}

TEST_P(MetadataStoreContract, EachVersionHasAJobOfItsOwn) {
  const JobId a = Schedule(Version('a'));
  const JobId b = Schedule(Version('b'));
  const JobId c = Schedule(Version('a', "sepolia"));
  EXPECT_EQ(std::set({a, b, c}).size(), 3U);
}

// Method: a version is deployed again, with the same and with another descriptor, once from each
// state of its job.
TEST_P(MetadataStoreContract, SchedulingAVersionAgainDependsOnTheStateOfItsJob) {
  using enum JobStatus;
  char digit = '0';
  Must(store.RegisterWorker("node-2", "{}", Soon()));
  for (const JobStatus status :
       {kScheduled, kRunning, kStopRequested, kStopping, kStopped, kCompleted, kError, kFatal}) {
    SCOPED_TRACE(ToString(status));
    const DatasetVersion version = Version(digit++);
    const JobId id = Schedule(version);
    MoveTo(id, status);
    const auto before = Must(Read()->GetJob(id)).value();
    const std::string dump = Dump();
    clock.Advance(std::chrono::seconds(7));
    JobDescriptor other = Descriptor(version);
    other.max_writers = 9;

    if (status == kStopRequested || status == kStopping) {
      EXPECT_EQ(CodeOf(store.ScheduleJob("node-2", Descriptor(version), Soon())), "conflict");
      EXPECT_EQ(CodeOf(store.ScheduleJob("node-2", other, Soon())), "conflict");
      EXPECT_EQ(Dump(), dump);
      continue;
    }
    if (!IsTerminal(status)) {
      EXPECT_EQ(Must(store.ScheduleJob("node-2", Descriptor(version), Soon())), id);
      EXPECT_EQ(CodeOf(store.ScheduleJob("node-2", other, Soon())), "conflict");
      EXPECT_EQ(Dump(), dump);
      continue;
    }
    EXPECT_EQ(Must(store.ScheduleJob("node-2", other, Soon())), id);
    const auto after = Must(Read()->GetJob(id)).value();
    EXPECT_EQ(after.status, kScheduled);
    EXPECT_EQ(after.node_id, "node-2");
    EXPECT_EQ(after.created_at, before.created_at);
    EXPECT_EQ(after.updated_at, clock.Now());
    EXPECT_EQ(after.attempts, before.attempts + 1);
    EXPECT_EQ(Must(ParseJobDescriptor(after.descriptor.value())), other);
    const auto events = Must(Read()->ListJobEvents(id));
    EXPECT_EQ(events.front().node_id, kNode) << "an event keeps the node of its time";
    EXPECT_EQ(events.back().node_id, "node-2");
    EXPECT_EQ(events.back().detail, after.descriptor);
  }
}

// Method: every transition is tried from every state, and the result held against amp-facts' table,
// written out here once more.
TEST_P(MetadataStoreContract, EveryTransitionFromEveryStateDoesWhatTheTableSays) {
  using enum JobStatus;
  using enum JobTransition;
  struct Edge {
    JobTransition transition;
    std::vector<JobStatus> from;
    JobStatus to;
  };
  const Edge edges[] = {
      {kStart, {kScheduled}, kRunning},
      {kRequestStop, {kScheduled, kRunning}, kStopRequested},
      {kBeginStop, {kStopRequested}, kStopping},
      {kFinishStop, {kStopping}, kStopped},
      {kComplete, {kRunning}, kCompleted},
      {kFail, {kScheduled, kRunning}, kError},
      {kFailForGood, {kScheduled, kRunning}, kFatal},
      {kRetry, {kError}, kScheduled},
      {kRestart, {kRunning}, kScheduled},
  };
  const std::vector<JobStatus> ignores_stop = {kStopRequested, kStopping, kStopped,
                                               kCompleted,     kError,    kFatal};
  const auto contains = [](const std::vector<JobStatus>& statuses, JobStatus status) {
    return std::ranges::find(statuses, status) != statuses.end();
  };
  int dataset = 0;
  for (const Edge& edge : edges) {
    const bool is_failure = edge.to == kError || edge.to == kFatal;
    const auto detail =
        is_failure ? std::optional<std::string>(R"({"error_code":"E"})") : std::nullopt;
    for (const JobStatus from :
         {kScheduled, kRunning, kStopRequested, kStopping, kStopped, kCompleted, kError, kFatal}) {
      SCOPED_TRACE(std::string(ToString(edge.transition)) + " from " + std::string(ToString(from)));
      const JobId id = Schedule(Version('a', "d" + std::to_string(dataset++)));
      MoveTo(id, from);
      const auto before = Must(Read()->GetJob(id)).value();
      const auto events_before = Must(Read()->ListJobEvents(id)).size();
      const std::string dump = Dump();
      clock.Advance(std::chrono::seconds(1));

      const Status moved = store.TransitionJob({id}, edge.transition, detail, Soon());
      if (contains(edge.from, from)) {
        ASSERT_EQ(CodeOf(moved), "ok");
        const auto after = Must(Read()->GetJob(id)).value();
        EXPECT_EQ(after.status, edge.to);
        EXPECT_EQ(after.created_at, before.created_at);
        EXPECT_EQ(after.updated_at, clock.Now());
        EXPECT_EQ(after.descriptor, before.descriptor);
        EXPECT_EQ(after.attempts, before.attempts + (edge.to == kScheduled ? 1U : 0U));
        const auto events = Must(Read()->ListJobEvents(id));
        ASSERT_EQ(events.size(), events_before + 1);
        EXPECT_EQ(events.back().event_type, ToString(edge.to));
        EXPECT_EQ(events.back().created_at, clock.Now());
        EXPECT_EQ(events.back().node_id, kNode);
        EXPECT_EQ(Json(events.back().detail),
                  Json(edge.to == kScheduled ? before.descriptor : detail));
      } else if (edge.transition == kRequestStop && contains(ignores_stop, from)) {
        EXPECT_EQ(CodeOf(moved), "ok");
        EXPECT_EQ(Dump(), dump);
      } else {
        ASSERT_EQ(CodeOf(moved), "conflict");
        EXPECT_THAT(moved.error().message, testing::HasSubstr(std::string(ToString(from))));
        EXPECT_EQ(Dump(), dump);
      }
    }
  }
}

TEST_P(MetadataStoreContract, ATransitionOfAJobThatDoesNotExistFails) {
  for (const std::int64_t id : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1},
                                std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(CodeOf(store.TransitionJob({{id}}, JobTransition::kStart, std::nullopt, Soon())),
              "not_found");
    EXPECT_EQ(
        CodeOf(store.TransitionJob({{id}}, JobTransition::kRequestStop, std::nullopt, Soon())),
        "not_found");
  }
}

TEST_P(MetadataStoreContract, OnlyFailuresCarryADetailAndTheyMust) {
  using enum JobTransition;
  const JobId id = Schedule(Version());
  const std::string dump = Dump();
  EXPECT_EQ(CodeOf(store.TransitionJob({id}, kFail, std::nullopt, Soon())), "invalid_argument");
  EXPECT_EQ(CodeOf(store.TransitionJob({id}, kFailForGood, std::nullopt, Soon())),
            "invalid_argument");
  EXPECT_EQ(CodeOf(store.TransitionJob({id}, kStart, "{}", Soon())), "invalid_argument");
  EXPECT_EQ(Dump(), dump);
}

TEST_P(MetadataStoreContract, ARetryKeepsTheNodeAndTheDescriptor) {
  const JobId id = Schedule(Version());
  const auto first = Must(Read()->GetJob(id)).value();
  MoveTo(id, JobStatus::kError);
  Move(id, JobTransition::kRetry);
  MoveTo(id, JobStatus::kError);
  Move(id, JobTransition::kRetry);
  const auto job = Must(Read()->GetJob(id)).value();
  EXPECT_EQ(job.status, JobStatus::kScheduled);
  EXPECT_EQ(job.node_id, first.node_id);
  EXPECT_EQ(job.descriptor, first.descriptor);
  EXPECT_EQ(job.attempts, 3U);
}

TEST_P(MetadataStoreContract, EventIdsGrowAcrossJobs) {
  const JobId a = Schedule(Version('a'));
  const JobId b = Schedule(Version('b'));
  Move(a, JobTransition::kStart);
  Move(b, JobTransition::kStart);
  const auto of_a = Must(Read()->ListJobEvents(a));
  const auto of_b = Must(Read()->ListJobEvents(b));
  ASSERT_EQ(of_a.size(), 2U);
  ASSERT_EQ(of_b.size(), 2U);
  EXPECT_LT(of_a[0].id, of_b[0].id);
  EXPECT_LT(of_b[0].id, of_a[1].id);
  EXPECT_LT(of_a[1].id, of_b[1].id);
}

TEST_P(MetadataStoreContract, JobsAreListedNewestFirstAndFiltered) {
  using enum JobStatus;
  Must(store.RegisterWorker("node-2", "{}", Soon()));
  const JobId a = Schedule(Version('a'));
  const JobId b = Must(store.ScheduleJob("node-2", Descriptor(Version('b')), Soon()));
  const JobId c = Schedule(Version('c'));
  const JobId d = Schedule(Version('d'));
  MoveTo(b, kRunning);
  MoveTo(c, kFatal);
  const auto ids = [&](const JobFilter& filter) {
    std::vector<JobId> found;
    for (const JobRow& job : Must(Read()->ListJobs(filter))) found.push_back(job.id);
    return found;
  };
  using Ids = std::vector<JobId>;
  EXPECT_EQ(ids({}), (Ids{d, c, b, a}));
  EXPECT_EQ(ids({.statuses = {{kRunning, kFatal}}}), (Ids{c, b}));
  EXPECT_EQ(ids({.statuses = {{kUnknown}}}), Ids{});
  EXPECT_EQ(ids({.statuses = std::vector<JobStatus>{}}), Ids{});
  EXPECT_EQ(ids({.node_id = "node-2"}), Ids{b});
  EXPECT_EQ(ids({.node_id = "node"}), Ids{});
  EXPECT_EQ(ids({.before = c}), (Ids{b, a}));
  EXPECT_EQ(ids({.before = a}), Ids{});
  EXPECT_EQ(ids({.before = JobId{std::numeric_limits<std::int64_t>::max()}}), (Ids{d, c, b, a}));
  EXPECT_EQ(ids({.limit = 2}), (Ids{d, c}));
  EXPECT_EQ(ids({.limit = 0}), Ids{});
  EXPECT_EQ(ids({.limit = std::numeric_limits<std::size_t>::max()}), (Ids{d, c, b, a}));
  EXPECT_EQ(ids({.statuses = {{kScheduled}}, .node_id = kNode, .before = d, .limit = 5}), Ids{a});
}

TEST_P(MetadataStoreContract, AWorkerRegistersBeatsAndRegistersAgain) {
  const UtcTime first = clock.Now();
  Must(store.RegisterWorker("b", R"({"version":"1"})", Soon()));
  Must(store.RegisterWorker("a", "{}", Soon()));
  clock.Advance(std::chrono::seconds(1));
  Must(store.Heartbeat("b", Soon()));
  auto workers = Must(Read()->ListWorkers());
  ASSERT_EQ(workers.size(), 2U);
  EXPECT_EQ(workers[0].node_id, "a");
  EXPECT_EQ(workers[0].heartbeat_at, first);
  EXPECT_EQ(workers[1].node_id, "b");
  EXPECT_EQ(workers[1].heartbeat_at, clock.Now());
  EXPECT_EQ(workers[1].registered_at, first);

  clock.Advance(std::chrono::seconds(1));
  Must(store.RegisterWorker("b", R"({"version":"2"})", Soon()));
  const auto again = Must(Read()->ListWorkers()).at(1);
  EXPECT_EQ(again.created_at, first);
  EXPECT_EQ(again.registered_at, clock.Now());
  EXPECT_EQ(again.heartbeat_at, clock.Now());
  EXPECT_EQ(Json(again.info), Json(R"({"version":"2"})"));
}

TEST_P(MetadataStoreContract, AHeartbeatOfAWorkerThatNeverRegisteredFails) {
  EXPECT_EQ(CodeOf(store.Heartbeat("ghost", Soon())), "not_found");
  EXPECT_TRUE(Must(Read()->ListWorkers()).empty());
}

}  // namespace tidemark::metadata_db
