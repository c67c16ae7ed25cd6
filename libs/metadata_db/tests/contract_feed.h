// The contract: the change feed. Included by metadata_store_contract.h.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <random>
#include <thread>

#include <gmock/gmock.h>

#include "contract_collection.h"
#include "feed_follower.h"
#include "metadata_store_contract.h"
#include "random_operation.h"
#include "tidemark/base/random.h"

namespace tidemark::metadata_db {

TEST_P(MetadataStoreContract, TheFeedTellsWhatEachWriteHasChanged) {
  FeedWatch feed(store);
  EXPECT_EQ(feed.Next(), "nothing");
  Register(Version());
  EXPECT_EQ(feed.Next(), "dataset ethereum/mainnet");
  Tag(Version(), "1.0.0");
  EXPECT_EQ(feed.Next(), "dataset ethereum/mainnet");
  const JobId job = Schedule(Version());
  EXPECT_EQ(feed.Next(), "job 1");
  const LocationId location = Acquire(Version(), job, "blocks");
  EXPECT_EQ(feed.Next(), "revision 1 at 2, dataset ethereum/mainnet") << "activated, and written";
  const auto parents =
      Must(store.CommitFiles({job}, {File(location, "a"), File(location, "b")}, Soon()));
  EXPECT_EQ(feed.Next(), "revision 1 at 4");
  Move(job, JobTransition::kStart);
  EXPECT_EQ(feed.Next(), "revision 1 at 5, job 1");
  Must(store.ReplaceFiles({job}, File(location, "ab"), parents, kAtOnce, Soon()));
  EXPECT_EQ(feed.Next(), "revision 1 at 6");
  const Collectable due = WaitForCollectable(*this, location, 2);
  Must(store.RemoveFiles(
      JobClaim{job}, {.location = location, .version = due.version, .files = due.expired}, Soon()));
  EXPECT_EQ(feed.Next(), "revision 1 at 8");

  Must(store.RegisterRevision({Version(), "logs", "restored/logs"}, Soon()));
  EXPECT_EQ(feed.Next(), "revision 2 at 0") << "new, though nothing has happened to it";
  Must(store.RestoreFiles({2}, {File({2}, "a")}, Soon()));
  EXPECT_EQ(feed.Next(), "revision 2 at 1");
  Must(store.ActivateRevision(Version(), "blocks", {2}, Soon()));
  EXPECT_EQ(feed.Next(), "revision 1 at 9, revision 2 at 2, dataset ethereum/mainnet");
  Must(store.DeactivateTable(Version(), "blocks", Soon()));
  EXPECT_EQ(feed.Next(), "revision 2 at 3, dataset ethereum/mainnet");

  clock.Advance(std::chrono::hours(1));
  Must(store.RegisterWorker("node-2", "{}", Soon()));
  EXPECT_EQ(Must(store.TakeOverJobs("node-2", std::chrono::minutes(1), 5, Soon())).size(), 1U);
  EXPECT_EQ(feed.Next(), "revision 1 at 10, job 1");
  Must(store.RegisterWorker("node-3", "{}", Soon()));
  EXPECT_EQ(Must(store.HandOverJobs("node-2", std::chrono::minutes(1), Soon())).size(), 1U);
  EXPECT_EQ(feed.Next(), "job 1") << "the same state, on another node";
  MoveTo(job, JobStatus::kStopped);
  EXPECT_EQ(feed.Next(), "revision 1 at 13, job 1") << "each once, with the newest version";
  Must(store.DeleteJob(job, Soon()));
  EXPECT_EQ(feed.Next(), "revision 1 at 14, job 1");
  const JobId failed = Schedule(Version('b'));
  MoveTo(failed, JobStatus::kFatal);
  EXPECT_EQ(feed.Next(), "job 2");
  Must(store.DeleteJobs({JobStatus::kFatal}, Soon()));
  EXPECT_EQ(feed.Next(), "job 2");
  EXPECT_EQ(feed.Next(), "nothing");
}

TEST_P(MetadataStoreContract, TheFeedDoesNotTellOfWhatHasNotChanged) {
  Register(Version());
  Tag(Version(), "1.0.0");
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  Must(store.CommitFiles({job}, {File(location, "a")}, Soon()));
  FeedWatch feed(store);

  clock.Advance(std::chrono::seconds(1));
  Must(store.Heartbeat(kNode, Soon()));
  Must(store.RegisterWorker(kNode, R"({"new":1})", Soon()));
  Must(store.RegisterManifest({Version('c').manifest_hash, "path", "kind"}, Soon()));
  Must(store.PutChainHead(HeadAt("base", 7, clock.Now()), Soon()));
  Must(store.LeaseChainHead("base", "me", std::chrono::seconds(1), Soon()));
  Schedule(Version());
  Acquire(Version(), job, "blocks");
  Must(store.CommitFiles({job}, {File(location, "a")}, Soon()));
  Must(store.ActivateRevision(Version(), "blocks", location, Soon()));
  Must(store.RestoreFiles(location, {File(location, "a")}, Soon()));
  Must(store.CondemnObjects(location, {"orphan"}, Soon()));
  Must(store.ForgetObjects({}, Soon()));
  Must(store.DeleteJob({99}, Soon()));
  EXPECT_EQ(feed.Next(), "nothing");

  EXPECT_EQ(CodeOf(store.CommitFiles(
                {job}, {File(location, "new"), File(location, "a", R"({"other":1})")}, Soon())),
            "conflict");
  EXPECT_EQ(CodeOf(store.AcquireTables(Version(), {{99}}, {{"logs", "p"}}, Soon())), "not_found");
  EXPECT_EQ(CodeOf(store.LinkManifest(Version('d'), Soon())), "not_found");
  EXPECT_EQ(feed.Next(), "nothing") << "what failed has not happened";
}

TEST_P(MetadataStoreContract, EveryPositionCanBeContinuedAsOftenAsOneLikes) {
  const FeedPosition first = ReadFeedOf(store, std::nullopt).position;
  Register(Version());
  const FeedPosition second = ReadFeedOf(store, first).position;
  const JobId job = Schedule(Version());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Show(ReadFeedOf(store, first).changes),
              fmt::format("job {}, dataset ethereum/mainnet", job.value));
    EXPECT_EQ(Show(ReadFeedOf(store, second).changes), fmt::format("job {}", job.value));
  }
  EXPECT_NE(first, second);
}

TEST_P(MetadataStoreContract, AReadingOfTheFeedFitsWhatItsReaderSees) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const FeedPosition before = ReadFeedOf(store, std::nullopt).position;
  Must(store.CommitFiles({job}, {File(location, "a")}, Soon()));
  const auto old_reader = Read();
  Must(store.CommitFiles({job}, {File(location, "b")}, Soon()));

  const FeedReading old_reading = Must(old_reader->ReadFeed(before)).value();
  EXPECT_EQ(Show(old_reading.changes), "revision 1 at 3");
  EXPECT_EQ(Must(old_reader->ListFiles(location)).size(), 1U);
  EXPECT_EQ(Show(ReadFeedOf(store, old_reading.position).changes), "revision 1 at 4");
  const FeedPosition newer = ReadFeedOf(store, std::nullopt).position;
  EXPECT_NE(newer, old_reading.position);
}

TEST_P(MetadataStoreContract, APositionIsATextThatCanBeReadAgain) {
  const FeedPosition position = ReadFeedOf(store, std::nullopt).position;
  const FeedPosition again = Must(FeedPosition::Parse(position.text()));
  EXPECT_EQ(again, position);
  Register(Version());
  EXPECT_EQ(Show(ReadFeedOf(store, again).changes), "dataset ethereum/mainnet");
  for (const char* const text : {"", " ", "a b", "a\n", "a/b", "\"", "'"}) {
    EXPECT_EQ(CodeOf(FeedPosition::Parse(text)), "invalid_argument") << text;
  }
  EXPECT_EQ(CodeOf(FeedPosition::Parse(std::string(70'000, '1'))), "invalid_argument");
}

// Method: the text of a good position, cut short and changed in every place. Most of them cannot be
// continued, and none may be an error of the database: nothing of it gets there unchecked.
TEST_P(MetadataStoreContract, APositionOfSomewhereElseIsNoError) {
  Register(Version());
  const FeedReading good = ReadFeedOf(store, std::nullopt);
  EXPECT_EQ(Show(good.changes), "beginning");
  const std::string text = good.position.text();
  const auto outcome_of = [&](const std::string& other) {
    return Show(ReadFeedOf(store, Must(FeedPosition::Parse(other))).changes);
  };
  for (const char* const other : {"x", "1", ".", "....", "s1.0.0.0", "m1.0.0"}) {
    EXPECT_EQ(outcome_of(other), "other_feed") << other;
  }
  int broken = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = ',';
    EXPECT_EQ(outcome_of(changed), "other_feed") << changed;
    for (const char c : {'0', '7', '-', ':'}) {
      changed[i] = c;
      if (!ReadFeedOf(store, Must(FeedPosition::Parse(changed))).changes) ++broken;
    }
    if (i > 0 && !ReadFeedOf(store, Must(FeedPosition::Parse(text.substr(0, i)))).changes) {
      ++broken;
    }
  }
  EXPECT_GT(broken, static_cast<int>(text.size()));
  EXPECT_EQ(outcome_of(text), "nothing");
}

TEST_P(MetadataStoreContract, APositionFromBeforeWhatIsPrunedIsToldSo) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const FeedPosition before = ReadFeedOf(store, std::nullopt).position;
  Must(store.CommitFiles({job}, {File(location, "a")}, Soon()));
  FeedWatch feed(store);
  EXPECT_EQ(Must(store.PruneFeed(std::chrono::hours(1), Soon())), 0U) << "nothing is so old";
  EXPECT_EQ(Show(ReadFeedOf(store, before).changes), "revision 1 at 3");
  EXPECT_EQ(feed.Next(), "nothing");

  clock.Advance(std::chrono::seconds(1));
  EXPECT_GT(Must(store.PruneFeed(std::chrono::milliseconds(0), Soon())), 0U);
  const FeedReading pruned = ReadFeedOf(store, before);
  EXPECT_EQ(Show(pruned.changes), "pruned");
  Must(store.CommitFiles({job}, {File(location, "b")}, Soon()));
  EXPECT_EQ(Show(ReadFeedOf(store, pruned.position).changes), "revision 1 at 4")
      << "its position is one to go on from";
  EXPECT_EQ(Show(ReadFeedOf(store, before).changes), "pruned");

  FeedWatch present(store);
  Must(store.PruneFeed(std::chrono::hours(1), Soon()));
  EXPECT_EQ(present.Next(), "nothing");
  Must(store.CommitFiles({job}, {File(location, "c")}, Soon()));
  EXPECT_EQ(present.Next(), "revision 1 at 5");
  EXPECT_EQ(CodeOf(store.PruneFeed(std::chrono::milliseconds(-1), Soon())), "invalid_argument");
  EXPECT_EQ(CodeOf(store.PruneFeed(std::chrono::milliseconds::max(), Soon())), "ok");
}

// Method: random operations, and now and then a look of one of several followers, each of which
// began at another moment. After each look it must have what a reading of everything yields.
inline void FollowRandomWrites(MetadataStoreContract& test, std::uint64_t seed) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  const auto below = [&](std::uint32_t end) { return random() % end; };
  std::vector<FeedFollower> followers(4);
  int continued = 0;
  for (int step = 0; step < 250; ++step) {
    test.clock.Advance(std::chrono::microseconds(1234));
    RandomOperation(random).ApplyTo(test.store);
    if (below(60) == 0) Must(test.store.PruneFeed(std::chrono::milliseconds(below(30)), Soon()));
    if (below(3) != 0) continue;
    const auto reader = test.Read();
    FeedFollower& follower = followers[below(4)];
    if (follower.Follow(*reader)) ++continued;
    ASSERT_EQ(Show(follower.state()), Show(FeedFollower::ReadEverything(*reader)))
        << "step " << step;
  }
  EXPECT_GT(continued, 25) << "followers that always begin anew prove nothing";
}

TEST_P(MetadataStoreContract, AFollowerHasWhatAReadingOfEverythingYields) {
  const std::uint64_t fresh = RandomU64() % 1'000'000;
  std::cout << "a fresh seed: " << fresh << "\n";
  for (const std::uint64_t seed : {std::uint64_t{1}, std::uint64_t{2}, fresh}) {
    FollowRandomWrites(*this, seed);
  }
}

// Method: the same while three threads write and one prunes.
TEST_P(MetadataStoreContract, AFollowerHasWhatAReadingOfEverythingYieldsWhileOthersWrite) {
  const std::uint64_t seed = RandomU64() % 1'000'000;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::cout << "a fresh seed: " << seed << "\n";
  std::atomic<int> writing = 3;
  std::vector<std::jthread> writers;
  for (std::uint64_t i = 0; i < 3; ++i) {
    writers.emplace_back([&, i] {
      std::mt19937 random(static_cast<std::uint32_t>(seed + i));
      for (int step = 0; step < 150; ++step) {
        RandomOperation(random).ApplyTo(store);
        if (random() % 40 == 0) Must(store.PruneFeed(std::chrono::milliseconds(5), Soon()));
      }
      --writing;
    });
  }
  FeedFollower follower;
  int looks = 0;
  // The look after the last write sees all of it.
  for (bool is_last = false; !is_last; ++looks) {
    is_last = writing == 0;
    const auto reader = Read();
    follower.Follow(*reader);
    ASSERT_EQ(Show(follower.state()), Show(FeedFollower::ReadEverything(*reader)))
        << "look " << looks;
  }
  EXPECT_GT(looks, 2);
  EXPECT_FALSE(follower.state().versions.empty());
}

}  // namespace tidemark::metadata_db
