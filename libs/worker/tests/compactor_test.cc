// Compaction: a reader sees the same blocks all the time, whatever fails.
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tidemark/base/log.h"
#include "tidemark/chain/canonical_chain.h"
#include "tidemark/chain/reorg_epoch.h"
#include "tidemark/parquet_io/segment_footer.h"
#include "world.h"

namespace tidemark::worker {
namespace {

using std::chrono::milliseconds;

class CompactorTest : public testing::Test {
 protected:
  CompactorTest() {
    SetLogLevel(LogLevel::kOff);
    world_.options.compact_interval = milliseconds(2);
    world_.options.compact_margin_blocks = 4;
  }
  ~CompactorTest() override { world_.StopWorker(); }

  std::vector<Segment> Segments(const std::string& table) {
    return ToSegments(world_.Segments(table));
  }
  std::size_t CanonicalFiles(const std::string& table) {
    return chain::FindChains(Segments(table)).canonical.size();
  }
  /// Makes the chain longer block by block, each a file of its own.
  void Follow(int blocks) {
    for (int block = 0; block < blocks; ++block) {
      world_.chain.Extend(1);
      world_.WaitForHead();
    }
  }
  [[nodiscard]] bool WaitForCompaction(std::size_t files_max) {
    return world_.signal.WaitUntil([&] {
      return std::ranges::all_of(kEvmTables, [&](EvmTable table) {
        return CanonicalFiles(std::string(ToString(table))) <= files_max;
      });
    });
  }
  std::uint64_t HeadNumber() { return world_.chain.Head()->number.value; }
  /// The merged file of the table that was committed last.
  parquet_io::SegmentFooter LastFooter(const std::string& table) {
    const StoredSegment last = world_.Segments(table).back();
    const auto reader = *world_.database->OpenReader(Deadline::Never());
    const auto row = *reader->GetTable(MakeVersion("main"), table);
    return *parquet_io::ReadSegmentFooter(
        world_.objects, {.path = *row->path + "/" + last.file.file_name, .table_name = table});
  }

  World world_;
};

TEST_F(CompactorTest, SmallFilesBecomeOneAndTheBlocksStayTheSame) {
  world_.FollowChain(1);
  Follow(40);
  ASSERT_TRUE(WaitForCompaction(22));
  world_.ExpectSynced(HeadNumber());
  for (const EvmTable each : kEvmTables) {
    const std::string table(ToString(each));
    const auto segments = Segments(table);
    EXPECT_EQ(chain::CountReorgs(segments, BlockNumber{0}), 0U);
    EXPECT_GT(segments.size(), 41U) << "the parents stay";
  }
  // Blocks after it: the job goes on.
  Follow(3);
  world_.ExpectSynced(HeadNumber());
}

TEST_F(CompactorTest, TheMergedFileSaysWhatItIsMadeFrom) {
  world_.options.compact_margin_blocks = 1;
  world_.FollowChain(1);
  Follow(17);
  ASSERT_TRUE(WaitForCompaction(3));
  const auto segments = Segments("blocks");
  const auto footer = LastFooter("blocks");
  EXPECT_EQ(footer.generation, 1U);
  ASSERT_GE(footer.parent_file_ids.size(), 16U);
  EXPECT_EQ(footer.row_count, footer.parent_file_ids.size()) << "one block a parent";
  const auto by_id = [&](FileId id) { return *std::ranges::find(segments, id, &Segment::file_id); };
  const NetworkRange range = footer.metadata.ranges.front();
  const NetworkRange first = by_id(footer.parent_file_ids.front()).ranges.front();
  const NetworkRange last = by_id(footer.parent_file_ids.back()).ranges.front();
  EXPECT_EQ(range.blocks.first(), first.blocks.first());
  EXPECT_EQ(range.prev_hash, first.prev_hash);
  EXPECT_EQ(range.blocks.last(), last.blocks.last());
  EXPECT_EQ(range.hash, last.hash);
  EXPECT_EQ(range.timestamp_s, last.timestamp_s);
}

TEST_F(CompactorTest, AReorgIntoAMergedFileIsRepaired) {
  world_.options.compact_margin_blocks = 1;
  world_.FollowChain(1);
  Follow(36);
  ASSERT_TRUE(WaitForCompaction(20));
  world_.chain.Reorganise(30, 31);
  world_.WaitForHead();
  Follow(20);
  world_.ExpectSynced(HeadNumber());
}

TEST_F(CompactorTest, ParentsAreCollectedOnceTheirTimeHasCome) {
  world_.options.collect_delay = milliseconds(1);
  world_.options.collect_interval = milliseconds(2);
  world_.FollowChain(1);
  Follow(40);
  ASSERT_TRUE(world_.signal.WaitUntil([&] {
    return std::ranges::all_of(kEvmTables, [&](EvmTable table) {
      return Segments(std::string(ToString(table))).size() <= 22;
    });
  }));
  world_.ExpectSynced(HeadNumber());
  ASSERT_TRUE(world_.signal.WaitUntil([&] {
    return (*world_.database->OpenReader(Deadline::Never()))->ListCondemnedObjects(1)->empty();
  }));
  const auto reader = *world_.database->OpenReader(Deadline::Never());
  for (const EvmTable each : kEvmTables) {
    const std::string table(ToString(each));
    const auto row = *reader->GetTable(MakeVersion("main"), table);
    EXPECT_LE(world_.objects.List(*row->path)->size(), 22U);
    EXPECT_EQ(static_cast<std::int64_t>(chain::CountReorgs(Segments(table), BlockNumber{0})) +
                  row->removed_reorgs,
              0);
  }
  Follow(3);
  world_.ExpectSynced(HeadNumber());
}

// Method: calls of the object store, and answers of the database, fail now and then meanwhile.
TEST_F(CompactorTest, FailuresDelayItAndLoseNothing) {
  world_.options.collect_delay = milliseconds(1);
  world_.options.collect_interval = milliseconds(2);
  world_.FollowChain(1);
  for (std::uint64_t round = 0; round < 12; ++round) {
    world_.objects.faults.FailCalls(3 + round, 3 + round);
    world_.metadata.lost_answers.FailCalls(1 + round % 4, 1 + round % 4);
    Follow(4);
    world_.ExpectSynced(HeadNumber());
  }
  world_.objects.faults.Heal();
  world_.metadata.lost_answers.Heal();
  ASSERT_TRUE(WaitForCompaction(25));
  world_.ExpectSynced(HeadNumber());
}

// A job that did not read its rows again would merge the same files once more.
TEST_F(CompactorTest, AMergeWhoseAnswerIsLostIsNotMadeAgain) {
  world_.options.compact_margin_blocks = 1;
  world_.metadata.lost_replacements.FailCalls(1, kEvmTables.size());
  world_.FollowChain(1);
  Follow(17);
  ASSERT_TRUE(WaitForCompaction(3));
  Follow(8);
  EXPECT_EQ(world_.metadata.lost_replacements.calls(), kEvmTables.size());
  for (const EvmTable each : kEvmTables) {
    const auto merged =
        std::ranges::count_if(Segments(std::string(ToString(each))), [](auto& file) {
          return file.ranges.front().blocks.first() != file.ranges.front().blocks.last();
        });
    EXPECT_EQ(merged, 1) << ToString(each);
  }
  world_.ExpectSynced(HeadNumber());
}

// Method: blocks 0 to 4, before the damaged file, and 6 to 20 are too few to be made one.
TEST_F(CompactorTest, ADamagedParentIsLeftAloneAndHoldsUpNoOther) {
  world_.options.compact_margin_blocks = 1;
  world_.options.compact_interval = milliseconds(0);
  const JobId job = world_.FollowChain(1);
  Follow(20);
  world_.StopWorker();
  const auto reader = *world_.database->OpenReader(Deadline::Never());
  const auto row = *reader->GetTable(MakeVersion("main"), "blocks");
  const StoredSegment victim = world_.Segments("blocks").at(5);
  const std::string path = *row->path + "/" + victim.file.file_name;
  std::string bytes = *world_.objects.Read(path, UINT64_MAX);
  for (std::size_t i = 4; i < 60; ++i) bytes[i] = static_cast<char>(~bytes[i]);
  ASSERT_TRUE(world_.objects.Put(path, bytes, object_store::IfExists::kReplace));
  world_.options.compact_interval = milliseconds(2);
  world_.StartWorker();
  ASSERT_TRUE(world_.signal.WaitUntil(
      [&] { return CanonicalFiles("logs") <= 5 && CanonicalFiles("transactions") <= 5; }));
  EXPECT_EQ(CanonicalFiles("blocks"), 21U);
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
  Follow(20);
  ASSERT_TRUE(world_.signal.WaitUntil([&] { return CanonicalFiles("blocks") <= 41 - 15; }));
  EXPECT_EQ(world_.Segments("blocks").at(5).file.id, victim.file.id);
  world_.ExpectSynced(HeadNumber());
}

}  // namespace
}  // namespace tidemark::worker
