#include "tidemark/worker/worker.h"

#include <chrono>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tidemark/base/log.h"
#include "tidemark/base/random.h"
#include "tidemark/object_store/local_store.h"
#include "world.h"

namespace tidemark::worker {
namespace {

using std::chrono::steady_clock;
using testing::ElementsAre;

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() { SetLogLevel(LogLevel::kOff); }
  ~WorkerTest() override { world_.StopWorker(); }

  World world_;
};

TEST_F(WorkerTest, WritesTheChainUpToTheEndBlockAndCompletes) {
  world_.chain.Extend(60);
  const JobId job = world_.Deploy(End("49"));
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  world_.ExpectSynced(49);
  EXPECT_THAT(world_.EventTypes(job), ElementsAre("SCHEDULED", "RUNNING", "COMPLETED"));
}

TEST_F(WorkerTest, BeginsAtTheStartBlock) {
  world_.catalog.start_block = BlockNumber{11};
  world_.chain.Extend(30);
  const JobId job = world_.Deploy(End("20"));
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  world_.ExpectSynced(20);
}

TEST_F(WorkerTest, LatestIsTheHeadAtTheStart) {
  world_.chain.Extend(20);
  const JobId job = world_.Deploy(End("latest"));
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  world_.ExpectSynced(19);
}

TEST_F(WorkerTest, MinusNIsThatManyBlocksBeforeTheHead) {
  world_.chain.Extend(20);
  const JobId job = world_.Deploy(End("-5"));
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  world_.ExpectSynced(14);
}

TEST_F(WorkerTest, LatestOfAChainWithoutBlocksIsCompleteAtOnce) {
  const JobId job = world_.Deploy(End("latest"));
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  EXPECT_TRUE(world_.Segments("blocks").empty());
}

TEST_F(WorkerTest, AnEndBeforeTheStartIsFatal) {
  world_.catalog.start_block = BlockNumber{10};
  world_.chain.Extend(20);
  const JobId job = world_.Deploy(End("9"));
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kFatal);
  const auto detail = nlohmann::json::parse(world_.EventDetail(job, JobStatus::kFatal));
  EXPECT_EQ(detail.at("error_code"), "INVALID_END_BLOCK");
  EXPECT_EQ(detail.at("error_context").at("attempt_index"), 1);
  EXPECT_EQ(detail.at("error_context").at("dataset"), "eth/main");
}

TEST_F(WorkerTest, AnEndAboveTheHeadWaitsForTheChain) {
  world_.chain.Extend(10);
  const JobId job = world_.Deploy(End("15"));
  world_.StartWorker();
  world_.WaitForHead();
  world_.chain.Extend(10);
  world_.WaitForStatus(job, JobStatus::kCompleted);
  world_.ExpectSynced(15);
}

TEST_F(WorkerTest, FollowsTheHeadFromAnEmptyChainOn) {
  const JobId job = world_.Deploy({});
  world_.StartWorker();
  world_.WaitForSourceCalls(3);
  for (int i = 0; i < 10; ++i) {
    world_.chain.Extend(static_cast<std::uint64_t>(1 + i % 3));
    world_.WaitForHead();
  }
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
  world_.ExpectSynced(world_.chain.Head()->number.value);
}

TEST_F(WorkerTest, AllTablesAdvanceInOneCommit) {
  world_.options.segment_max_blocks = 4;
  world_.chain.Extend(10);
  const JobId job = world_.Deploy(End("9"));
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  for (const char* table : {"blocks", "transactions", "logs"}) {
    std::vector<std::uint64_t> ends;
    for (const auto& segment : world_.Segments(table)) {
      ends.push_back(segment.metadata.ranges.front().blocks.last().value);
    }
    EXPECT_THAT(ends, ElementsAre(3, 7, 9)) << table;
  }
}

TEST_F(WorkerTest, FilesAreClosedByAge) {
  world_.options.segment_max_age = std::chrono::milliseconds(0);
  world_.chain.Extend(5);
  const JobId job = world_.Deploy(End("4"));
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  EXPECT_EQ(world_.Segments("logs").size(), 5U);
  world_.ExpectSynced(4);
}

TEST_F(WorkerTest, EveryRowHasItsFileInALocalFolder) {
  const auto folder = std::filesystem::path(testing::TempDir()) / fmt::format("{}", RandomU64());
  const auto local = *object_store::OpenLocalStore(folder);
  world_.chain.Extend(10);
  const JobId job = world_.Deploy(End("9"));
  auto worker =
      Worker::Start(world_.options, world_.metadata, *local, world_.catalog, world_.clock);
  ASSERT_TRUE(worker);
  world_.WaitForStatus(job, JobStatus::kCompleted);
  worker->reset();
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(files, 3U);
  for (const char* table : {"blocks", "transactions", "logs"}) {
    for (const auto& segment : world_.Segments(table)) {
      const auto url = segment.file.url + segment.file.file_name;
      ASSERT_TRUE(url.starts_with("file://")) << url;
      EXPECT_EQ(static_cast<std::int64_t>(std::filesystem::file_size(url.substr(7))),
                segment.file.object_size);
    }
  }
  std::filesystem::remove_all(folder);
}

TEST_F(WorkerTest, AStoppedJobGoesOnWhereItWasWithoutAHoleOrADouble) {
  const JobId job = world_.FollowChain(20);
  world_.RequestStop(job);
  world_.WaitForStatus(job, JobStatus::kStopped);
  const auto before = world_.Segments("blocks").size();
  world_.chain.Extend(20);
  EXPECT_EQ(world_.Deploy({}), job);
  world_.WaitForHead();
  EXPECT_THAT(world_.EventTypes(job), ElementsAre("SCHEDULED", "RUNNING", "STOP_REQUESTED",
                                                  "STOPPING", "STOPPED", "SCHEDULED", "RUNNING"));
  // Whatever was there before was not written again.
  std::uint64_t blocks = 0;
  for (const auto& segment : world_.Segments("blocks")) {
    const BlockRange range = segment.metadata.ranges.front().blocks;
    blocks += range.last().value - range.first().value + 1;
  }
  EXPECT_EQ(blocks, 40U);
  EXPECT_GT(world_.Segments("blocks").size(), before);
}

TEST_F(WorkerTest, AStoppedWorkerLeavesItsJobRunningAndANewOneGoesOn) {
  const JobId job = world_.FollowChain(20);
  world_.StopWorker();
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
  world_.chain.Extend(7);
  world_.StartWorker();
  world_.WaitForHead();
  world_.ExpectSynced(26);
}

TEST_F(WorkerTest, AJobThatADeadWorkerWasStoppingIsStopped) {
  const JobId requested = world_.Deploy({}, "requested");
  world_.RequestStop(requested);
  const JobId stopping = world_.Deploy({}, "stopping");
  world_.RequestStop(stopping);
  ASSERT_TRUE(world_.database->TransitionJob({stopping}, metadata_db::JobTransition::kBeginStop,
                                             std::nullopt, Deadline::Never()));
  world_.StartWorker();
  world_.WaitForStatus(requested, JobStatus::kStopped);
  world_.WaitForStatus(stopping, JobStatus::kStopped);
}

TEST_F(WorkerTest, AHangingSourceDoesNotHoldUpAStop) {
  world_.chain.Extend(20);
  world_.chain.hangs_in_fetch = true;
  const JobId job = world_.Deploy({});
  world_.StartWorker();
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return world_.chain.hanging > 0; }));
  const auto begin = steady_clock::now();
  world_.RequestStop(job);
  world_.WaitForStatus(job, JobStatus::kStopped);
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(1));
  EXPECT_EQ(world_.chain.hanging, 0);
}

TEST_F(WorkerTest, AHangingSourceDoesNotHoldUpTheEndOfTheWorker) {
  world_.chain.Extend(20);
  world_.chain.hangs_in_fetch = true;
  const JobId job = world_.Deploy({});
  world_.StartWorker();
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return world_.chain.hanging > 0; }));
  const auto begin = steady_clock::now();
  world_.StopWorker();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(1));
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
}

TEST_F(WorkerTest, LongWaitsDoNotHoldUpTheEndOfTheWorker) {
  world_.options.head_poll_min = std::chrono::hours(1);
  world_.options.head_poll_max = std::chrono::hours(1);
  world_.options.heartbeat_interval = std::chrono::hours(1);
  world_.options.job_poll_interval = std::chrono::hours(1);
  world_.FollowChain(5);
  const auto begin = steady_clock::now();
  world_.StopWorker();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST_F(WorkerTest, StopMayBeCalledTwice) {
  auto worker =
      Worker::Start(world_.options, world_.metadata, world_.objects, world_.catalog, world_.clock);
  ASSERT_TRUE(worker);
  (*worker)->Stop();
  (*worker)->Stop();
}

TEST_F(WorkerTest, RunsSeveralJobsAtOnce) {
  world_.chain.Extend(30);
  world_.StartWorker();
  const JobId first = world_.Deploy({}, "first");
  const JobId second = world_.Deploy({}, "second");
  world_.WaitForHead("first");
  world_.WaitForHead("second");
  world_.chain.Extend(5);
  world_.WaitForHead("first");
  world_.WaitForHead("second");
  world_.RequestStop(first);
  world_.WaitForStatus(first, JobStatus::kStopped);
  world_.chain.Extend(5);
  world_.WaitForHead("second");
  EXPECT_EQ(world_.Job(second).status, JobStatus::kRunning);
  EXPECT_EQ(world_.CanonicalEnd("blocks", "first"), 34U);
}

TEST_F(WorkerTest, LeavesJobsOfOtherNodesAlone) {
  ASSERT_TRUE(world_.database->RegisterWorker("another", "{}", Deadline::Never()));
  world_.chain.Extend(5);
  const auto other = world_.database->ScheduleJob(
      "another", {.version = MakeVersion("other"), .end_block = {}}, Deadline::Never());
  ASSERT_TRUE(other);
  const JobId own = world_.Deploy(End("4"));
  world_.StartWorker();
  world_.WaitForStatus(own, JobStatus::kCompleted);
  EXPECT_EQ(world_.Job(*other).status, JobStatus::kScheduled);
}

TEST_F(WorkerTest, RegistersItsNodeAndKeepsItAlive) {
  world_.StartWorker();
  const auto heartbeat = [&] {
    return (*world_.database->OpenReader(Deadline::Never()))->ListWorkers()->at(0).heartbeat_at;
  };
  const UtcTime registered = heartbeat();
  EXPECT_TRUE(world_.signal.WaitUntil([&] { return heartbeat() > registered; }));
}

TEST_F(WorkerTest, ANodeWhoseRowWasRemovedRegistersAgain) {
  world_.StartWorker();
  const std::uint64_t calls = world_.metadata.registrations;
  world_.metadata.heartbeat_faults.FailAllCalls(ErrorCode::kNotFound);
  EXPECT_TRUE(world_.signal.WaitUntil([&] { return world_.metadata.registrations > calls; }));
}

TEST_F(WorkerTest, DoesNotStartWithoutADatabase) {
  world_.metadata.registration_faults.FailAllCalls();
  const auto worker =
      Worker::Start(world_.options, world_.metadata, world_.objects, world_.catalog, world_.clock);
  ASSERT_FALSE(worker);
  EXPECT_EQ(worker.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tidemark::worker
