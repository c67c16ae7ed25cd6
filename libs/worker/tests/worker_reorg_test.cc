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
  const JobId job = world_.FollowChain(30);
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

TEST_F(WorkerReorgTest, AChainThatLosesItsLastBlocksIsWaitedForWithoutAnError) {
  const JobId job = world_.FollowChain(20);
  const auto whole = world_.chain.Save();
  world_.chain.Restore({whole.begin(), whole.begin() + 12});
  world_.WaitForSourceCalls(5);
  EXPECT_EQ(world_.CanonicalEnd("blocks"), 19U);
  EXPECT_EQ(world_.Segments("blocks").size(), 1U);
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
  world_.chain.Restore(whole);
  world_.chain.Extend(1);
  world_.WaitForHead();
  world_.ExpectSynced(20);
  EXPECT_EQ(world_.Segments("blocks").size(), 2U);
}

// The head is within the only file there is, so no row says what was there before.
TEST_F(WorkerReorgTest, AShorterBranchIsFollowedThoughItEndsWithinAFile) {
  const JobId job = world_.FollowChain(20);
  world_.chain.Reorganise(8, 3);
  world_.WaitForHead();
  EXPECT_EQ(world_.CanonicalEnd("blocks"), 14U);
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
  world_.chain.Extend(10);
  world_.WaitForHead();
  world_.ExpectSynced(24);
}

// After a start nobody knows the hashes within files: the branch shows when it has outgrown them.
TEST_F(WorkerReorgTest, AShorterBranchIsFollowedAfterAStartWhenItHasGrown) {
  world_.FollowChain(20);
  world_.StopWorker();
  world_.chain.Reorganise(8, 3);
  world_.StartWorker();
  world_.WaitForSourceCalls(5);
  world_.chain.Extend(10);
  world_.WaitForHead();
  world_.ExpectSynced(24);
}

TEST_F(WorkerReorgTest, TheChainVanishesAndComesBack) {
  const JobId job = world_.FollowChain(20);
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

// Each needless file would make the chain shorter for a moment, once it had come back already.
TEST_F(WorkerReorgTest, OfABranchThatIsTakenAgainOnlyTheFirstFileIsReplaced) {
  world_.options.segment_max_blocks = 4;
  world_.FollowChain(24);
  const auto left = world_.chain.Save();
  world_.chain.Reorganise(16, 16);
  world_.WaitForHead();
  ASSERT_EQ(world_.Segments("blocks").size(), 6U + 4U);
  world_.chain.Restore(left);
  world_.WaitForHead();
  world_.WaitForSourceCalls(5);
  EXPECT_EQ(world_.Segments("blocks").size(), 6U + 4U + 1U);
  // Not the branch that the files go on with: only blocks 0 to 13 are on both.
  world_.chain.Restore({left.begin(), left.begin() + 14});
  world_.chain.Extend(11);
  world_.WaitForHead();
  world_.ExpectSynced(24);
}

// Method: the chain gets shorter, to a block within a file of the branch that was taken again; what
// was written last there is of the other branch.
TEST_F(WorkerReorgTest, ABranchThatWasTakenAgainKeepsItsFilesWhenTheHeadIsWithinOne) {
  world_.options.segment_max_blocks = 4;
  world_.FollowChain(24);
  const auto left = world_.chain.Save();
  world_.chain.Reorganise(16, 16);
  world_.WaitForHead();
  world_.chain.Restore(left);
  world_.WaitForHead();
  const std::size_t segments = world_.Segments("blocks").size();
  world_.chain.Restore({left.begin(), left.begin() + 22});
  world_.WaitForSourceCalls(5);
  EXPECT_EQ(world_.Segments("blocks").size(), segments);
  EXPECT_EQ(world_.CanonicalEnd("blocks"), 23U);
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

// Method: the files above a shorter branch stand in the way of those that continue it, one by one.
// The worker that may not rest between them must get past all of them.
TEST_F(WorkerReorgTest, ABranchGrowsThroughTheFilesOfALongerOneWithoutAPause) {
  world_.options.segment_max_blocks = 1;
  world_.FollowChain(20);
  world_.chain.Reorganise(15, 2);
  world_.WaitForHead();
  world_.StopWorker();
  world_.options.head_poll_min = world_.options.head_poll_max = std::chrono::hours(1);
  world_.chain.Extend(15);
  world_.StartWorker();
  world_.WaitForHead();
  world_.ExpectSynced(21);
}

TEST_F(WorkerReorgTest, EvenGenesisCanChange) {
  world_.FollowChain(10);
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
  world_.FollowChain(20);
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
  const JobId job = world_.FollowChain(20);
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

// Two nodes that answer in turns, in the worst rhythm for us: each round's head is the other's.
TEST_F(WorkerReorgTest, TwoNodesInTurnsAreNamedAndNotWrittenWithoutEnd) {
  const JobId job = world_.FollowChain(20);
  const auto one = world_.chain.Save();
  world_.chain.Reorganise(5, 5);
  world_.WaitForHead();
  const auto other = world_.chain.Save();
  std::atomic<bool> is_one = false;
  world_.chain.on_call = [&](std::uint64_t) {
    world_.chain.Restore((is_one = !is_one) ? one : other);
  };
  constexpr std::size_t kFilesMax = 10;
  ASSERT_TRUE(world_.signal.WaitUntil([&] {
    return !world_.EventDetail(job, JobStatus::kError).empty() ||
           world_.Segments("blocks").size() > kFilesMax;
  }));
  const std::string detail = world_.EventDetail(job, JobStatus::kError);
  EXPECT_NE(detail.find("contradicts itself"), std::string::npos) << detail;
  EXPECT_NE(detail.find("block 19"), std::string::npos) << detail;
  EXPECT_LE(world_.Segments("blocks").size(), kFilesMax);
  world_.StopWorker();
  world_.chain.on_call = nullptr;
  world_.chain.Restore(one);
  world_.StartWorker();
  world_.WaitForHead();
  world_.ExpectSynced(19);
}

TEST_F(WorkerReorgTest, ANodeOfAnotherChainReplacesNothing) {
  const JobId job = world_.FollowChain(20);
  const auto ours = world_.chain.Save();
  const auto before = world_.Segments("blocks").size();
  world_.chain.chain_id = 5;
  world_.chain.Reorganise(20, 25);
  ASSERT_TRUE(world_.signal.WaitUntil([&] {
    return world_.Job(job).status == JobStatus::kFatal || world_.Segments("blocks").size() > before;
  }));
  const std::string detail = world_.EventDetail(job, JobStatus::kFatal);
  EXPECT_NE(detail.find("of chain 5 now and was of chain 1"), std::string::npos) << detail;
  EXPECT_EQ(world_.Segments("blocks").size(), before);
  world_.chain.Restore(ours);
  world_.ExpectSynced(19);
}

TEST_F(WorkerReorgTest, ANodeOfAnotherChainThatSoonGoesAwayIsSurvived) {
  const JobId job = world_.FollowChain(20);
  const auto ours = world_.chain.Save();
  const auto before = world_.Segments("blocks").size();
  world_.chain.chain_id = 5;
  world_.chain.Reorganise(20, 25);
  world_.WaitForSourceCalls(2);
  world_.chain.Restore(ours);
  world_.chain.chain_id = 1;
  world_.chain.Extend(1);
  world_.WaitForHead();
  world_.ExpectSynced(20);
  EXPECT_EQ(world_.Segments("blocks").size(), before + 1);
  EXPECT_EQ(world_.Job(job).status, JobStatus::kRunning);
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
