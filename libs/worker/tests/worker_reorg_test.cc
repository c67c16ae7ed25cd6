#include <atomic>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "segment_builder.h"
#include "tidemark/base/log.h"
#include "world.h"

namespace tidemark::worker {
namespace {

class WorkerReorgTest : public testing::Test {
 protected:
  WorkerReorgTest() { SetLogLevel(LogLevel::kOff); }
  ~WorkerReorgTest() override { world_.StopWorker(); }

  std::uint64_t HeadNumber() { return world_.chain.Head()->number.value; }

  World world_;
};

TEST_F(WorkerReorgTest, TheHeadMovesToALongerBranchOfAnyDepth) {
  world_.chain.Extend(30);
  const JobId job = world_.Deploy({});
  world_.StartWorker();
  world_.WaitForHead();
  for (std::uint64_t depth = 1; depth <= 12; ++depth) {
    for (int block = 0; block < 3; ++block) {  // Files of one block, as at a living head.
      world_.chain.Extend(1);
      world_.WaitForHead();
    }
    world_.chain.Reorganise(depth, depth + 1);
    world_.WaitForHead();
  }
  world_.ExpectSynced(HeadNumber());
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
}

TEST_F(WorkerReorgTest, ABranchOfTheSameHeightIsNoticed) {
  world_.chain.Extend(20);
  world_.Deploy({});
  world_.StartWorker();
  for (std::uint64_t depth = 1; depth <= 12; ++depth) {
    world_.WaitForHead();
    world_.chain.Reorganise(depth, depth);
  }
  world_.WaitForHead();
  world_.ExpectSynced(19);
}

TEST_F(WorkerReorgTest, AShorterChainIsWaitedForWithoutAnError) {
  world_.chain.Extend(20);
  const JobId job = world_.Deploy({});
  world_.StartWorker();
  world_.WaitForHead();
  world_.chain.Reorganise(8, 3);
  world_.WaitForSourceCalls(5);
  EXPECT_EQ(world_.CanonicalEnd("blocks"), 19U);
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
  world_.chain.Extend(10);
  world_.WaitForHead();
  world_.ExpectSynced(24);
}

TEST_F(WorkerReorgTest, TheChainVanishesAndComesBack) {
  world_.chain.Extend(20);
  const JobId job = world_.Deploy({});
  world_.StartWorker();
  world_.WaitForHead();
  const auto branch = world_.chain.Save();
  world_.chain.Restore({});
  world_.WaitForSourceCalls(5);
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
  EXPECT_EQ(world_.CanonicalEnd("blocks"), 19U);
  world_.chain.Restore(branch);
  world_.chain.Extend(1);
  world_.WaitForHead();
  world_.ExpectSynced(20);
}

// A branch that was left and is taken again has older files than the one that displaced it, so that
// nothing less than writing it again makes it canonical.
TEST_F(WorkerReorgTest, TheChainReturnsToABranchThatItHadLeft) {
  world_.chain.Extend(20);
  world_.Deploy({});
  world_.StartWorker();
  for (int i = 0; i < 4; ++i) {
    world_.chain.Extend(1);
    world_.WaitForHead();
  }
  const auto left = world_.chain.Save();
  world_.chain.Reorganise(4, 5);
  world_.WaitForHead();
  world_.chain.Restore(left);
  world_.chain.Extend(3);
  world_.WaitForHead();
  world_.ExpectSynced(HeadNumber());

  world_.chain.Reorganise(15, 2);
  world_.WaitForSourceCalls(5);
  world_.chain.Restore(left);
  world_.WaitForSourceCalls(5);
  world_.chain.Extend(9);
  world_.WaitForHead();
  world_.ExpectSynced(HeadNumber());
}

TEST_F(WorkerReorgTest, ARepairIsOneFileATable) {
  world_.chain.Extend(20);
  world_.Deploy({});
  world_.StartWorker();
  for (std::uint64_t reorganisations = 1; reorganisations <= 5; ++reorganisations) {
    world_.WaitForHead();
    EXPECT_EQ(world_.Segments("blocks").size(), reorganisations);
    world_.chain.Reorganise(3 * reorganisations, 3 * reorganisations + 1);
  }
  world_.WaitForHead();
}

TEST_F(WorkerReorgTest, EvenGenesisCanChange) {
  world_.chain.Extend(10);
  world_.Deploy({});
  world_.StartWorker();
  world_.WaitForHead();
  world_.chain.Reorganise(10, 12);
  world_.WaitForHead();
  world_.ExpectSynced(11);
}

TEST_F(WorkerReorgTest, ACompletedRangeIsOfTheChainAsItIsThen) {
  world_.chain.Extend(30);
  const JobId job = world_.Deploy(End("20"));
  // After the last chunk of the run has been fetched, before the end is looked at.
  world_.chain.on_call = [&](std::uint64_t call) {
    if (call == 5) world_.chain.Reorganise(15, 20);
  };
  world_.StartWorker();
  world_.WaitForStatus(job, JobStatus::kCompleted);
  world_.ExpectSynced(20);
}

// Method: a reorganisation before every single answer of the source in turn, of each depth, during
// the first sync; then the chain grows and all of it must be there.
TEST_F(WorkerReorgTest, AReorganisationBetweenAnyTwoAnswersIsRepaired) {
  for (const std::uint64_t depth : {1, 2, 5, 6, 7, 12}) {
    for (std::uint64_t at_call = 1; at_call <= 8; ++at_call) {
      SCOPED_TRACE(testing::Message() << "depth " << depth << " before answer " << at_call);
      World world;
      world.options.fetch_blocks = 6;
      world.chain.Extend(24);
      std::atomic<bool> is_reorganised = false;
      world.chain.on_call = [&](std::uint64_t call) {
        if (call != at_call) return;
        world.chain.Reorganise(depth, depth + call % 3);
        is_reorganised = true;
      };
      world.Deploy({});
      world.StartWorker();
      ASSERT_TRUE(world.signal.WaitUntil([&] { return is_reorganised.load(); }));
      world.WaitForHead();
      if (HasFatalFailure()) return;
      world.StopWorker();
      world.ExpectSynced(world.chain.Head()->number.value);
    }
  }
}

// A file over both branches would end with the right hash, and hide the blocks that are not the
// chain's for ever.
TEST_F(WorkerReorgTest, NoFileSpansAReorganisation) {
  world_.options.fetch_blocks = 5;
  world_.chain.Extend(20);
  world_.chain.on_call = [&](std::uint64_t call) {
    // Blocks 0 to 4 have been given away; of the new branch are 3 to 21.
    if (call == 3) world_.chain.Reorganise(17, 19);
  };
  world_.Deploy({});
  world_.StartWorker();
  world_.WaitForHead();
  std::vector<BlockRange> ranges;
  for (const auto& segment : world_.Segments("blocks")) {
    ranges.push_back(segment.metadata.ranges.front().blocks);
  }
  ASSERT_GE(ranges.size(), 3U);
  EXPECT_EQ(ranges[0], Blocks(0, 4));
  EXPECT_EQ(ranges[1].first(), BlockNumber{5});
  ranges.erase(ranges.begin());
  EXPECT_THAT(ranges, testing::Contains(Blocks(0, 4)));
}

// The replacement of an orphaned file has to be newer than it, or the orphan stays canonical.
TEST_F(WorkerReorgTest, AClockThatStepsBackDoesNotKeepTheOrphanAlive) {
  world_.chain.Extend(20);
  world_.Deploy({});
  world_.StartWorker();
  world_.WaitForHead();
  world_.chain.Extend(1);
  world_.WaitForHead();
  world_.clock.Jump(-std::chrono::hours(24));
  world_.chain.Reorganise(3, 4);
  world_.WaitForHead();
  world_.StopWorker();
  world_.clock.Jump(-std::chrono::hours(24));
  world_.StartWorker();
  world_.chain.Reorganise(5, 6);
  world_.WaitForHead();
  world_.ExpectSynced(HeadNumber());
  const auto segments = world_.Segments("blocks");
  for (std::size_t i = 1; i < segments.size(); ++i) {
    EXPECT_GT(segments[i].metadata.created_at, segments[i - 1].metadata.created_at);
  }
}

// Nodes behind one address that disagree must neither be written in turns without an end nor stop
// the job for good.
TEST_F(WorkerReorgTest, ASourceThatContradictsItselfEndsInARetriedFailure) {
  world_.chain.Extend(20);
  const JobId job = world_.Deploy({});
  world_.StartWorker();
  world_.WaitForHead();
  world_.StopWorker();
  const auto one = world_.chain.Save();
  world_.chain.Reorganise(1, 2);
  const auto other = world_.chain.Save();
  // The head and block 20 come from a node that has another block 19 than the node that is asked
  // for single blocks below.
  std::uint64_t answers = 0;
  world_.chain.on_call = [&](std::uint64_t) {
    ++answers;
    world_.chain.Restore(answers % 4 == 0 ? one : other);
  };
  world_.StartWorker();
  world_.WaitForSourceCalls(40);
  world_.StopWorker();
  EXPECT_LT(world_.Segments("blocks").size(), 40U);
  world_.chain.on_call = nullptr;
  world_.chain.Restore(other);
  world_.StartWorker();
  world_.WaitForHead();
  world_.ExpectSynced(20);
  EXPECT_NE(world_.Job(job).status, JobStatus::kFatal);
}

// Method: a random walk of growth, reorganisations, returns and restarts, compared at the end.
TEST_F(WorkerReorgTest, TheCanonicalChainEndsAsTheSourcesChainAfterAnyHistory) {
  const int seed = GTEST_FLAG_GET(random_seed);
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  const auto draw = [&](std::uint64_t low, std::uint64_t high) {
    return std::uniform_int_distribution<std::uint64_t>(low, high)(random);
  };
  world_.chain.Extend(15);
  std::vector<FakeChain::Branch> branches = {world_.chain.Save()};
  world_.Deploy({});
  world_.StartWorker();
  for (int step = 0; step < 120; ++step) {
    switch (draw(0, 5)) {
      case 0:
      case 1:
        world_.chain.Extend(draw(1, 3));
        break;
      case 2:
        world_.chain.Reorganise(draw(1, 12), draw(1, 14));
        break;
      case 3:
        branches.push_back(world_.chain.Save());
        break;
      case 4:
        world_.chain.Restore(branches[draw(0, branches.size() - 1)]);
        break;
      default:
        if (draw(0, 2) == 0) {
          world_.StopWorker();
          world_.StartWorker();
        } else {
          world_.WaitForSourceCalls(draw(1, 8));
        }
    }
  }
  // A chain grows past every branch in the end; only then can all of it be seen.
  std::size_t longest = 0;
  for (const auto& branch : branches) longest = std::max(longest, branch.size());
  world_.chain.Extend(longest + 40);
  world_.WaitForHead();
  world_.ExpectSynced(HeadNumber());
}

}  // namespace
}  // namespace tidemark::worker
