// Garbage collection: what goes, what stays whatever fails, and that a row never outlives its
// object.
#include "collector.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collection.h"
#include "tidemark/base/log.h"
#include "tidemark/chain/canonical_chain.h"
#include "tidemark/chain/reorg_epoch.h"
#include "world.h"

namespace tidemark::worker {
namespace {

using std::chrono::milliseconds;

Deadline Soon() { return Deadline::After(std::chrono::seconds(30)); }

class CollectorTest : public testing::Test {
 protected:
  CollectorTest() {
    SetLogLevel(LogLevel::kOff);
    world_.options.collect_interval = milliseconds(3);
    world_.options.orphan_grace = milliseconds(0);
  }
  ~CollectorTest() override { world_.StopWorker(); }

  metadata_db::TableRow Table(const std::string& table) {
    return (*(*world_.database->OpenReader(Soon()))->GetTable(MakeVersion("main"), table)).value();
  }
  std::string Folder(const std::string& table = "blocks") { return *Table(table).path; }
  std::size_t Objects(const std::string& table = "blocks") {
    return world_.objects.List(Folder(table))->size();
  }

  std::vector<Segment> Segments(const std::string& table = "blocks") {
    return ToSegments(world_.Segments(table));
  }
  /// What an answer about the table says.
  std::uint64_t Epoch(const std::string& table = "blocks") {
    return chain::CountReorgs(Segments(table), world_.catalog.start_block) +
           static_cast<std::uint64_t>(Table(table).removed_reorgs);
  }
  std::vector<FileId> OffChain(const std::string& table = "blocks") {
    const auto segments = Segments(table);
    std::set<FileId> files;
    for (const Segment& segment : segments) files.insert(segment.file_id);
    for (const Segment* each : chain::FindChains(segments).canonical) files.erase(each->file_id);
    return {files.begin(), files.end()};
  }

  /// A job that has left branches behind, and is stopped.
  JobId LeaveBranches() {
    const JobId job = world_.FollowChain(10);
    for (std::uint64_t depth = 1; depth <= 4; ++depth) {
      for (int block = 0; block < 3; ++block) {
        world_.chain.Extend(1);
        world_.WaitForHead();
      }
      world_.chain.Reorganise(depth, depth + 1);
      world_.WaitForHead();
    }
    Stop(job);
    return job;
  }
  void Stop(JobId job) {
    world_.RequestStop(job);
    world_.WaitForStatus(job, JobStatus::kStopped);
  }
  void Schedule(const std::vector<FileId>& files, const std::string& table = "blocks") {
    const LocationId location = *Table(table).active_revision;
    const auto version =
        (*(*world_.database->OpenReader(Soon()))->GetCollectable(location)).value().version;
    const Status scheduled =
        world_.database->ScheduleCollection(location, version, files, milliseconds(1), Soon());
    ASSERT_TRUE(scheduled) << scheduled.error().message;
  }
  [[nodiscard]] bool WaitUntilGone(const std::vector<FileId>& files,
                                   const std::string& table = "blocks") {
    return world_.signal.WaitUntil([&] {
      const auto left = Segments(table);
      return std::ranges::none_of(left, [&](const Segment& segment) {
        return std::ranges::find(files, segment.file_id) != files.end();
      });
    });
  }
  /// Each row has its object; with `exactly`, each object its row too.
  void ExpectRowsHaveObjects(bool exactly) {
    for (const EvmTable each : kEvmTables) {
      const std::string table(ToString(each));
      std::set<std::string> objects;
      const std::string folder = Folder(table);
      const auto listed = world_.objects.List(folder);
      for (const auto& object : *listed) objects.insert(object.path.substr(folder.size() + 1));
      for (const StoredSegment& segment : world_.Segments(table)) {
        EXPECT_EQ(objects.erase(segment.file.file_name), 1U) << segment.file.file_name;
      }
      if (!exactly) continue;
      EXPECT_THAT(objects, testing::IsEmpty());
    }
  }
  [[nodiscard]] bool WaitUntilNothingIsCondemned() {
    return world_.signal.WaitUntil(
        [&] { return (*world_.database->OpenReader(Soon()))->ListCondemnedObjects(1)->empty(); });
  }

  // Method: the files of a branch that was left go while the job runs, and then the node returns to
  // that branch. A job that still believed in the files would take it for complete.
  void CollectUnderAJobAndReturnToTheBranch() {
    // A file a block: files that the job believed in would count again as soon as the first of the
    // branch is written anew.
    world_.options.segment_max_blocks = 1;
    const JobId job = world_.FollowChain(10);
    for (int block = 0; block < 5; ++block) {
      world_.chain.Extend(1);
      world_.WaitForHead();
    }
    const auto left = world_.chain.Save();
    world_.chain.Reorganise(4, 5);
    world_.WaitForHead();
    Stop(job);
    std::map<std::string, std::vector<FileId>> garbage;
    for (const EvmTable each : kEvmTables) {
      const std::string table(ToString(each));
      garbage[table] = OffChain(table);
      ASSERT_FALSE(garbage[table].empty());
      // Due only once the job runs: it is started at once, and the worker is not.
    }
    world_.StopWorker();
    for (const auto& [table, files] : garbage) Schedule(files, table);
    world_.Deploy({});
    world_.StartWorker();
    for (const auto& [table, files] : garbage) ASSERT_TRUE(WaitUntilGone(files, table));
    world_.chain.Restore(left);
    world_.chain.Extend(3);
    world_.WaitForHead();
    world_.ExpectSynced(world_.chain.Head()->number.value);
    EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
    ASSERT_TRUE(WaitUntilNothingIsCondemned());
    ExpectRowsHaveObjects(true);
  }

  World world_;
};

TEST_F(CollectorTest, FilesThatATableDoesWithoutGoWithTheirObjectsAndTheEpochStays) {
  LeaveBranches();
  const auto garbage = OffChain();
  ASSERT_GE(garbage.size(), 4U);
  const std::uint64_t epoch = Epoch();
  ASSERT_GE(epoch, 4U);
  Schedule(garbage);
  ASSERT_TRUE(WaitUntilGone(garbage));
  EXPECT_EQ(Epoch(), epoch);
  EXPECT_NE(Table("blocks").removed_reorgs, 0);
  ASSERT_TRUE(WaitUntilNothingIsCondemned());
  ExpectRowsHaveObjects(true);
  world_.ExpectSynced(world_.chain.Head()->number.value);
}

TEST_F(CollectorTest, AScheduledFileOfTheChainStays) {
  LeaveBranches();
  std::vector<FileId> all;
  for (const Segment& segment : Segments()) all.push_back(segment.file_id);
  const auto garbage = OffChain();
  Schedule(all);
  ASSERT_TRUE(WaitUntilGone(garbage));
  ASSERT_TRUE(WaitUntilNothingIsCondemned());
  EXPECT_EQ(Segments().size(), all.size() - garbage.size());
  ExpectRowsHaveObjects(true);
  world_.ExpectSynced(world_.chain.Head()->number.value);
}

TEST_F(CollectorTest, AJobThatRunsKnowsWhatIsGone) { CollectUnderAJobAndReturnToTheBranch(); }

TEST_F(CollectorTest, AJobThatRunsKnowsWhatIsGoneAlsoWhenTheAnswersAreLost) {
  world_.metadata.lost_removals.FailCalls(1, kEvmTables.size());
  CollectUnderAJobAndReturnToTheBranch();
  EXPECT_GE(world_.metadata.lost_removals.calls(), kEvmTables.size());
}

TEST_F(CollectorTest, AStoreThatFailsIsTriedAgain) {
  LeaveBranches();
  const auto garbage = OffChain();
  const std::size_t objects = Objects();
  world_.objects.delete_faults.FailAllCalls();
  Schedule(garbage);
  ASSERT_TRUE(WaitUntilGone(garbage));
  ASSERT_TRUE(world_.signal.WaitUntil(
      [&] { return world_.objects.delete_faults.calls() > 2 * garbage.size(); }));
  EXPECT_EQ(Objects(), objects);
  ExpectRowsHaveObjects(false);
  world_.objects.delete_faults.Heal();
  ASSERT_TRUE(WaitUntilNothingIsCondemned());
  EXPECT_EQ(Objects(), objects - garbage.size());
  ExpectRowsHaveObjects(true);
}

TEST_F(CollectorTest, AFileWhoseRowCannotBeRemovedKeepsItsObject) {
  LeaveBranches();
  const auto garbage = OffChain();
  world_.metadata.removal_faults.FailAllCalls();
  Schedule(garbage);
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return world_.metadata.removal_faults.calls() >= 3; }));
  ExpectRowsHaveObjects(true);
  world_.metadata.removal_faults.Heal();
  ASSERT_TRUE(WaitUntilGone(garbage));
  ASSERT_TRUE(WaitUntilNothingIsCondemned());
  ExpectRowsHaveObjects(true);
}

// Method: each call of the database fails in turn, with and without effect; whatever it was, in the
// end the garbage is gone, and never an object before its row.
TEST_F(CollectorTest, ADatabaseThatFailsAnywhereLosesNothing) {
  LeaveBranches();
  const std::uint64_t epoch = Epoch();
  const auto garbage = OffChain();
  std::uint64_t call = 0;
  for (const FileId file : garbage) {
    ++call;
    world_.metadata.faults.FailCalls(call, call);
    world_.metadata.lost_answers.FailCalls(1, 1);
    Schedule({file});
    ASSERT_TRUE(WaitUntilGone({file}));
    ASSERT_TRUE(WaitUntilNothingIsCondemned());
    ExpectRowsHaveObjects(true);
    EXPECT_EQ(Epoch(), epoch);
  }
}

TEST_F(CollectorTest, ChangesThatEveryFollowerHasHadTimeToReadAreRemoved) {
  const auto read_feed = [&](const std::optional<metadata_db::FeedPosition>& since) {
    return (*(*world_.database->OpenReader(Soon()))->ReadFeed(since)).value();
  };
  world_.FollowChain(3);
  const auto old = read_feed(std::nullopt).position;
  ASSERT_TRUE(world_.database->SetVersionTag(MakeVersion("main"), *SemanticVersion::Parse("1.0.0"),
                                             Soon()));
  world_.clock.Jump(metadata_db::kFeedKept - std::chrono::minutes(1));
  world_.chain.Extend(1);
  world_.WaitForHead();
  EXPECT_TRUE(read_feed(old).changes) << "not yet";
  const auto newer = read_feed(std::nullopt).position;
  world_.clock.Jump(std::chrono::minutes(2));
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return !read_feed(old).changes; }));
  EXPECT_EQ(read_feed(old).changes.error(), metadata_db::FeedBreak::kPruned);
  EXPECT_TRUE(read_feed(newer).changes);
}

// Method: two workers look at the same garbage at once.
TEST_F(CollectorTest, TwoCollectorsAreHarmless) {
  LeaveBranches();
  WorkerOptions other = world_.options;
  other.node_id = "other";
  auto second = Worker::Start(other, world_.metadata, world_.objects, world_.catalog, world_.clock);
  ASSERT_TRUE(second);
  const std::uint64_t epoch = Epoch();
  for (const FileId file : OffChain()) {
    Schedule({file});
    ASSERT_TRUE(WaitUntilGone({file}));
  }
  ASSERT_TRUE(WaitUntilNothingIsCondemned());
  EXPECT_EQ(Epoch(), epoch);
  ExpectRowsHaveObjects(true);
  (*second)->Stop();
}

TEST_F(CollectorTest, OnlyOrphansOfOurOwnFormGoAndOnlyAfterTheGraceTime) {
  world_.options.orphan_grace = milliseconds(40);
  const JobId job = world_.FollowChain(10);
  Stop(job);
  const std::string folder = Folder();
  const std::vector<std::string> strange = {
      "/notes.txt", "/000000001-0123456789abcde.parquet", "/000000001-0123456789ABCDEF.parquet",
      "/00000001-0123456789abcdef.parquet", "/deeper/000000001-0123456789abcdef.parquet"};
  for (const std::string& name : strange) {
    ASSERT_TRUE(world_.objects.Put(folder + name, "x", object_store::IfExists::kFail));
  }
  const std::string elsewhere = "eth/main/blocks/other/000000001-0123456789abcdef.parquet";
  ASSERT_TRUE(world_.objects.Put(elsewhere, "x", object_store::IfExists::kFail));
  const std::size_t objects = Objects();
  const std::string orphan = folder + "/000000001-0123456789abcdef.parquet";
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(world_.objects.Put(orphan, "x", object_store::IfExists::kFail));
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return !world_.objects.Head(orphan); }));
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(40));
  EXPECT_EQ(Objects(), objects);
  EXPECT_TRUE(world_.objects.Head(elsewhere));
  ExpectRowsHaveObjects(false);
}

TEST_F(CollectorTest, ALateCommitOfAnOrphanIsRefused) {
  world_.options.orphan_grace = milliseconds(1);
  const JobId job = world_.FollowChain(10);
  const std::string name = "000000010-0123456789abcdef.parquet";
  const std::string orphan = Folder() + "/" + name;
  ASSERT_TRUE(world_.objects.Put(orphan, "x", object_store::IfExists::kFail));
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return !world_.objects.Head(orphan); }));
  const auto late = world_.database->CommitFiles({job},
                                                 {{.location_id = *Table("blocks").active_revision,
                                                   .file_name = name,
                                                   .metadata = "{}",
                                                   .object_size = 1,
                                                   .url = "",
                                                   .footer = ""}},
                                                 Soon());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kConflict);
}

TEST(IsSegmentFileNameTest, IsTheFormThatTheWorkerWrites) {
  for (const char* const name :
       {"000000000-00f3a1b2c4d5e6f7.parquet", "18446744073709551615-0123456789abcdef.parquet"}) {
    EXPECT_TRUE(IsSegmentFileName(name)) << name;
  }
  for (const char* const name :
       {"", ".parquet", "-.parquet", "00000000-00f3a1b2c4d5e6f7.parquet",
        "000000000-00f3a1b2c4d5e6f.parquet", "000000000-00f3a1b2c4d5e6f77.parquet",
        "000000000-00F3a1b2c4d5e6f7.parquet", "00000000x-00f3a1b2c4d5e6f7.parquet",
        "000000000-00f3a1b2c4d5e6f7.parquet.tmp", "a/000000000-00f3a1b2c4d5e6f7.parquet"}) {
    EXPECT_FALSE(IsSegmentFileName(name)) << name;
  }
}

}  // namespace
}  // namespace tidemark::worker
