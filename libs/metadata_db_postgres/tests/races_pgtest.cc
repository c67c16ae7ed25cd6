// Several servers and workers, each with a store of its own, that act on one database at once.
#include <set>
#include <thread>

#include "store_fixture.h"

namespace tidemark::metadata_db_postgres {
namespace {

using metadata_db::JobTransition;

constexpr int kStores = 4;

class RaceTest : public StoreTest {
 public:
  // Runs `act`, a function of a store and its number, on all stores at once.
  template <class Act>
  void Race(const Act& act) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kStores; ++i) {
      threads.emplace_back([&, i] { act(*stores[static_cast<std::size_t>(i)], i); });
    }
  }
  void SetUp() override {
    for (int i = 0; i < kStores; ++i) stores.push_back(Open());
    for (const char digit : {'a', 'b', 'c', 'd'}) {
      Must(store->RegisterManifest({Version(digit).manifest_hash, "path", "evm-rpc"}, Soon()));
      Must(store->LinkManifest(Version(digit), Soon()));
    }
    Must(store->RegisterWorker("node", "{}", Soon()));
  }

  std::vector<std::unique_ptr<MetadataStore>> stores;
};

TEST_F(RaceTest, OneVersionGetsOneJobThatIsScheduledOnce) {
  for (const char digit : {'a', 'b', 'c', 'd'}) {
    std::vector<JobId> ids(kStores);
    Race([&](MetadataStore& mine, int i) {
      ids[static_cast<std::size_t>(i)] = Must(mine.ScheduleJob("node", Descriptor(digit), Soon()));
    });
    EXPECT_THAT(ids, testing::Each(ids[0]));
    EXPECT_EQ(Must(Read()->ListJobEvents(ids[0])).size(), 1U);
  }
}

TEST_F(RaceTest, OfManyThatStartAJobOneDoes) {
  const JobId job = Must(store->ScheduleJob("node", Descriptor(), Soon()));
  for (int round = 0; round < 10; ++round) {
    std::atomic<int> won = 0;
    Race([&](MetadataStore& mine, int) {
      const auto moved = mine.TransitionJob({job}, JobTransition::kStart, std::nullopt, Soon());
      EXPECT_TRUE(moved || CodeOf(moved) == "conflict");
      if (moved) ++won;
    });
    EXPECT_EQ(won, 1);
    Must(store->TransitionJob({job}, JobTransition::kFail, "{}", Soon()));
    Must(store->TransitionJob({job}, JobTransition::kRetry, std::nullopt, Soon()));
  }
  EXPECT_EQ(Must(Read()->ListJobEvents(job)).size(), 31U);
}

TEST_F(RaceTest, OneRevisionHasOneWriter) {
  std::vector<JobId> jobs;
  for (const char digit : {'a', 'b', 'c', 'd'}) {
    jobs.push_back(Must(store->ScheduleJob("node", Descriptor(digit), Soon())));
  }
  for (int round = 0; round < 10; ++round) {
    // In every other round it is everybody's active one already: then nobody waits for whoever adds
    // or activates it.
    const std::string path = fmt::format("shared/{}", round);
    for (const char digit : {'a', 'b', 'c', 'd'}) {
      if (round % 2 == 1) break;
      const auto shared = Must(store->RegisterRevision({Version(), "t", path}, Soon()));
      Must(store->ActivateRevision(Version(digit), "t", shared, Soon()));
    }
    std::atomic<int> won = 0;
    Race([&](MetadataStore& mine, int i) {
      const auto acquired =
          mine.AcquireTables(Version(static_cast<char>('a' + i)),
                             {jobs[static_cast<std::size_t>(i)]}, {{"t", path}}, Soon());
      EXPECT_TRUE(acquired || CodeOf(acquired) == "conflict") << acquired.error().message;
      if (acquired) ++won;
    });
    EXPECT_EQ(won, 1);
    for (const char digit : {'a', 'b', 'c', 'd'}) {
      static_cast<void>(store->DeactivateTable(Version(digit), "t", Soon()));
    }
  }
}

// Method: a job commits while others stop it; after it was stopped no file may appear.
TEST_F(RaceTest, NoFileIsCommittedAfterItsJobHasEnded) {
  for (int round = 0; round < 10; ++round) {
    const JobId job = Must(store->ScheduleJob("node", Descriptor(), Soon()));
    const auto location = Must(store->AcquireTables(Version(), {job}, {{"t", "p"}}, Soon()))
                              .at(0)
                              .active_revision.value();
    std::size_t files_at_end = 0;
    Race([&](MetadataStore& mine, int i) {
      if (i > 0) {
        for (int file = 0; file < 5; ++file) {
          const auto committed = mine.CommitFiles(
              {job}, {File(location, fmt::format("{}-{}-{}", round, i, file))}, Soon());
          EXPECT_TRUE(committed || CodeOf(committed) == "conflict");
        }
        return;
      }
      Must(mine.TransitionJob({job}, JobTransition::kFailForGood, "{}", Soon()));
      files_at_end = Must(Must(mine.OpenReader(Soon()))->ListFiles(location)).size();
    });
    EXPECT_EQ(Must(Read()->ListFiles(location)).size(), files_at_end);
    EXPECT_EQ(Must(Read()->GetTable(Version(), "t")).value().revision_version,
              std::stoull(VersionOf(static_cast<int>(location.value))));
  }
}

TEST_F(RaceTest, TheSameFileIsAddedOnceAndEveryoneGetsItsId) {
  const JobId job = Must(store->ScheduleJob("node", Descriptor(), Soon()));
  const auto location = Must(store->AcquireTables(Version(), {job}, {{"t", "p"}}, Soon()))
                            .at(0)
                            .active_revision.value();
  std::vector<FileId> ids(kStores);
  Race([&](MetadataStore& mine, int i) {
    ids[static_cast<std::size_t>(i)] =
        Must(mine.CommitFiles({job}, {File(location, "a")}, Soon())).at(0);
  });
  EXPECT_THAT(ids, testing::Each(ids[0]));
  std::atomic<std::uint64_t> added = 0;
  Race([&](MetadataStore& mine, int) {
    added += Must(mine.RestoreFiles(location, {File(location, "a"), File(location, "b")}, Soon()));
  });
  EXPECT_EQ(added, 1U);
  EXPECT_EQ(VersionOf(1), "4") << "activated, given a writer, two files";
}

TEST_F(RaceTest, TheLatestVersionIsTheGreatest) {
  for (int round = 0; round < 10; ++round) {
    Race([&](MetadataStore& mine, int i) {
      const std::string tag = fmt::format("{}.{}.0", round, i);
      Must(mine.SetVersionTag(Version(static_cast<char>('a' + i)),
                              Must(SemanticVersion::Parse(tag)), Soon()));
    });
    EXPECT_EQ(Must(Read()->GetTag(Version().dataset, "latest")).value().hash,
              Version('d').manifest_hash);
  }
}

TEST_F(RaceTest, OneServerHoldsTheLease) {
  for (int round = 0; round < 10; ++round) {
    std::atomic<int> holders = 0;
    Race([&](MetadataStore& mine, int i) {
      const auto leased =
          Must(mine.LeaseChainHead(fmt::format("network-{}", round / 2),
                                   fmt::format("server-{}", i), std::chrono::hours(1), Soon()));
      if (leased) ++holders;
    });
    EXPECT_EQ(holders, 1);
    // Of an ended lease in every other round, of none in the others.
    raw.Run("UPDATE tidemark.head_leases SET expires_at = now()");
  }
}

// Method: each store adds or acquires the same two revisions, in opposite orders.
TEST_F(RaceTest, TablesThatAreListedInOppositeOrdersAreNotWaitedForInACircle) {
  std::vector<JobId> jobs;
  for (const char digit : {'a', 'b', 'c', 'd'}) {
    jobs.push_back(Must(store->ScheduleJob("node", Descriptor(digit), Soon())));
    Must(store->RegisterRevision({Version(digit), "t", fmt::format("{}1", digit)}, Soon()));
    Must(store->RegisterRevision({Version(digit), "u", fmt::format("{}2", digit)}, Soon()));
  }
  const std::string deadlocks =
      "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
  for (int round = 0; round < 20; ++round) {
    const auto path = [&](int number) { return fmt::format("shared/{}/{}", round / 2, number); };
    Race([&](MetadataStore& mine, int i) {
      std::vector<metadata_db::TableToWrite> tables = {{"t", path(1)}, {"u", path(2)}};
      if (i % 2 == 1) tables = {{"u", path(2)}, {"t", path(1)}};
      if (i / 2 == 1) std::swap(tables[0].path_if_new, tables[1].path_if_new);
      const auto acquired = mine.AcquireTables(Version(static_cast<char>('a' + i)),
                                               {jobs[static_cast<std::size_t>(i)]}, tables, Soon());
      EXPECT_TRUE(acquired || CodeOf(acquired) == "conflict") << acquired.error().message;
    });
    raw.Run("UPDATE physical_table_revisions SET writer = NULL");
    // Every other round begins without active revisions, so that they are added.
    if (round % 2 == 1) raw.Run("UPDATE physical_tables SET active_revision_id = NULL");
  }
  EndSessions();  // By then they have told the server of their deadlocks.
  EXPECT_EQ(raw.Value(deadlocks), "0");
}

}  // namespace
}  // namespace tidemark::metadata_db_postgres
