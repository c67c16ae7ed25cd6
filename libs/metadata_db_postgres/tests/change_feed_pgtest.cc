// The change feed where transactions run side by side, whoever makes the changes; restored
// databases; and pruning.
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "feed_follower.h"
#include "schema.h"
#include "store_fixture.h"
#include "tidemark/base/random.h"

namespace tidemark::metadata_db_postgres {
namespace {

using metadata_db::FeedBreak;
using metadata_db::FeedFollower;
using metadata_db::FeedPosition;
using metadata_db::FeedReading;
using metadata_db::FeedWatch;
using metadata_db::ReadFeedOf;
using metadata_db::Show;
using std::chrono::hours;
using std::chrono::milliseconds;

std::string InsertFile(int location, const std::string& name) {
  return fmt::format(
      "INSERT INTO file_metadata (location_id, file_name, metadata, url) VALUES ({}, '{}', '{{}}', "
      "'')",
      location, name);
}

// The position with one of its fields replaced: 2 is the server's start, 3 the snapshot.
FeedPosition WithField(const FeedPosition& position, std::size_t field, const std::string& value) {
  std::vector<std::string> fields;
  for (const std::string_view text : position.Fields()) fields.emplace_back(text);
  fields.at(field) = value;
  return FeedPosition::OfFields(fields);
}

class ChangeFeedTest : public StoreTest {
 public:
  // Revision 1 has version 4, and revisions 2 and 3, which nobody uses, version 0.
  void SetUp() override {
    AddJobWithFiles();
    raw.Run("INSERT INTO physical_table_revisions (path) VALUES ('p2'), ('p3')");
  }
  std::string Since(const FeedPosition& position) {
    return Show(ReadFeedOf(*store, position).changes);
  }
  void AgeMarks(const char* by) {
    raw.Run(fmt::format("UPDATE tidemark.feed_marks SET at = at - interval '{}'", by));
  }

  RawSession other{database.url()};
};

TEST_F(ChangeFeedTest, AFileThatGetsAnotherIdCountsAsOneThatGoesAndOneThatComes) {
  raw.Run(InsertFile(2, "c"));
  FeedWatch feed(*store);
  raw.Run("UPDATE file_metadata SET id = DEFAULT WHERE file_name = 'c'");
  EXPECT_EQ(feed.Next(), "revision 2 at 3");
  raw.Run("UPDATE file_metadata SET id = DEFAULT, location_id = 3 WHERE file_name = 'c'");
  EXPECT_EQ(feed.Next(), "revision 2 at 4, revision 3 at 1");
}

// Method: statements that somebody else might run, and what the feed then tells: the same as
// SQLite's does.
TEST_F(ChangeFeedTest, AChangeIsToldWhoeverMakesIt) {
  FeedWatch feed(*store);
  struct Case {
    const char* sql;
    const char* expected;
  };
  const Case cases[] = {
      {"UPDATE physical_table_revisions SET metadata = '[]'", "nothing"},
      {"INSERT INTO file_metadata (location_id, file_name, metadata, url) VALUES "
       "(1, 'c', '{}', ''), (2, 'c', '{}', ''), (1, 'd', '{}', '')",
       "revision 1 at 6, revision 2 at 1"},
      {"UPDATE file_metadata SET location_id = 2 WHERE file_name = 'd'",
       "revision 1 at 7, revision 2 at 2"},
      {"DELETE FROM file_metadata WHERE file_name > 'b'", "revision 1 at 8, revision 2 at 4"},
      {"INSERT INTO physical_tables (dataset_namespace, dataset_name, table_name, manifest_hash, "
       "active_revision_id) VALUES ('n', 'd', 't', 'h', 2), ('n', 'e', 'u', 'h', NULL)",
       "revision 2 at 5, dataset n/d, dataset n/e"},
      {"UPDATE physical_tables SET updated_at = now()", "nothing"},
      {"UPDATE physical_tables SET dataset_name = 'f' WHERE dataset_name = 'e'",
       "dataset n/e, dataset n/f"},
      {"UPDATE physical_tables SET active_revision_id = 3 WHERE table_name = 't'",
       "revision 2 at 6, revision 3 at 1, dataset n/d"},
      {"DELETE FROM physical_tables WHERE dataset_namespace = 'n'",
       "revision 3 at 2, dataset n/d, dataset n/f"},
      {"UPDATE jobs_status SET status = 'RUNNING'", "revision 1 at 9, job 1"},
      {"UPDATE jobs_status SET detail = '{}'", "nothing"},
      {"UPDATE jobs_status SET node_id = 'other'", "job 1"},
      {"INSERT INTO tags (namespace, name, version, hash) SELECT 'eth', 'main', '1.0.0', hash "
       "FROM manifest_files",
       "dataset eth/main"},
      {"UPDATE tags SET version = '2.0.0' WHERE version = '1.0.0'", "dataset eth/main"},
      {"UPDATE tags SET hash = hash", "nothing"},
      {"DELETE FROM tags", "dataset eth/main"},
      {"INSERT INTO dataset_manifests (namespace, name, hash) SELECT 'o', 'p', hash FROM "
       "manifest_files",
       "dataset o/p"},
      {"UPDATE dataset_manifests SET name = 'q' WHERE name = 'p'", "dataset o/p, dataset o/q"},
      {"DELETE FROM manifest_files", "dataset eth/main, dataset o/q"},
      {"DELETE FROM physical_table_revisions WHERE id = 1", "revision 1 gone, dataset eth/main"},
      {"DELETE FROM jobs", "job 1"},
      {"UPDATE workers SET heartbeat_at = now(); DELETE FROM workers", "nothing"},
      {"BEGIN; DELETE FROM physical_table_revisions; ROLLBACK", "nothing"},
      {"BEGIN; SAVEPOINT s; DELETE FROM physical_table_revisions; ROLLBACK TO s; COMMIT",
       "nothing"},
      {"BEGIN; SAVEPOINT s; UPDATE physical_table_revisions SET path = path; INSERT INTO "
       "file_metadata (location_id, file_name, metadata, url) VALUES (3, 's', '{}', ''); COMMIT",
       "revision 3 at 3"},
      {"DELETE FROM physical_table_revisions", "revision 2 gone, revision 3 gone"},
  };
  for (const Case& test : cases) {
    raw.Run(test.sql);
    EXPECT_EQ(feed.Next(), test.expected) << test.sql;
  }
}

TEST_F(ChangeFeedTest, AStatementMakesOneChangeForEachObject) {
  raw.Run("DELETE FROM tidemark.changes");
  raw.Run(
      "INSERT INTO file_metadata (location_id, file_name, metadata, url) SELECT 1 + i % 2, 'f' || "
      "i, '{}', '' FROM generate_series(1, 100) i");
  EXPECT_EQ(raw.Run("SELECT kind, location_id FROM tidemark.changes ORDER BY 2"),
            (std::vector<std::string>{"revision|1", "revision|2"}));
  raw.Run("DELETE FROM file_metadata");
  EXPECT_EQ(raw.Value("SELECT count(*) FROM tidemark.changes"), "4");
  EXPECT_EQ(raw.Value("SELECT bool_and(v.xid = c.xid) FROM tidemark.table_versions v JOIN LATERAL "
                      "(SELECT xid FROM tidemark.changes c WHERE c.location_id = v.location_id "
                      "ORDER BY id DESC LIMIT 1) c ON true"),
            "t")
      << "a version has the transaction of its last change";
}

TEST_F(ChangeFeedTest, TruncatedTablesMakeEverybodyBeginAnew) {
  const FeedPosition before = ReadFeedOf(*store, std::nullopt).position;
  raw.Run("BEGIN; TRUNCATE file_metadata CASCADE; ROLLBACK");
  EXPECT_EQ(Since(before), "nothing");
  raw.Run("TRUNCATE file_metadata CASCADE");
  EXPECT_EQ(Since(before), "other_feed");
  EXPECT_EQ(VersionOf(1), "5");
}

// Method: another session changes revision 2, and commits only after others have changed revision 1
// and a follower has looked: its transaction and its change have the lower numbers.
TEST_F(ChangeFeedTest, AChangeThatIsCommittedLateIsNotLost) {
  other.Run("BEGIN");
  other.Run(InsertFile(2, "late"));
  FeedWatch feed(*store);
  raw.Run(InsertFile(1, "c"));
  EXPECT_EQ(feed.Next(), "revision 1 at 5");
  other.Run("COMMIT");
  EXPECT_EQ(feed.Next(), "revision 2 at 1");
  EXPECT_EQ(feed.Next(), "nothing");
}

TEST_F(ChangeFeedTest, WhetherThereMayBeAnythingToReadIsKnownWithoutReading) {
  const auto may_have_changed = [&](const FeedPosition& since) {
    return Must(store->MayHaveChanged(since, Soon()));
  };
  other.Run("BEGIN");
  other.Run(InsertFile(2, "late"));
  const FeedPosition position = ReadFeedOf(*store, std::nullopt).position;
  EXPECT_FALSE(may_have_changed(position));
  raw.Run("SELECT count(*) FROM file_metadata");
  EXPECT_FALSE(may_have_changed(position)) << "somebody has read";
  other.Run("COMMIT");
  EXPECT_TRUE(may_have_changed(position)) << "a transaction that was running then has ended";

  const FeedPosition next = ReadFeedOf(*store, position).position;
  EXPECT_FALSE(may_have_changed(next));
  raw.Run(InsertFile(1, "c"));
  EXPECT_TRUE(may_have_changed(next));
  const FeedPosition last = ReadFeedOf(*store, next).position;
  EXPECT_TRUE(may_have_changed(WithField(last, 2, "1"))) << "the server was started again";
  EXPECT_TRUE(may_have_changed(FeedPosition::OfFields({"s1", "a", "1", "1"}))) << "another feed";
  EXPECT_TRUE(may_have_changed(WithField(last, 6, "00000000-0000-4000-8000-000000000000")))
      << "the machine was set back, and another change has the last one's numbers";
  EXPECT_FALSE(may_have_changed(last));

  EndSessions();
  EXPECT_FALSE(may_have_changed(last)) << "a session that was ended is replaced";
}

TEST_F(ChangeFeedTest, ATransactionThatStaysOpenHoldsNothingBack) {
  other.Run("BEGIN");
  other.Run(InsertFile(2, "never"));
  FeedWatch feed(*store);
  for (int i = 0; i < 20; ++i) {
    raw.Run(InsertFile(1, fmt::format("f{}", i)));
    EXPECT_EQ(feed.Next(), fmt::format("revision 1 at {}", 5 + i));
    // Nor does pruning what the others have seen end their following.
    Must(store->PruneFeed(hours(1), Soon()));
  }
  other.Run("ROLLBACK");
  EXPECT_EQ(feed.Next(), "nothing");
}

// Method: several transactions are begun in one order and committed in each other order.
TEST_F(ChangeFeedTest, TransactionsMayCommitInAnyOrder) {
  std::vector<int> order = {0, 1, 2};
  int file = 0;
  do {
    std::vector<std::unique_ptr<RawSession>> sessions;
    for (int i = 0; i < 3; ++i) {
      sessions.push_back(std::make_unique<RawSession>(database.url()));
      sessions.back()->Run("BEGIN");
      sessions.back()->Run(InsertFile(i + 1, fmt::format("o{}", ++file)));
    }
    FeedWatch feed(*store);
    for (const int next : order) {
      sessions[static_cast<std::size_t>(next)]->Run("COMMIT");
      EXPECT_EQ(feed.Next(), fmt::format("revision {} at {}", next + 1, VersionOf(next + 1)));
    }
  } while (std::ranges::next_permutation(order).found);
}

// Method: statements that touch two revisions, in opposite orders, from two sessions at once. A
// deadlock would end one of them.
TEST_F(ChangeFeedTest, WritersInOppositeOrderDoNotStandInEachOthersWay) {
  constexpr int kRounds = 200;
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < 2; ++w) {
      writers.emplace_back([&, w] {
        RawSession session(database.url());
        for (int i = 0; i < kRounds; ++i) {
          const std::string statement = fmt::format(
              "INSERT INTO file_metadata (location_id, file_name, metadata, url) VALUES "
              "({}, '{}-{}', '{{}}', ''), ({}, '{}-{}', '{{}}', '')",
              2 + w, w, i, 3 - w, w, i);
          if (!session.FailureOf(statement).empty()) ++failures;
        }
      });
    }
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(VersionOf(2), std::to_string(2 * kRounds));
  EXPECT_EQ(VersionOf(3), std::to_string(2 * kRounds));
}

// Method: sessions with transactions of random length, some rolled back, while a follower looks.
// After each look it has what a reading of everything yields.
TEST_F(ChangeFeedTest, AFollowerLosesNothingToTransactionsOfAnyLength) {
  const std::uint64_t seed = RandomU64() % 1'000'000;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::cout << "a fresh seed: " << seed << "\n";
  std::atomic<int> writing = 4;
  std::vector<std::jthread> writers;
  for (std::uint64_t w = 0; w < 4; ++w) {
    writers.emplace_back([&, w] {
      std::mt19937 random(static_cast<std::uint32_t>(seed + w));
      RawSession session(database.url());
      for (int i = 0; i < 60; ++i) {
        session.Run("BEGIN");
        const auto statements = 1 + random() % 3;
        // By ascending location, as writers do, so that they do not wait for each other in a
        // circle.
        for (std::uint64_t s = 1; s <= statements; ++s) {
          session.Run(InsertFile(static_cast<int>(s), fmt::format("{}-{}-{}", w, i, s)));
        }
        if (random() % 8 == 0) session.Run("UPDATE jobs_status SET updated_at = clock_timestamp()");
        if (random() % 8 == 0) {
          session.Run("UPDATE tags SET updated_at = clock_timestamp()");
        }
        session.Run(random() % 4 == 0 ? "ROLLBACK" : "COMMIT");
      }
      --writing;
    });
  }
  FeedFollower follower;
  int continued = 0;
  for (bool is_last = false; !is_last;) {
    is_last = writing == 0;
    const auto reader = Read();
    if (follower.Follow(*reader)) ++continued;
    ASSERT_EQ(Show(follower.state()), Show(FeedFollower::ReadEverything(*reader)));
  }
  EXPECT_GT(continued, 5);
}

// Method: CREATE DATABASE ... TEMPLATE copies the database as it is; the copy stands for a backup
// that is restored after the original has been written on.
TEST(RestoredFeedTest, APositionThatARestoredBackupDoesNotKnowCannotBeContinued) {
  TestDatabase original;
  Must(OpenPostgresStore({.url = original.url()}, Soon()));
  original.raw().Run("INSERT INTO physical_table_revisions (path) VALUES ('p')");
  FeedPosition known =
      ReadFeedOf(*Must(OpenPostgresStore({.url = original.url()}, Soon())), std::nullopt).position;
  RawSession(original.url()).Run("SELECT 1");
  original.Disconnect();
  TestDatabase restored(fmt::format("TEMPLATE {}", original.name()));
  original.Connect();
  original.raw().Run(InsertFile(1, "lost"));
  const auto first = Must(OpenPostgresStore({.url = original.url()}, Soon()));
  const FeedPosition lost = ReadFeedOf(*first, known).position;
  EXPECT_EQ(Show(ReadFeedOf(*first, lost).changes), "nothing");

  const auto store = Must(OpenPostgresStore({.url = restored.url()}, Soon()));
  EXPECT_EQ(Show(ReadFeedOf(*store, known).changes), "nothing") << "nothing of it has been lost";
  EXPECT_EQ(Show(ReadFeedOf(*store, lost).changes), "other_history");
  restored.raw().Run(InsertFile(1, "another") + ";" + InsertFile(1, "more"));
  EXPECT_EQ(Show(ReadFeedOf(*store, known).changes), "revision 1 at 2");
  EXPECT_EQ(Show(ReadFeedOf(*store, lost).changes), "other_history") << "its id is there again";

  // And if the mark that it saw is one that the restored database never made.
  Must(first->PruneFeed(milliseconds(0), Soon()));
  const FeedPosition marked = ReadFeedOf(*first, std::nullopt).position;
  EXPECT_EQ(Show(ReadFeedOf(*store, marked).changes), "other_history");
  Must(store->PruneFeed(milliseconds(0), Soon()));
  EXPECT_EQ(Show(ReadFeedOf(*store, marked).changes), "other_history") << "the mark's id is there";
}

// Method: a snapshot that calls transactions seen which come only later, as one has that was taken
// before an older state, with lower numbers, was put in place.
TEST_F(ChangeFeedTest, ATransactionWhoseNumberIsUsedAgainIsNotTakenForTheFormerOne) {
  const FeedPosition position = ReadFeedOf(*store, std::nullopt).position;
  const std::uint64_t end = std::stoull(raw.Value("SELECT pg_current_xact_id()")) + 1000;
  const FeedPosition ahead = WithField(position, 3, fmt::format("{}:{}:", end, end));
  EXPECT_EQ(Since(ahead), "nothing");
  raw.Run(InsertFile(1, "c"));
  EXPECT_EQ(Since(ahead), "other_history");
  EXPECT_EQ(Since(position), "revision 1 at 5");
}

TEST_F(ChangeFeedTest, AfterTheServerWasStartedAgainEverybodyBeginsAnew) {
  const FeedPosition position = ReadFeedOf(*store, std::nullopt).position;
  EXPECT_EQ(Since(WithField(position, 2, "1700000000000000")), "other_history");
}

TEST_F(ChangeFeedTest, ADatabaseThatWasCarriedToAnotherServerBeginsAnew) {
  const FeedPosition position = ReadFeedOf(*store, std::nullopt).position;
  store = Open();
  EXPECT_EQ(Since(position), "nothing") << "opening it again does nothing";
  raw.Run("UPDATE tidemark.feed SET system_identifier = 1");
  store = Open();
  EXPECT_EQ(Since(position), "other_feed");
  EXPECT_EQ(raw.Value("SELECT count(*) FROM tidemark.changes"), "0");
  FeedWatch feed(*store);
  raw.Run(InsertFile(1, "c"));
  EXPECT_EQ(feed.Next(), "revision 1 at 5");
}

TEST_F(ChangeFeedTest, ChangesArePrunedOnceAMarkThatSawThemIsOld) {
  const FeedPosition old = ReadFeedOf(*store, std::nullopt).position;
  raw.Run(InsertFile(1, "c"));
  Must(store->PruneFeed(milliseconds(0), Soon()));
  AgeMarks("2 hours");
  const FeedPosition newer = ReadFeedOf(*store, std::nullopt).position;
  raw.Run(InsertFile(1, "d"));
  Must(store->PruneFeed(hours(1), Soon()));
  EXPECT_EQ(Since(old), "pruned");
  EXPECT_EQ(Since(newer), "revision 1 at 6");
  EXPECT_EQ(raw.Value("SELECT count(*) FROM tidemark.changes"), "1");
  // The next mark comes after a sixteenth of the time.
  const std::string marks = raw.Value("SELECT count(*) FROM tidemark.feed_marks");
  Must(store->PruneFeed(hours(1), Soon()));
  EXPECT_EQ(raw.Value("SELECT count(*) FROM tidemark.feed_marks"), marks);
  AgeMarks("5 minutes");
  Must(store->PruneFeed(hours(1), Soon()));
  EXPECT_NE(raw.Value("SELECT count(*) FROM tidemark.feed_marks"), marks);
}

// Method: a transaction makes its change, stays open while marks grow old, and commits: its row is
// as old as they are, but nobody has seen it yet.
TEST_F(ChangeFeedTest, AChangeThatIsCommittedLateIsNotPrunedBeforeItCanBeRead) {
  other.Run("BEGIN");
  other.Run(InsertFile(2, "late"));
  other.Run(
      "UPDATE tidemark.changes SET at = at - interval '2 hours' WHERE xid = pg_current_xact_id()");
  Must(store->PruneFeed(milliseconds(0), Soon()));
  FeedWatch feed(*store);
  AgeMarks("2 hours");
  Must(store->PruneFeed(hours(1), Soon()));
  other.Run("COMMIT");
  Must(store->PruneFeed(hours(1), Soon()));
  EXPECT_EQ(feed.Next(), "revision 2 at 1");
}

TEST_F(ChangeFeedTest, PruningGoesOnWhereItEnded) {
  Must(store->PruneFeed(milliseconds(0), Soon()));
  raw.Run(
      "INSERT INTO tidemark.changes (kind, job_id) SELECT 'job', 7 FROM generate_series(1, "
      "10500)");
  EXPECT_EQ(Must(store->PruneFeed(milliseconds(0), Soon())), 10'000U);
  EXPECT_EQ(Must(store->PruneFeed(milliseconds(0), Soon())), 500U);
  FeedWatch feed(*store);
  EXPECT_EQ(Must(store->PruneFeed(hours(1), Soon())), 0U);
  raw.Run(InsertFile(1, "c"));
  EXPECT_EQ(feed.Next(), "revision 1 at 5");
}

// Method: a reader of the older version holds its snapshot while the database is migrated: it must
// go on seeing what it saw.
TEST(MigratedFeedTest, AnOlderDatabaseKeepsItsVersionsAndGetsAFeed) {
  TestDatabase database;
  const auto pool = std::make_shared<ConnectionPool>(database.url(), PoolLimits{});
  Must(PrepareSchema(pool, AllMigrations().first(3), true, Soon()));
  database.raw().Run("INSERT INTO physical_table_revisions (path) VALUES ('p');" +
                     InsertFile(1, "a"));
  RawSession reader(database.url());
  reader.Run("BEGIN ISOLATION LEVEL REPEATABLE READ");
  EXPECT_EQ(reader.Value("SELECT path FROM physical_table_revisions"), "p");
  const auto store = Must(OpenPostgresStore({.url = database.url()}, Soon()));
  FeedWatch feed(*store);
  EXPECT_EQ(reader.Value("SELECT version FROM tidemark.table_versions"), "1");
  reader.Run("COMMIT");
  database.raw().Run(InsertFile(1, "b"));
  EXPECT_EQ(feed.Next(), "revision 1 at 2");
  EXPECT_EQ(database.raw().Value("SELECT count(*) FROM tidemark.changes"), "1");
}

}  // namespace
}  // namespace tidemark::metadata_db_postgres
