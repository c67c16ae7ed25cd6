// A job with several writers: its partitions are written side by side, and the holes between them
// are there until the last is done.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tidemark/base/log.h"
#include "tidemark/base/wait.h"
#include "world.h"

namespace tidemark::worker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <typename Condition>
void WaitWhile(const Condition& condition, const std::stop_token& stop) {
  while (condition() && !stop.stop_requested()) WaitFor(std::chrono::milliseconds(1), stop);
}

class WorkerPartitionsTest : public testing::Test {
 protected:
  WorkerPartitionsTest() {
    SetLogLevel(LogLevel::kOff);
    world_.options.partition_min_blocks = 5;
    world_.options.fetch_blocks = 5;
  }
  ~WorkerPartitionsTest() override { world_.StopWorker(); }

  JobId Deploy(std::uint16_t writers, const std::string& end) {
    return world_.DeployJob(
        {.version = MakeVersion("main"), .end_block = End(end), .max_writers = writers});
  }

  bool Has(std::uint64_t block) {
    return std::ranges::any_of(world_.Segments("logs"), [&](const StoredSegment& segment) {
      return segment.metadata.ranges.front().blocks.Contains(BlockNumber{block});
    });
  }

  /// Whoever fetches a range with this block waits until it is another one.
  static constexpr std::uint64_t kNoBlock = UINT64_MAX;
  void Hold(std::uint64_t block) {
    held_block_ = block;
    world_.chain.on_fetch = [this](BlockRange range, const std::stop_token& stop) {
      WaitWhile([&] { return range.Contains(BlockNumber{held_block_}); }, stop);
      return std::optional<Error>();
    };
  }
  void LetGo() { held_block_ = kNoBlock; }

  World world_;
  std::atomic<std::uint64_t> held_block_ = kNoBlock;
};

TEST_F(WorkerPartitionsTest, AsManyFetchAtOnceAsTheJobHasWriters) {
  world_.chain.Extend(100);
  world_.chain.hangs_in_fetch = true;
  Deploy(4, "99");
  world_.StartWorker();
  EXPECT_TRUE(world_.signal.WaitUntil([&] { return world_.chain.hanging == 4; }));
}

TEST_F(WorkerPartitionsTest, WhatTheFirstWriterLacksIsAHoleUntilItIsDone) {
  world_.chain.Extend(100);
  Hold(0);
  const JobId job = Deploy(3, "99");
  world_.StartWorker();
  EXPECT_TRUE(world_.signal.WaitUntil([&] { return Has(99); }));
  EXPECT_FALSE(Has(0));
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
  LetGo();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  world_.ExpectSynced(99);
  EXPECT_THAT(world_.EventTypes(job), ElementsAre("SCHEDULED", "RUNNING", "COMPLETED"));
}

TEST_F(WorkerPartitionsTest, AWorkerThatIsStoppedInAHoleWritesThatAloneWhenItIsBack) {
  world_.chain.Extend(100);
  Hold(40);
  const JobId job = Deploy(3, "99");
  world_.StartWorker();
  EXPECT_TRUE(world_.signal.WaitUntil([&] { return Has(99); }));
  world_.StopWorker();
  EXPECT_FALSE(Has(40));
  LetGo();
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  world_.ExpectSynced(99);
}

TEST_F(WorkerPartitionsTest, AReorganisationBehindAHoleIsRepaired) {
  world_.chain.Extend(100);
  Hold(20);
  const JobId job = Deploy(3, "99");
  world_.StartWorker();
  EXPECT_TRUE(world_.signal.WaitUntil([&] { return Has(99); }));
  world_.chain.Reorganise(60, 60);
  LetGo();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  world_.WaitForHead();
}

TEST_F(WorkerPartitionsTest, AnyOneFailureOfTheSourceIsSurvived) {
  for (std::uint64_t call = 1; call <= 26; ++call) {
    World world;
    world.options.partition_min_blocks = 5;
    world.options.fetch_blocks = 5;
    world.chain.Extend(100);
    world.chain.source_faults.FailCalls(call, call);
    const JobId job =
        world.DeployJob({.version = MakeVersion("main"), .end_block = End("99"), .max_writers = 3});
    world.StartWorker();
    world.WaitForStatus(job, JobStatus::kCompleted);
    world.ExpectSynced(99);
    ASSERT_FALSE(HasFailure()) << "call " << call << " failed";
  }
}

TEST_F(WorkerPartitionsTest, WhenOneFailsTheOthersEndWithWhatTheyHave) {
  world_.options.fetch_blocks = 2;
  world_.chain.Extend(100);
  std::atomic<bool> one_waits = false;
  world_.chain.on_fetch = [&](BlockRange range,
                              const std::stop_token& stop) -> std::optional<Error> {
    if (range.last().value < 2) return std::nullopt;
    if (range.first().value == 2) {
      one_waits = true;
      WaitWhile([] { return true; }, stop);
      return Error{ErrorCode::kUnavailable, "ended"};
    }
    WaitWhile([&] { return !one_waits; }, stop);
    return Error{ErrorCode::kInvalidArgument, "the cause"};
  };
  const JobId job = Deploy(2, "99");
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kFatal);
  EXPECT_THAT(world_.EventDetail(job, JobStatus::kFatal), HasSubstr("the cause"));
  EXPECT_TRUE(Has(1));
  EXPECT_FALSE(Has(2));
}

TEST_F(WorkerPartitionsTest, ThousandsOfWritersAreBounded) {
  world_.chain.Extend(1'000);
  std::atomic<int> writers = 0;
  std::atomic<int> most = 0;
  world_.chain.on_fetch = [&](BlockRange /*range*/, const std::stop_token& stop) {
    const int now = ++writers;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    WaitFor(std::chrono::milliseconds(2), stop);
    --writers;
    return std::optional<Error>();
  };
  const JobId job = Deploy(65'535, "999");
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  world_.ExpectSynced(999);
  EXPECT_GT(most, 4);
  EXPECT_LE(most, 32);
}

}  // namespace
}  // namespace tidemark::worker
