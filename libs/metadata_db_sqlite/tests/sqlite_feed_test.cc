// The change feed, whoever makes the changes; restored files; pruning by age.
#include <chrono>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>

#include "feed_follower.h"
#include "manual_clock.h"
#include "metadata_dump.h"
#include "migrations.h"
#include "raw_database.h"
#include "temp_dir.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::FeedPosition;
using metadata_db::FeedWatch;
using metadata_db::MetadataStore;
using metadata_db::Must;
using metadata_db::ReadFeedOf;
using metadata_db::Show;
using metadata_db::Soon;
using std::chrono::hours;
using std::chrono::milliseconds;

class SqliteFeedTest : public testing::Test {
 public:
  // Job 1 writes revision 1, active for table "blocks" of eth/main, with files 1 and 2.
  void SetUp() override {
    const DatasetVersion version{.dataset = {.ns = "eth", .name = "main"},
                                 .manifest_hash = {std::string(64, 'a')}};
    Must(store->RegisterManifest({version.manifest_hash, "path", "evm-rpc"}, Soon()));
    Must(store->LinkManifest(version, Soon()));
    Must(store->RegisterWorker("node", "{}", Soon()));
    const JobId job =
        Must(store->ScheduleJob("node", {.version = version, .end_block = {}}, Soon()));
    Must(store->AcquireTables(version, {job}, {{"blocks", "eth/main/blocks/0"}}, Soon()));
    AddFile("a");
    AddFile("b");
  }

  void AddFile(const std::string& name) {
    raw.Run("INSERT INTO file_metadata (location_id, file_name, metadata, url) VALUES (1, '" +
            name + "', '{}', '')");
  }

  std::unique_ptr<MetadataStore> Open() {
    return Must(OpenSqliteStore({.file = file, .clock = clock}, Soon()));
  }

  const TempDir dir;
  const std::filesystem::path file = dir.path() / "metadata.sqlite";
  const metadata_db::ManualClock clock;
  std::unique_ptr<MetadataStore> store = Open();
  RawDatabase raw{file};
};

TEST_F(SqliteFeedTest, AFileThatTakesThePlaceOfAnotherCountsForBoth) {
  FeedWatch feed(*store);
  const struct {
    const char* sql;
    const char* expected;
  } cases[] = {
      {"INSERT OR REPLACE INTO file_metadata (location_id, file_name, metadata, url) VALUES "
       "(1, 'a', '{\"new\": 1}', '')",
       "revision 1 at 6"},
      {"UPDATE file_metadata SET id = 99 WHERE file_name = 'b'", "revision 1 at 8"},
      {"UPDATE OR REPLACE file_metadata SET file_name = 'a' WHERE file_name = 'b'",
       "revision 1 at 10"},
      {"UPDATE file_metadata SET metadata = '[]'", "revision 1 at 11"}};
  for (const auto& [sql, expected] : cases) {
    raw.Run(sql);
    EXPECT_EQ(feed.Next(), expected) << sql;
  }
}

TEST_F(SqliteFeedTest, WhetherItMayHaveChangedIsToldOfEachCommitAndOfNothingElse) {
  const auto position_now = [&] { return ReadFeedOf(*store, std::nullopt).position; };
  const auto may_have_changed = [&](const FeedPosition& since) {
    return Must(store->MayHaveChanged(since, Soon()));
  };
  FeedPosition position = position_now();
  EXPECT_FALSE(may_have_changed(position));
  EXPECT_FALSE(may_have_changed(position)) << "as before";

  raw.Run("BEGIN IMMEDIATE");
  AddFile("c");
  EXPECT_FALSE(may_have_changed(position)) << "nothing has been committed";
  raw.Run("COMMIT");
  EXPECT_TRUE(may_have_changed(position)) << "of another program";
  EXPECT_TRUE(may_have_changed(position)) << "it has not been read yet";
  const FeedPosition earlier = position;
  position = position_now();
  EXPECT_FALSE(may_have_changed(position));
  EXPECT_TRUE(may_have_changed(earlier));

  Must(store->Heartbeat("node", Soon()));
  EXPECT_FALSE(may_have_changed(position)) << "a heartbeat is no change of the feed";
  Must(
      store->TransitionJob({.job = {1}}, metadata_db::JobTransition::kStart, std::nullopt, Soon()));
  EXPECT_TRUE(may_have_changed(position)) << "of this program";
}

TEST_F(SqliteFeedTest, ThatNothingHasChangedIsToldAtOnceWhereItIsCertain) {
  FeedPosition position = ReadFeedOf(*store, std::nullopt).position;
  EXPECT_FALSE(store->IsSurelyUnchanged(position)) << "nobody has looked yet";
  EXPECT_FALSE(Must(store->MayHaveChanged(position, Soon())));
  EXPECT_TRUE(store->IsSurelyUnchanged(position));
  EXPECT_TRUE(store->IsSurelyUnchanged(position)) << "as before";

  raw.Run("BEGIN IMMEDIATE");
  AddFile("c");
  EXPECT_TRUE(store->IsSurelyUnchanged(position)) << "nothing has been committed";
  raw.Run("COMMIT");
  EXPECT_FALSE(store->IsSurelyUnchanged(position)) << "of another program";
  EXPECT_TRUE(Must(store->MayHaveChanged(position, Soon())));
  EXPECT_FALSE(store->IsSurelyUnchanged(position)) << "it has not been read yet";

  position = ReadFeedOf(*store, std::nullopt).position;
  EXPECT_FALSE(Must(store->MayHaveChanged(position, Soon())));
  EXPECT_TRUE(store->IsSurelyUnchanged(position));
  raw.Run("CREATE TABLE other (number INTEGER)");
  EXPECT_FALSE(store->IsSurelyUnchanged(position)) << "of what is not known";
  EXPECT_FALSE(Must(store->MayHaveChanged(position, Soon())));
  EXPECT_TRUE(store->IsSurelyUnchanged(position));
}

TEST_F(SqliteFeedTest, ALookThatFailsIsForgotten) {
  const FeedPosition position = ReadFeedOf(*store, std::nullopt).position;
  EXPECT_FALSE(store->MayHaveChanged(position, Deadline::After(milliseconds(-1))).has_value());
  EXPECT_FALSE(Must(store->MayHaveChanged(position, Soon())));
}

// Method: statements that another program might run, and what the feed then tells.
TEST_F(SqliteFeedTest, AChangeIsToldWhoeverMakesIt) {
  FeedWatch feed(*store);
  raw.Run("PRAGMA foreign_keys = ON");
  struct Case {
    const char* sql;
    const char* expected;
  };
  const Case cases[] = {
      {"INSERT INTO physical_table_revisions (path) VALUES ('p2'), ('p3')",
       "revision 2 at 0, revision 3 at 0"},
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
      {"UPDATE physical_tables SET updated_at = 'x'", "nothing"},
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
      {"UPDATE workers SET heartbeat_at = 'x'; DELETE FROM workers", "nothing"},
      {"BEGIN; DELETE FROM physical_table_revisions; ROLLBACK", "nothing"},
      {"DELETE FROM physical_table_revisions", "revision 2 gone, revision 3 gone"},
  };
  for (const Case& test : cases) {
    raw.Run(test.sql);
    EXPECT_EQ(feed.Next(), test.expected) << test.sql;
  }
}

TEST_F(SqliteFeedTest, EveryRiseOfAVersionHasItsChange) {
  raw.Run("DELETE FROM file_metadata; DELETE FROM jobs_status; DELETE FROM physical_tables");
  EXPECT_EQ(raw.Query("SELECT count(*) - 1 FROM tidemark_changes WHERE location_id = 1"),
            raw.Query("SELECT version FROM tidemark_table_versions"));
}

// Method: the file is copied and put back, as an operator restores a backup, and written on until
// the lost ids have been used again.
TEST_F(SqliteFeedTest, APositionThatARestoredBackupDoesNotKnowCannotBeContinued) {
  const FeedPosition known = ReadFeedOf(*store, std::nullopt).position;
  const std::filesystem::path backup = dir.path() / "backup";
  raw.Run("VACUUM INTO '" + backup.string() + "'");
  AddFile("c");
  const FeedPosition lost = ReadFeedOf(*store, std::nullopt).position;
  store.reset();
  for (const char* const ending : {"", "-wal", "-shm"}) {
    std::filesystem::remove(file.string() + ending);
  }
  std::filesystem::copy_file(backup, file);
  store = Open();

  EXPECT_EQ(Show(ReadFeedOf(*store, known).changes), "nothing") << "nothing of it has been lost";
  EXPECT_EQ(Show(ReadFeedOf(*store, lost).changes), "other_history");
  RawDatabase(file).Run(
      "INSERT INTO file_metadata (location_id, file_name, metadata, url) VALUES (1, 'x', '{}', ''),"
      "(1, 'y', '{}', '')");
  EXPECT_EQ(Show(ReadFeedOf(*store, known).changes), "revision 1 at 6");
  EXPECT_EQ(Show(ReadFeedOf(*store, lost).changes), "other_history") << "its id is there again";
  EXPECT_NE(ReadFeedOf(*store, known).position, lost);
}

TEST_F(SqliteFeedTest, AnotherFileIsAnotherFeed) {
  const FeedPosition position = ReadFeedOf(*store, std::nullopt).position;
  const auto other =
      Must(OpenSqliteStore({.file = dir.path() / "other.sqlite", .clock = clock}, Soon()));
  EXPECT_EQ(Show(ReadFeedOf(*other, position).changes), "other_feed");
}

TEST_F(SqliteFeedTest, ChangesArePrunedByAge) {
  const FeedPosition old = ReadFeedOf(*store, std::nullopt).position;
  AddFile("c");
  const FeedPosition newer = ReadFeedOf(*store, std::nullopt).position;
  raw.Run(
      "UPDATE tidemark_changes SET at = strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', '-2 hours')");
  AddFile("d");
  EXPECT_GT(Must(store->PruneFeed(hours(1), Soon())), 0U);
  EXPECT_EQ(raw.Query("SELECT count(*) FROM tidemark_changes"), "1\n");
  EXPECT_EQ(Show(ReadFeedOf(*store, old).changes), "pruned");
  EXPECT_EQ(Show(ReadFeedOf(*store, newer).changes), "revision 1 at 6")
      << "it had seen all that was pruned";
  EXPECT_EQ(Must(store->PruneFeed(hours(1), Soon())), 0U);
  raw.Run("DELETE FROM tidemark_changes");
  EXPECT_EQ(Show(ReadFeedOf(*store, newer).changes), "nothing") << "somebody else took it away";
}

TEST_F(SqliteFeedTest, PruningGoesOnWhereItEnded) {
  raw.Run(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10500) INSERT "
      "INTO tidemark_changes (kind, job_id) SELECT 'job', 7 FROM n");
  const FeedPosition last = ReadFeedOf(*store, std::nullopt).position;
  EXPECT_EQ(Must(store->PruneFeed(milliseconds(0), Soon())), 10'000U);
  EXPECT_EQ(Show(ReadFeedOf(*store, last).changes), "nothing");
  EXPECT_GT(Must(store->PruneFeed(milliseconds(0), Soon())), 500U);
  EXPECT_EQ(Must(store->PruneFeed(milliseconds(0), Soon())), 0U);
  EXPECT_EQ(Show(ReadFeedOf(*store, last).changes), "nothing") << "it is just what is pruned";
  AddFile("c");
  EXPECT_EQ(Show(ReadFeedOf(*store, last).changes), "revision 1 at 5");
}

TEST_F(SqliteFeedTest, AnOlderDatabaseKeepsItsVersionsAndGetsAFeed) {
  const std::filesystem::path old_file = dir.path() / "old.sqlite";
  RawDatabase old(old_file);
  for (const char* const migration : {kMigration0001, kMigration0002, kMigration0003}) {
    old.Run(migration);
  }
  old.Run(
      "INSERT INTO physical_table_revisions (path) VALUES ('p'); INSERT INTO file_metadata "
      "(location_id, file_name, metadata, url) VALUES (1, 'a', '{}', '')");
  const auto migrated = Must(OpenSqliteStore({.file = old_file, .clock = clock}, Soon()));
  FeedWatch feed(*migrated);
  old.Run(
      "INSERT INTO file_metadata (location_id, file_name, metadata, url) VALUES (1, 'b', '{}', "
      "'')");
  EXPECT_EQ(feed.Next(), "revision 1 at 2");
}

TEST_F(SqliteFeedTest, AReadingLooksOnlyAtWhatIsNew) {
  EXPECT_THAT(
      raw.Query("EXPLAIN QUERY PLAN SELECT DISTINCT c.kind, c.location_id, c.job_id, "
                "c.namespace, c.name, v.version FROM tidemark_changes c LEFT JOIN "
                "tidemark_table_versions v ON v.location_id = c.location_id WHERE c.id > 5"),
      testing::HasSubstr("SEARCH c USING INTEGER PRIMARY KEY (rowid>?)"));
}

}  // namespace
}  // namespace tidemark::metadata_db_sqlite
