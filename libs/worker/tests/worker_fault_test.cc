#include <chrono>
#include <map>
#include <random>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tidemark/base/log.h"
#include "world.h"

namespace tidemark::worker {
namespace {

using testing::Contains;
using testing::Not;

class WorkerFaultTest : public testing::Test {
 protected:
  WorkerFaultTest() { SetLogLevel(LogLevel::kOff); }
  ~WorkerFaultTest() override { world_.StopWorker(); }

  /// Syncs 20 blocks once for every call of a dependency, with that call failing, until a run ends
  /// before the call comes.
  template <class Dependency>
  static void FailEveryCallInTurn(Dependency dependency, std::uint64_t segment_blocks = 8) {
    for (std::uint64_t call = 1;; ++call) {
      SCOPED_TRACE(testing::Message() << "failing call " << call);
      ASSERT_LT(call, 500U) << "no run was clean";
      World world;
      world.options.segment_max_blocks = segment_blocks;
      world.chain.Extend(20);
      const JobId job = world.Deploy(End("19"));
      Faults& faults = dependency(world);
      faults.FailCalls(call, call);
      world.StartWorker();
      world.WaitForStatus(job, JobStatus::kCompleted);
      if (HasFatalFailure()) return;
      const bool was_clean = faults.calls() < call;
      world.StopWorker();
      world.ExpectSynced(19);
      EXPECT_THAT(world.EventTypes(job), Not(Contains("ERROR")));
      ExpectNoDouble(world);
      if (was_clean) return;
    }
  }

  static void ExpectNoDouble(World& world) {
    for (const EvmTable table : kEvmTables) {
      std::set<std::uint64_t> firsts;
      for (const auto& segment : world.Segments(std::string(ToString(table)))) {
        EXPECT_TRUE(firsts.insert(segment.metadata.ranges.front().blocks.first().value).second);
      }
    }
  }

  std::string ErrorCodeOf(JobId job, JobStatus type) {
    return nlohmann::json::parse(world_.EventDetail(job, type)).at("error_code");
  }

  World world_;
};

TEST_F(WorkerFaultTest, AnyOneFailureOfTheSourceIsSurvived) {
  FailEveryCallInTurn([](World& world) -> Faults& { return world.chain.source_faults; });
}

TEST_F(WorkerFaultTest, AnyOneFailureOfTheObjectStoreIsSurvived) {
  // Files are written in many small pieces: one file a table has enough calls.
  FailEveryCallInTurn([](World& world) -> Faults& { return world.objects.faults; }, 100);
}

TEST_F(WorkerFaultTest, AnyOneFailureOfTheDatabaseIsSurvived) {
  FailEveryCallInTurn([](World& world) -> Faults& { return world.metadata.faults; });
}

TEST_F(WorkerFaultTest, AnyOneLostAnswerOfTheDatabaseIsSurvived) {
  FailEveryCallInTurn([](World& world) -> Faults& { return world.metadata.lost_answers; });
}

TEST_F(WorkerFaultTest, ADatabaseThatIsGoneForAWhileStopsNothingForGood) {
  const JobId job = world_.FollowChain(20);
  world_.metadata.faults.FailAllCalls();
  world_.metadata.heartbeat_faults.FailAllCalls();
  world_.chain.Extend(10);
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return world_.metadata.faults.calls() > 20; }));
  EXPECT_EQ(world_.CanonicalEnd("blocks"), 19U);
  world_.metadata.faults.Heal();
  world_.metadata.heartbeat_faults.Heal();
  world_.WaitForHead();
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
  EXPECT_THAT(world_.EventTypes(job), Not(Contains("ERROR")));
}

TEST_F(WorkerFaultTest, AWorkerStopsWhileTheDatabaseIsGone) {
  world_.FollowChain(20);
  world_.metadata.faults.FailAllCalls();
  world_.chain.Extend(10);
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return world_.metadata.faults.calls() > 5; }));
  const auto begin = std::chrono::steady_clock::now();
  world_.StopWorker();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST_F(WorkerFaultTest, ASourceThatStaysAwayEndsInErrorAndIsTriedAgain) {
  world_.chain.Extend(20);
  const JobId job = world_.Deploy(End("19"));
  world_.chain.source_faults.FailAllCalls();
  world_.StartWorker();
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return world_.Job(job).attempts >= 3; }));
  EXPECT_EQ(ErrorCodeOf(job, JobStatus::kError), "LATEST_BLOCK");
  world_.chain.source_faults.Heal();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  world_.ExpectSynced(19);
}

TEST_F(WorkerFaultTest, WhatASourceGaveBeforeItFailedIsKept) {
  world_.chain.Extend(20);
  world_.chain.source_faults.FailCalls(4, UINT64_MAX);  // After the head, 0 to 6, and 7 to 13.
  const JobId job = world_.Deploy({});
  world_.StartWorker();
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return world_.Job(job).attempts >= 2; }));
  EXPECT_EQ(world_.CanonicalEnd("blocks"), 13U);
  EXPECT_EQ(world_.CanonicalEnd("logs"), 13U);
}

TEST_F(WorkerFaultTest, TheFailureOfARangeNamesItsBlocks) {
  world_.chain.Extend(20);
  const JobId job = world_.Deploy({});
  world_.objects.faults.FailAllCalls();
  world_.StartWorker();
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return world_.Job(job).attempts >= 2; }));
  const auto detail = nlohmann::json::parse(world_.EventDetail(job, JobStatus::kError));
  EXPECT_EQ(detail.at("error_code"), "PARTITION_TASK");
  EXPECT_EQ(detail.at("error_context").at("block_range_start"), 0);
  EXPECT_EQ(detail.at("error_context").at("block_range_end"), 19);
  EXPECT_GE(detail.at("error_context").at("attempt_index"), 1);
}

TEST_F(WorkerFaultTest, WhatNoRetryCanMendIsFatal) {
  world_.chain.Extend(20);
  world_.chain.source_faults.FailAllCalls(ErrorCode::kInvalidArgument);
  const JobId refused = world_.Deploy({}, "refused");
  world_.StartWorker();
  world_.WaitForStatus(refused, JobStatus::kFatal);
  EXPECT_EQ(ErrorCodeOf(refused, JobStatus::kFatal), "LATEST_BLOCK");

  world_.catalog.faults.FailAllCalls(ErrorCode::kNotFound);
  const JobId unknown = world_.Deploy({}, "unknown");
  world_.WaitForStatus(unknown, JobStatus::kFatal);
  EXPECT_EQ(ErrorCodeOf(unknown, JobStatus::kFatal), "GET_DATASET");

  world_.catalog.faults.FailAllCalls(ErrorCode::kInvalidArgument);
  const JobId derived = world_.Deploy({}, "derived");
  world_.WaitForStatus(derived, JobStatus::kFatal);
  EXPECT_EQ(ErrorCodeOf(derived, JobStatus::kFatal), "NOT_A_RAW_DATASET");
}

TEST_F(WorkerFaultTest, AnExceptionEndsItsJobAndNoOther) {
  world_.chain.Extend(20);
  const JobId sound = world_.Deploy({}, "sound");
  world_.StartWorker();
  world_.WaitForHead("sound");
  world_.catalog.throws = true;
  const JobId broken = world_.Deploy({}, "broken");
  world_.WaitForStatus(broken, JobStatus::kFatal);
  EXPECT_EQ(ErrorCodeOf(broken, JobStatus::kFatal), "PANIC");
  EXPECT_THAT(world_.EventDetail(broken, JobStatus::kFatal),
              testing::HasSubstr("thrown by the catalog"));
  world_.chain.Extend(5);
  world_.WaitForHead("sound");
  EXPECT_EQ(world_.Job(sound).status, JobStatus::kRunning);
}

// Another job has taken the tables over: this one must commit nothing more, say why, and wait as
// long as its back-off says before it tries again.
TEST_F(WorkerFaultTest, AJobThatHasLostItsTablesEndsInError) {
  world_.options.retry_base = std::chrono::hours(1'000);
  world_.options.retry_max = std::chrono::hours(1'000);
  const JobId job = world_.FollowChain(20);
  const auto segments = world_.Segments("blocks").size();
  world_.metadata.commit_faults.FailAllCalls(ErrorCode::kConflict);
  world_.chain.Extend(1);
  world_.WaitForStatus(job, JobStatus::kError);
  EXPECT_EQ(ErrorCodeOf(job, JobStatus::kError), "PARTITION_TASK");
  EXPECT_EQ(world_.metadata.commit_faults.calls(), 1U);
  EXPECT_EQ(world_.Segments("blocks").size(), segments);
  const std::uint64_t looks = world_.metadata.faults.calls();
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return world_.metadata.faults.calls() > looks + 5; }));
  EXPECT_EQ(world_.Job(job).status, JobStatus::kError);
}

// Method: by the number of its attempts it would wait for weeks.
TEST_F(WorkerFaultTest, ToBeTakenOnAnewIsNoFailure) {
  world_.options.retry_max = std::chrono::hours(1'000);
  world_.chain.Extend(20);
  const JobId job = world_.Deploy({});
  for (int i = 0; i < 50; ++i) {
    for (const auto transition :
         {metadata_db::JobTransition::kStart, metadata_db::JobTransition::kRestart}) {
      ASSERT_TRUE(
          world_.database->TransitionJob({job}, transition, std::nullopt, Deadline::Never()));
    }
  }
  world_.StartWorker();
  world_.WaitForHead();
  world_.metadata.commit_faults.FailAllCalls(ErrorCode::kConflict);
  world_.chain.Extend(1);
  world_.WaitForStatus(job, JobStatus::kError);
  world_.metadata.commit_faults.Heal();
  world_.WaitForHead();
}

TEST_F(WorkerFaultTest, AJobThatSomebodyElseHasEndedIsInterrupted) {
  world_.chain.Extend(20);
  world_.chain.hangs_in_fetch = true;
  const JobId job = world_.Deploy({});
  world_.StartWorker();
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return world_.chain.hanging > 0; }));
  ASSERT_TRUE(world_.database->TransitionJob({job}, metadata_db::JobTransition::kComplete,
                                             std::nullopt, Deadline::Never()));
  EXPECT_TRUE(world_.signal.WaitUntil([&] { return world_.chain.hanging == 0; }));
}

TEST_F(WorkerFaultTest, AJobThatSomebodyElseHasEndedIsLeftAndCanBeStartedAgain) {
  const JobId job = world_.FollowChain(20);
  ASSERT_TRUE(world_.database->TransitionJob({job}, metadata_db::JobTransition::kComplete,
                                             std::nullopt, Deadline::Never()));
  world_.Deploy({});
  world_.WaitForStatus(job, JobStatus::kRunning);
  world_.chain.Extend(3);
  world_.WaitForHead();
  ASSERT_TRUE(world_.database->TransitionJob({job}, metadata_db::JobTransition::kFail, "{}",
                                             Deadline::Never()));
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return world_.Job(job).attempts == 3; }));
  world_.WaitForStatus(job, JobStatus::kRunning);
  world_.chain.Extend(3);
  world_.WaitForHead();
}

TEST_F(WorkerFaultTest, ARowThatCannotBeReadNeitherStopsTheJobNorCounts) {
  const JobId job = world_.FollowChain(20);
  world_.StopWorker();
  const auto location = world_.Segments("blocks").front().file.location_id;
  ASSERT_TRUE(world_.database->CommitFiles({job},
                                           {{.location_id = location,
                                             .file_name = "broken.parquet",
                                             .metadata = R"({"ranges":"?"})",
                                             .object_size = 1,
                                             .object_e_tag = std::nullopt,
                                             .url = "memory:///x/",
                                             .footer = "PAR1"}},
                                           Deadline::Never()));
  world_.StartWorker();
  world_.chain.Extend(3);
  ASSERT_TRUE(world_.signal.WaitUntil([&] {
    return world_.metadata.lost_answers.calls() > 0 && world_.CanonicalEnd("logs") == 22U;
  }));
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
}

// Left by a worker that was gone before its commit, and of another branch by the time that the next
// one writes those blocks.
TEST_F(WorkerFaultTest, AnObjectThatNoRowNamesIsLeftAloneAndNotTakenForAFile) {
  world_.options.segment_max_blocks = 4;
  world_.chain.Extend(12);
  world_.metadata.commit_faults.FailAllCalls();
  const JobId job = world_.Deploy(End("11"));
  world_.StartWorker();
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return world_.metadata.commit_faults.calls() > 0; }));
  world_.StopWorker();
  std::map<std::string, std::string> orphans;
  const auto left = world_.objects.List("eth").value();
  for (const auto& object : left) {
    orphans.emplace(object.path, world_.objects.Read(object.path, UINT64_MAX).value());
  }
  ASSERT_EQ(orphans.size(), kEvmTables.size());

  world_.chain.Reorganise(12, 12);
  world_.metadata.commit_faults.Heal();
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  world_.StopWorker();
  world_.ExpectSynced(11);
  for (const auto& [path, bytes] : orphans) EXPECT_EQ(world_.objects.Read(path, UINT64_MAX), bytes);
  EXPECT_EQ(world_.objects.List("eth")->size(), orphans.size() + 3 * kEvmTables.size());
}

// The wall clock is what files are dated with and what heartbeats are measured by.
TEST_F(WorkerFaultTest, AClockThatJumpsLosesNothingAndDoublesNothing) {
  using std::chrono::hours;
  world_.options.segment_max_blocks = 3;
  const JobId job = world_.FollowChain(10);
  for (const hours by : {hours(-1), hours(25), hours(-48), hours(24 * 400), hours(-24 * 400)}) {
    SCOPED_TRACE(by.count());
    world_.clock.Jump(by);
    world_.chain.Extend(7);
    world_.WaitForHead();
    // Between a process and the next one, with a job that is RUNNING and one more commit to make.
    world_.StopWorker();
    world_.clock.Jump(-by);
    world_.chain.Extend(7);
    world_.StartWorker();
    world_.WaitForHead();
    world_.clock.Jump(by);
  }
  world_.StopWorker();
  world_.ExpectSynced(world_.chain.Head()->number.value);
  ExpectNoDouble(world_);
  EXPECT_THAT(world_.EventTypes(job), Not(Contains("ERROR")));
  for (const EvmTable table : kEvmTables) {
    const auto segments = world_.Segments(std::string(ToString(table)));
    for (std::size_t i = 1; i < segments.size(); ++i) {
      EXPECT_LT(segments[i - 1].metadata.created_at, segments[i].metadata.created_at);
    }
  }
}

// Method: the worker is destroyed after a random number of events, and a new one started on the
// same stores, while the chain grows and turns; fifty times.
TEST_F(WorkerFaultTest, NothingIsLostOrDoubledByKillingTheWorkerAtAnyMoment) {
  const int seed = GTEST_FLAG_GET(random_seed);
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  world_.options.segment_max_blocks = 3;
  world_.options.fetch_blocks = 2;
  world_.chain.Extend(10);
  world_.Deploy({});
  for (int round = 0; round < 50; ++round) {
    world_.StartWorker();
    world_.chain.Extend(2);
    if (round % 10 == 9) world_.chain.Reorganise(4, 5);
    const std::uint64_t end = world_.signal.events() + random() % 60;
    ASSERT_TRUE(world_.signal.WaitUntil([&] { return world_.signal.events() >= end; }));
    world_.StopWorker();
  }
  world_.StartWorker();
  world_.WaitForHead();
  world_.ExpectSynced(world_.chain.Head()->number.value);
}

}  // namespace
}  // namespace tidemark::worker
