// The change feed beside Amp's tables: installing and removing it, what it tells, what it costs
// Amp's writers, and what becomes of it when somebody spoils it.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "amp_database.h"
#include "attached_feed_sql.h"
#include "feed_follower.h"
#include "store_fixture.h"
#include "tidemark/base/random.h"
#include "tidemark/metadata_db_postgres/attached_feed.h"

namespace tidemark::metadata_db_postgres {
namespace {

using metadata_db::FeedPosition;
using metadata_db::FeedReading;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;

std::string InsertFile(int location, const std::string& name) {
  return fmt::format(
      "INSERT INTO file_metadata (location_id, file_name, metadata, url) VALUES ({}, '{}', '{{}}', "
      "'')",
      location, name);
}

std::string MessageOf(const auto& result) { return result ? "ok" : result.error().message; }

// Everything that the catalog says of the database, but for numbers that only rise.
std::string Catalog(RawSession& raw) {
  const std::vector<std::string> rows = raw.Run(R"sql(
SELECT * FROM (
  SELECT 'schema', nspname::text, nspacl::text, obj_description(oid, 'pg_namespace') FROM pg_namespace
  UNION ALL SELECT 'relation', oid::text || relname, relacl::text, relkind::text FROM pg_class
  UNION ALL SELECT 'function', oid::text || proname, proacl::text, prosrc FROM pg_proc
  UNION ALL SELECT 'trigger', oid::text || tgname, tgenabled::text, '' FROM pg_trigger
  UNION ALL SELECT 'type', oid::text || typname, '', '' FROM pg_type
  UNION ALL SELECT 'constraint', oid::text || conname, '', '' FROM pg_constraint
  UNION ALL SELECT 'comment', objoid::text, description, '' FROM pg_description
  UNION ALL SELECT 'depends', classid::text || '.' || objid || '.' || objsubid,
    refclassid::text || '.' || refobjid || '.' || refobjsubid, deptype::text FROM pg_depend
  UNION ALL SELECT 'of a role', classid::text || '.' || objid, refobjid::text, deptype::text
    FROM pg_shdepend WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
) everything ORDER BY 1, 2, 3, 4)sql");
  std::string text;
  for (const std::string& row : rows) text += row + "\n";
  return text;
}

class AttachedFeedTest : public testing::Test {
 public:
  // Revision 1 is active for table "blocks" of "eth/main" and written by job 1, 2 and 3 are not.
  void SetUp() override {
    amps.GrantSelect();
    owner.Run(R"sql(
INSERT INTO workers (node_id, heartbeat_at) VALUES ('node', now());
INSERT INTO jobs (node_id, idempotency_key) VALUES ('node', 'k');
INSERT INTO jobs_status (job_id, node_id, status) VALUES (1, 'node', 'SCHEDULED');
INSERT INTO manifest_files (hash, path) VALUES (repeat('a', 64), 'path');
INSERT INTO dataset_manifests (namespace, name, hash) VALUES ('eth', 'main', repeat('a', 64));
INSERT INTO physical_table_revisions (path, writer) VALUES ('p1', 1), ('p2', NULL), ('p3', NULL);
INSERT INTO physical_tables (dataset_namespace, dataset_name, table_name, manifest_hash,
  active_revision_id) VALUES ('eth', 'main', 'blocks', repeat('a', 64), 1))sql");
  }

  void Install() {
    ASSERT_EQ(Must(InstallAttachedFeed(amps.owner_url(), Soon())), FeedInstallation::kInstalled);
    base = std::stoll(raw.Value("SELECT base FROM tidemark.feed"));
  }
  AttachedFeedStatus Status() { return Must(ReadAttachedFeedStatus(amps.owner_url(), Soon())); }
  std::unique_ptr<MetadataStore> Open() const {
    return Must(OpenPostgresStore({.url = amps.url()}, Soon()));
  }
  std::optional<FeedReading> Read(MetadataStore& store,
                                  const std::optional<FeedPosition>& since = std::nullopt) {
    return Must(Must(store.OpenReader(Soon()))->ReadFeed(since));
  }
  // As metadata_db::Show, with versions counted from the feed's first.
  std::string Show(FeedReading reading) const {
    if (reading.changes) {
      for (auto& revision : reading.changes->revisions) {
        if (revision.version) *revision.version -= static_cast<std::uint64_t>(base);
      }
    }
    return metadata_db::Show(reading.changes);
  }
  // What is new since the last call.
  std::string Next(MetadataStore& store) {
    const bool may_have_changed = Must(store.MayHaveChanged(position.value(), Soon()));
    FeedReading reading = Read(store, position).value();
    position = reading.position;
    std::string shown = Show(std::move(reading));
    if (!may_have_changed) {
      EXPECT_EQ(shown, "nothing");
    }
    return shown;
  }
  std::int64_t VersionOf(int location) {
    return std::stoll(raw.Value(fmt::format("SELECT tidemark.version_of({})", location))) - base;
  }
  std::optional<std::uint64_t> ActiveVersion(MetadataStore& store) {
    return Must(Must(store.OpenReader(Soon()))->GetTable(StoreTest::Version(), "blocks"))
        .value()
        .revision_version;
  }
  std::string Value(const std::string& query) { return raw.Value(query); }

  AmpDatabase amps{TIDEMARK_TEST_DATA, AmpDatabase::Content::kNothing};
  RawSession& raw = amps.raw();
  RawSession& owner = amps.owner();
  std::int64_t base = 0;
  std::optional<FeedPosition> position;
};

TEST_F(AttachedFeedTest, WhatIsInstalledIsRemovedWithoutATrace) {
  const std::string before = Catalog(raw);
  EXPECT_FALSE(Must(RemoveAttachedFeed(amps.owner_url(), Soon())));
  EXPECT_FALSE(Status().is_installed);
  for (int round = 0; round < 2; ++round) {
    Install();
    const std::string installed = Catalog(raw);
    EXPECT_NE(installed, before);
    EXPECT_EQ(Must(InstallAttachedFeed(amps.owner_url(), Soon())), FeedInstallation::kWasInstalled);
    EXPECT_EQ(Catalog(raw), installed);
    owner.Run(InsertFile(1, fmt::format("f{}", round)));
    EXPECT_TRUE(Must(RemoveAttachedFeed(amps.owner_url(), Soon())));
    EXPECT_FALSE(Must(RemoveAttachedFeed(amps.owner_url(), Soon())));
    EXPECT_EQ(Catalog(raw), before);
    owner.Run(InsertFile(1, fmt::format("g{}", round)));
  }
}

TEST_F(AttachedFeedTest, TheCommentOfTheSchemaTellsTheFormat) {
  Install();
  EXPECT_EQ(Status().format, kAttachedFeedFormat);
  EXPECT_EQ(Value("SELECT keep FROM tidemark.feed"), "01:00:00");
  EXPECT_EQ(metadata_db::kFeedKept, std::chrono::hours(1));
  EXPECT_EQ(Value("SELECT pruned_at_once FROM tidemark.feed"),
            std::to_string(metadata_db::kFeedPrunedAtOnce));
}

TEST_F(AttachedFeedTest, TheStatusTellsWhatIsThere) {
  EXPECT_EQ(WhyUnused(Status()), "it is not installed");
  Install();
  owner.Run(InsertFile(1, "a") + ";" + InsertFile(2, "a"));
  const AttachedFeedStatus status = Status();
  EXPECT_EQ(WhyUnused(status), std::nullopt);
  EXPECT_EQ(status.amp_schema, 20260312000000);
  EXPECT_EQ(status.triggers_firing, 24);
  EXPECT_EQ(status.triggers_expected, 24);
  EXPECT_EQ(status.changes, 2);
  ASSERT_TRUE(status.installed_at && status.oldest_change);
  EXPECT_LT(*status.installed_at, *status.oldest_change);
  EXPECT_EQ(status.faults, 0);
  EXPECT_EQ(Must(ReadAttachedFeedStatus(amps.url(), Soon())).changes, 2) << "the server's role";
}

// Method: as in a database of ours, by a role that has no right in the schema of the feed.
TEST_F(AttachedFeedTest, AChangeIsToldWhoeverMakesIt) {
  Install();
  RawSession(ServerUrl())
      .Run(
          "DO $$ BEGIN CREATE ROLE amp_writer LOGIN PASSWORD 'writer'; EXCEPTION WHEN "
          "duplicate_object THEN NULL; END $$");
  raw.Run(
      "GRANT INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO amp_writer; GRANT "
      "SELECT ON ALL TABLES IN SCHEMA public TO amp_writer");
  raw.Run("REVOKE ALL ON SCHEMA tidemark FROM PUBLIC");
  RawSession writer(amps.UrlOf("amp_writer", "writer"));
  // Nothing that it could put on its path is called.
  writer.Run(
      "SET search_path = pg_temp, public; CREATE TEMP TABLE changes (kind text); CREATE TEMP TABLE "
      "raises (times bigint)");
  const auto store = Open();
  position = Read(*store).value().position;
  struct Case {
    const char* sql;
    const char* expected;
  };
  const Case cases[] = {
      {"UPDATE physical_table_revisions SET metadata = '[]'", "nothing"},
      {"INSERT INTO file_metadata (location_id, file_name, metadata, url) VALUES "
       "(1, 'c', '{}', ''), (2, 'c', '{}', ''), (1, 'd', '{}', '')",
       "revision 1 at 2, revision 2 at 1"},
      {"UPDATE file_metadata SET location_id = 2 WHERE file_name = 'd'",
       "revision 1 at 3, revision 2 at 2"},
      {"INSERT INTO file_metadata (location_id, file_name, metadata, url) VALUES (1, 'c', '{}', "
       "'') "
       "ON CONFLICT DO NOTHING",
       "nothing"},
      {"DELETE FROM file_metadata", "revision 1 at 4, revision 2 at 4"},
      {"DELETE FROM file_metadata", "nothing"},
      // As Amp registers a file with its footer.
      {"WITH f AS (INSERT INTO file_metadata (location_id, file_name, metadata, url) VALUES (3, "
       "'f', "
       "'{}', '') ON CONFLICT DO NOTHING RETURNING id) INSERT INTO footer_cache SELECT id, '' FROM "
       "f; "
       "DELETE FROM file_metadata",
       "revision 3 at 2"},
      {"INSERT INTO physical_tables (dataset_namespace, dataset_name, table_name, manifest_hash, "
       "active_revision_id) VALUES ('n', 'd', 't', 'h', 2), ('n', 'e', 'u', 'h', NULL)",
       "revision 2 at 5, dataset n/d, dataset n/e"},
      {"UPDATE physical_tables SET updated_at = now()", "nothing"},
      {"UPDATE physical_tables SET dataset_name = 'f' WHERE dataset_name = 'e'",
       "dataset n/e, dataset n/f"},
      // As Amp activates a revision.
      {"BEGIN; UPDATE physical_tables SET active_revision_id = NULL WHERE table_name = 't'; UPDATE "
       "physical_tables SET active_revision_id = 3 WHERE table_name = 't'; COMMIT",
       "revision 2 at 6, revision 3 at 3, dataset n/d"},
      {"DELETE FROM physical_tables WHERE dataset_namespace = 'n'",
       "revision 3 at 4, dataset n/d, dataset n/f"},
      {"UPDATE jobs_status SET status = 'RUNNING'", "revision 1 at 5, job 1"},
      {"UPDATE jobs_status SET detail = '{}'", "nothing"},
      {"UPDATE jobs_status SET node_id = 'other'", "job 1"},
      // As a job of Amp's takes its revisions.
      {"UPDATE physical_table_revisions SET writer = 1, updated_at = now()",
       "revision 2 at 7, revision 3 at 5"},
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
      {"DELETE FROM jobs", "revision 2 at 8, revision 3 at 6, job 1"},
      {"UPDATE workers SET heartbeat_at = now(); DELETE FROM workers", "nothing"},
      {"BEGIN; DELETE FROM physical_table_revisions; ROLLBACK", "nothing"},
      {"BEGIN; SAVEPOINT s; DELETE FROM physical_table_revisions; ROLLBACK TO s; COMMIT",
       "nothing"},
      {"BEGIN; SAVEPOINT s; UPDATE physical_table_revisions SET path = path; INSERT INTO "
       "file_metadata (location_id, file_name, metadata, url) VALUES (3, 's', '{}', ''); COMMIT",
       "revision 3 at 7"},
      {"DELETE FROM physical_table_revisions", "revision 2 gone, revision 3 gone"},
  };
  for (const Case& test : cases) {
    writer.Run(test.sql);
    EXPECT_EQ(Next(*store), test.expected) << test.sql;
  }
  EXPECT_EQ(Value("SELECT count(*) FROM tidemark.raises"), "0") << "nothing stays of what is gone";
  EXPECT_EQ(Value("SELECT count(*) FROM tidemark.faults"), "0");
}

TEST_F(AttachedFeedTest, AnAnswerHasTheVersionOfItsMomentAndNoneWithoutAFeed) {
  const auto store = Open();
  EXPECT_EQ(ActiveVersion(*store), std::nullopt);
  EXPECT_EQ(Read(*store), std::nullopt);
  Install();
  const auto first = ActiveVersion(*store);
  EXPECT_EQ(first, static_cast<std::uint64_t>(base));
  const auto old_reader = Must(store->OpenReader(Soon()));
  owner.Run(InsertFile(1, "a") + ";" + InsertFile(1, "b"));
  EXPECT_EQ(ActiveVersion(*store), *first + 2);
  EXPECT_EQ(Must(old_reader->GetTable(StoreTest::Version(), "blocks"))->revision_version, first);
  EXPECT_EQ(Must(old_reader->ListTables(StoreTest::Version())).at(0).revision_version, first);
  EXPECT_EQ(Must(old_reader->ListTablesWrittenBy({1})).at(0).revision_version, first);
  EXPECT_EQ(Must(old_reader->ListFiles({1})).size(), 0U);
}

TEST_F(AttachedFeedTest, AFeedThatIsInstalledAgainGoesOnAboveTheOneBefore) {
  Install();
  const auto store = Open();
  owner.Run(InsertFile(1, "a"));
  const auto version = ActiveVersion(*store).value();
  position = Read(*store).value().position;
  Must(RemoveAttachedFeed(amps.owner_url(), Soon()));
  EXPECT_EQ(Read(*store, position), std::nullopt);
  EXPECT_EQ(ActiveVersion(*store), std::nullopt);
  Install();
  EXPECT_GT(ActiveVersion(*store), version);
  EXPECT_EQ(Next(*store), "other_feed");
}

// Method: two transactions that stay open touch the same tables in opposite order, and one of them
// does so often enough to fold; then others come. Whoever had to wait would fail here, and in a
// database of ours, where a row is the version, somebody would.
TEST_F(AttachedFeedTest, WritersNeverWaitForEachOther) {
  Install();
  RawSession other(amps.owner_url());
  RawSession third(amps.owner_url());
  // A trigger catches every failure but this one.
  for (RawSession* session : {&owner, &other, &third}) {
    session->Run("SET statement_timeout = '2s'");
  }
  const auto insert = [](RawSession& session, const char* name, int count) {
    for (int i = 0; i < count; ++i) {
      session.Run(InsertFile(1 + (i % 3), fmt::format("{}{}", name, i)));
    }
  };
  insert(third, "before", 90);
  owner.Run("BEGIN");
  other.Run("BEGIN");
  owner.Run(InsertFile(2, "a"));
  other.Run(InsertFile(3, "b"));
  owner.Run(InsertFile(3, "c"));
  other.Run(InsertFile(2, "d"));
  owner.Run("UPDATE jobs_status SET status = 'RUNNING'");
  other.Run("UPDATE tags SET version = version");
  other.Run(InsertFile(1, "e"));
  insert(owner, "open", 600);
  EXPECT_NE(owner.Value("SELECT count(*) FROM tidemark.raises"),
            owner.Value("SELECT sum(times) FROM tidemark.raises"))
      << "nobody has folded, which happens once in a hundred thousand runs";
  insert(third, "after", 600);
  insert(other, "open too", 600);
  other.Run("COMMIT");
  owner.Run("COMMIT");
  EXPECT_EQ(VersionOf(1), 30 + 200 + 200 + 200 + 2);
  EXPECT_EQ(VersionOf(2), 30 + 200 + 200 + 200 + 2);
  EXPECT_EQ(VersionOf(3), 30 + 200 + 200 + 200 + 2);
}

TEST_F(AttachedFeedTest, NoIsolationLevelMakesAWriterFail) {
  Install();
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> writers;
    for (const char* const level : {"read committed", "repeatable read", "serializable"}) {
      writers.emplace_back([&, level] {
        RawSession session(amps.owner_url());
        session.Run(fmt::format("SET default_transaction_isolation = '{}'", level));
        for (int i = 0; i < 300; ++i) {
          if (!session.FailureOf(InsertFile(1, fmt::format("{}-{}", level, i))).empty()) ++failures;
        }
      });
    }
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(VersionOf(1), 900);
  EXPECT_EQ(Status().faults, 0);
}

TEST_F(AttachedFeedTest, AChangeThatIsCommittedLateIsNotLostAndHoldsNothingBack) {
  Install();
  const auto store = Open();
  owner.Run("BEGIN");
  owner.Run(InsertFile(2, "late"));
  position = Read(*store).value().position;
  RawSession other(amps.owner_url());
  for (int i = 1; i <= 100; ++i) {
    other.Run(InsertFile(1, fmt::format("f{}", i)));
    if (i == 50) other.Run("UPDATE tidemark.feed_marks SET at = at - interval '10 minutes'");
    ASSERT_EQ(Next(*store), fmt::format("revision 1 at {}", i));
  }
  owner.Run("COMMIT");
  EXPECT_EQ(Next(*store), "revision 2 at 1");
  EXPECT_EQ(Next(*store), "nothing");
}

TEST_F(AttachedFeedTest, ABulkDeleteIsOneChangeOfEachTableAndCountsEachRow) {
  Install();
  owner.Run(
      "INSERT INTO file_metadata (location_id, file_name, metadata, url) SELECT 1 + i % 2, 'f' || "
      "i, '{}', '' FROM generate_series(1, 20000) i");
  EXPECT_EQ(Value("SELECT count(*) FROM tidemark.changes"), "2");
  const auto store = Open();
  position = Read(*store).value().position;
  owner.Run("DELETE FROM file_metadata");
  EXPECT_EQ(Value("SELECT count(*) FROM tidemark.changes"), "4");
  EXPECT_EQ(Next(*store), "revision 1 at 20000, revision 2 at 20000");
}

TEST_F(AttachedFeedTest, TruncatedTablesMakeEverybodyBeginAnew) {
  Install();
  const auto store = Open();
  position = Read(*store).value().position;
  owner.Run("BEGIN; TRUNCATE file_metadata CASCADE; ROLLBACK");
  EXPECT_EQ(Next(*store), "nothing");
  owner.Run("TRUNCATE file_metadata CASCADE");
  EXPECT_EQ(Next(*store), "other_feed");
  EXPECT_EQ(VersionOf(1), 1);
  EXPECT_EQ(Next(*store), "nothing");
}

// What a follower keeps of a database: the files of each revision, the state of each job, the
// tables of each dataset.
struct Followed {
  std::map<std::int64_t, std::string> revisions;
  std::map<std::int64_t, std::string> jobs;
  std::map<std::string, std::string> datasets;
};

std::string FilesOf(MetadataReader& reader, LocationId id) {
  std::string text;
  for (const auto& file : Must(reader.ListFiles(id))) text += file.file_name + " ";
  return text;
}

void ReadRevision(MetadataReader& reader, LocationId id, Followed& followed) {
  const auto row = Must(reader.GetRevision(id));
  followed.revisions.erase(id.value);
  if (!row) return;
  followed.revisions[id.value] =
      fmt::format("writer {} files {}", row->writer.value_or(JobId{}).value, FilesOf(reader, id));
}

void ReadJob(MetadataReader& reader, JobId id, Followed& followed) {
  const auto row = Must(reader.GetJob(id));
  followed.jobs.erase(id.value);
  if (row) followed.jobs[id.value] = std::string(ToString(row->status));
}

void ReadDataset(MetadataReader& reader, const DatasetName& name, Followed& followed) {
  std::string text;
  const DatasetVersion version{.dataset = name,
                               .manifest_hash = StoreTest::Version().manifest_hash};
  for (const auto& table : Must(reader.ListTables(version))) {
    text += fmt::format("{} at {} ", table.table_name,
                        table.active_revision.value_or(LocationId{}).value);
  }
  followed.datasets[ToString(name)] = text;
}

Followed ReadEverything(MetadataReader& reader) {
  Followed all;
  for (const auto& row : Must(reader.ListRevisions({}))) ReadRevision(reader, row.id, all);
  for (const auto& row : Must(reader.ListJobs({}))) ReadJob(reader, row.id, all);
  ReadDataset(reader, {.ns = "eth", .name = "main"}, all);
  return all;
}

void Replay(MetadataReader& reader, const metadata_db::Changes& changes, Followed& followed) {
  for (const auto& revision : changes.revisions) {
    EXPECT_EQ(revision.version.has_value(), Must(reader.GetRevision(revision.id)).has_value());
    ReadRevision(reader, revision.id, followed);
  }
  for (const JobId job : changes.jobs) ReadJob(reader, job, followed);
  for (const DatasetName& name : changes.datasets) ReadDataset(reader, name, followed);
}

std::string RandomStatement(std::mt19937& random, std::uint64_t writer, int step) {
  const auto location = static_cast<int>(1 + random() % 4);
  switch (random() % 10) {
    case 0:
      return "DELETE FROM file_metadata WHERE id IN (SELECT id FROM file_metadata ORDER BY id "
             "LIMIT "
             "3 FOR UPDATE SKIP LOCKED)";
    case 1:
      return fmt::format("UPDATE physical_tables SET active_revision_id = {}", location);
    case 2:
      return fmt::format("UPDATE jobs_status SET status = '{}', updated_at = clock_timestamp()",
                         random() % 2 == 0 ? "RUNNING" : "ERROR");
    case 3:
      return fmt::format("UPDATE physical_table_revisions SET writer = {} WHERE id = {}",
                         random() % 2 == 0 ? "1" : "NULL", location);
    case 4:
      return fmt::format(
          "INSERT INTO file_metadata (location_id, file_name, metadata, url) SELECT l, "
          "'b{}-{}', '{{}}', '' FROM unnest(ARRAY[1, 2, 3, 4]) l",
          writer, step);
    default:
      return InsertFile(location, fmt::format("{}-{}", writer, step));
  }
}

// Method: writers with transactions of random length, in any order of tables, some rolled back,
// while the feed is pruned all the time and a follower looks. After each look it has what a reading
// of everything yields. Writers may stand in each other's way by Amp's own rows; then the
// transaction is given up, but never for a lock of the feed's.
TEST_F(AttachedFeedTest, AFollowerLosesNothingToTransactionsOfAnyLength) {
  const std::uint64_t seed = RandomU64() % 1'000'000;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::cout << "a fresh seed: " << seed << "\n";
  owner.Run("INSERT INTO physical_table_revisions (path) VALUES ('p4')");
  Install();
  raw.Run("UPDATE tidemark.feed SET keep = '300 milliseconds', pruned_at_once = 50");
  std::atomic<int> writing = 4;
  std::atomic<int> continued = 0;
  std::vector<std::jthread> writers;
  for (std::uint64_t w = 0; w < 4; ++w) {
    writers.emplace_back([&, w] {
      std::mt19937 random(static_cast<std::uint32_t>(seed + w));
      RawSession session(amps.owner_url());
      for (int i = 0; i < 120 || (continued <= 5 && i < 5000); ++i) {
        session.Run("BEGIN");
        bool has_failed = false;
        for (auto statements = 1 + random() % 3; statements > 0 && !has_failed; --statements) {
          has_failed =
              !session.FailureOf(RandomStatement(random, w, i * 10 + static_cast<int>(statements)))
                   .empty();
        }
        session.Run(has_failed || random() % 5 == 0 ? "ROLLBACK" : "COMMIT");
      }
      --writing;
    });
  }
  const auto store = Open();
  Followed followed;
  for (bool is_last = false; !is_last;) {
    is_last = writing == 0;
    const auto reader = Must(store->OpenReader(Soon()));
    const FeedReading reading = Must(reader->ReadFeed(position)).value();
    position = reading.position;
    const Followed everything = ReadEverything(*reader);
    if (reading.changes) {
      Replay(*reader, *reading.changes, followed);
      ++continued;
    } else {
      followed = everything;
    }
    ASSERT_EQ(followed.revisions, everything.revisions);
    ASSERT_EQ(followed.jobs, everything.jobs);
    ASSERT_EQ(followed.datasets, everything.datasets);
  }
  EXPECT_GT(continued, 5);
  EXPECT_EQ(Status().faults, 0);
}

TEST_F(AttachedFeedTest, TheTablesOfTheFeedStaySmallAndVersionsExact) {
  Install();
  raw.Run("UPDATE tidemark.feed SET keep = '160 milliseconds', pruned_at_once = 100");
  constexpr int kWriters = 3;
  constexpr int kWrites = 1500;
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < kWriters; ++w) {
      writers.emplace_back([&, w] {
        RawSession session(amps.owner_url());
        for (int i = 0; i < kWrites; ++i) session.Run(InsertFile(1, fmt::format("{}-{}", w, i)));
      });
    }
  }
  EXPECT_EQ(VersionOf(1), kWriters * kWrites);
  // Folded once in fifty writes on average: this many are there once in e^12 runs.
  EXPECT_LT(std::stoi(Value("SELECT count(*) FROM tidemark.raises")), 600);
  // A hundred a second are pruned at least, and some more are written now.
  std::this_thread::sleep_for(milliseconds(200));
  raw.Run("UPDATE tidemark.feed SET pruned_at_once = 100000");
  for (int i = 0; i < 3; ++i) {
    raw.Run("UPDATE tidemark.feed_marks SET at = at - interval '2 seconds'");
    owner.Run(InsertFile(1, fmt::format("more{}", i)));
  }
  EXPECT_LT(std::stoi(Value("SELECT count(*) FROM tidemark.changes")), 10);
  EXPECT_LT(std::stoi(Value("SELECT count(*) FROM tidemark.feed_marks")), 10);
  EXPECT_EQ(VersionOf(1), kWriters * kWrites + 3);
}

TEST_F(AttachedFeedTest, APositionFromBeforeWhatIsPrunedIsToldSo) {
  Install();
  const auto store = Open();
  const FeedPosition old = Read(*store).value().position;
  owner.Run(InsertFile(1, "a"));
  raw.Run("UPDATE tidemark.feed_marks SET at = at - interval '10 minutes'");
  owner.Run(InsertFile(1, "b"));
  raw.Run("UPDATE tidemark.feed_marks SET at = at - interval '2 hours'");
  const FeedPosition newer = Read(*store).value().position;
  owner.Run(InsertFile(1, "c"));
  EXPECT_EQ(Show(Read(*store, old).value()), "pruned");
  EXPECT_EQ(Show(Read(*store, newer).value()), "revision 1 at 3");
}

// Method: CREATE DATABASE ... TEMPLATE copies the database as it is; the copy stands for a backup
// that is restored after the original has been written on.
TEST_F(AttachedFeedTest, APositionThatARestoredBackupDoesNotKnowCannotBeContinued) {
  Install();
  const FeedPosition known = Read(*Open()).value().position;
  amps.CloseOwner();
  amps.database().Disconnect();
  TestDatabase restored(fmt::format("TEMPLATE {}", amps.database().name()));
  amps.database().Connect();
  amps.raw().Run(InsertFile(1, "lost"));
  const FeedPosition lost = Read(*Open(), known).value().position;
  EXPECT_EQ(Show(Read(*Open(), lost).value()), "nothing");

  const auto store = Must(OpenPostgresStore({.url = restored.url()}, Soon()));
  EXPECT_EQ(Show(Read(*store, known).value()), "nothing") << "nothing of it has been lost";
  EXPECT_EQ(Show(Read(*store, lost).value()), "other_history");
  restored.raw().Run(InsertFile(1, "another") + ";" + InsertFile(1, "more"));
  EXPECT_EQ(Show(Read(*store, lost).value()), "other_history") << "its id is there again";
  EXPECT_EQ(Show(Read(*store, known).value()), "revision 1 at 2");
}

TEST_F(AttachedFeedTest, AFeedThatCameFromAnotherServerIsNotReadUntilItIsMadeAnew) {
  Install();
  const auto store = Open();
  owner.Run(InsertFile(1, "a"));
  const auto version = ActiveVersion(*store).value();
  raw.Run("UPDATE tidemark.feed SET system_identifier = 1");
  EXPECT_EQ(Read(*store), std::nullopt);
  EXPECT_THAT(WhyUnused(Status()).value(), HasSubstr("another server"));
  EXPECT_EQ(Must(InstallAttachedFeed(amps.owner_url(), Soon())), FeedInstallation::kRepaired);
  EXPECT_GT(ActiveVersion(*store), version);
  EXPECT_EQ(WhyUnused(Status()), std::nullopt);
}

TEST_F(AttachedFeedTest, AFeedWhoseTriggersSomebodyTouchesIsNotBelieved) {
  Install();
  const auto store = Open();
  position = Read(*store).value().position;
  owner.Run("ALTER TABLE file_metadata DISABLE TRIGGER tidemark_inserted");
  EXPECT_EQ(Read(*store, position), std::nullopt);
  EXPECT_EQ(ActiveVersion(*store), std::nullopt);
  EXPECT_THAT(WhyUnused(Status()).value(), HasSubstr("23 of its 24 triggers fire"));
  // Nobody has looked meanwhile.
  owner.Run(InsertFile(1, "unseen"));
  owner.Run("ALTER TABLE file_metadata ENABLE ALWAYS TRIGGER tidemark_inserted");
  EXPECT_EQ(Read(*store, position), std::nullopt);
  EXPECT_EQ(ActiveVersion(*store), std::nullopt);
  EXPECT_THAT(WhyUnused(Status()).value(), HasSubstr("changed since it was installed"));
  EXPECT_EQ(Must(InstallAttachedFeed(amps.owner_url(), Soon())), FeedInstallation::kRepaired);
  EXPECT_EQ(Next(*store), "other_feed");
  // As pg_restore --disable-triggers leaves them.
  owner.Run("ALTER TABLE tags DISABLE TRIGGER USER; ALTER TABLE tags ENABLE TRIGGER USER");
  EXPECT_EQ(Read(*store, position), std::nullopt);
  EXPECT_EQ(Must(InstallAttachedFeed(amps.owner_url(), Soon())), FeedInstallation::kRepaired);
  EXPECT_EQ(Next(*store), "other_feed");
  raw.Run("SET session_replication_role = replica; " + InsertFile(2, "replicated"));
  EXPECT_THAT(Next(*store), HasSubstr("revision 2 at")) << "and so it is told";
}

// A snapshot from before sees no row of a table that has been rewritten since.
TEST_F(AttachedFeedTest, AfterATableWasRewrittenTheFeedIsNotBelieved) {
  Install();
  const auto store = Open();
  raw.Run("VACUUM FULL file_metadata");
  EXPECT_NE(Read(*store), std::nullopt) << "which shows every snapshot what it showed before";
  owner.Run("ALTER TABLE file_metadata ADD COLUMN extra double precision DEFAULT random()");
  EXPECT_EQ(Read(*store), std::nullopt);
  EXPECT_EQ(ActiveVersion(*store), std::nullopt);
  EXPECT_EQ(Must(InstallAttachedFeed(amps.owner_url(), Soon())), FeedInstallation::kRepaired);
  EXPECT_NE(Read(*store), std::nullopt);
}

TEST_F(AttachedFeedTest, AFileThatGetsAnotherIdCountsAsOneThatGoesAndOneThatComes) {
  Install();
  const auto store = Open();
  owner.Run(InsertFile(1, "c"));
  position = Read(*store).value().position;
  owner.Run("UPDATE file_metadata SET id = DEFAULT WHERE file_name = 'c'");
  EXPECT_EQ(Next(*store), "revision 1 at 3");
  owner.Run("UPDATE file_metadata SET id = DEFAULT, location_id = 2 WHERE file_name = 'c'");
  EXPECT_EQ(Next(*store), "revision 1 at 4, revision 2 at 1");
}

// Method: a column that triggers use goes away under them, as with a migration of Amp's.
TEST_F(AttachedFeedTest, ATriggerThatFailsFailsNoWriterAndTheFeedIsNotBelieved) {
  Install();
  const auto store = Open();
  owner.Run("ALTER TABLE jobs_status RENAME COLUMN node_id TO node");
  owner.Run("INSERT INTO jobs (node_id, idempotency_key) VALUES ('node', 'l')");
  EXPECT_NE(Read(*store), std::nullopt);
  owner.Run("UPDATE jobs_status SET status = 'RUNNING'");
  EXPECT_EQ(Value("SELECT status FROM jobs_status"), "RUNNING");
  EXPECT_EQ(Read(*store), std::nullopt);
  EXPECT_THAT(WhyUnused(Status()).value(),
              AllOf(HasSubstr("states_updated"), HasSubstr("node_id")));
  for (int i = 0; i < 150; ++i) owner.Run("UPDATE jobs_status SET status = 'RUNNING'");
  EXPECT_EQ(Status().faults, 100) << "the rest is not told of";
  EXPECT_THAT(MessageOf(InstallAttachedFeed(amps.owner_url(), Soon())),
              HasSubstr("the column jobs_status.node_id is not there"));
  owner.Run("ALTER TABLE jobs_status RENAME COLUMN node TO node_id");
  EXPECT_EQ(Must(InstallAttachedFeed(amps.owner_url(), Soon())), FeedInstallation::kRepaired);
  EXPECT_NE(Read(*store), std::nullopt);
  // The feed's own tables gone: nobody should, but Amp goes on.
  raw.Run("DROP TABLE tidemark.changes, tidemark.faults");
  owner.Run(InsertFile(1, "a"));
  EXPECT_EQ(Read(*store), std::nullopt);
  EXPECT_EQ(Must(InstallAttachedFeed(amps.owner_url(), Soon())), FeedInstallation::kRepaired);
}

TEST_F(AttachedFeedTest, ARoleThatMayNotReadItDoesWithoutUntilItIsGranted) {
  raw.Run("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM amp_reader");
  Install();
  amps.GrantSelect();
  const auto store = Open();
  EXPECT_EQ(Read(*store), std::nullopt);
  EXPECT_EQ(ActiveVersion(*store), std::nullopt);
  EXPECT_THAT(WhyUnused(Must(ReadAttachedFeedStatus(amps.url(), Soon()))).value(),
              HasSubstr("may not read"));
  EXPECT_EQ(Must(InstallAttachedFeed(amps.owner_url(), Soon())), FeedInstallation::kWasInstalled);
  EXPECT_NE(Read(*store), std::nullopt);
  EXPECT_EQ(raw.FailureOf("SET ROLE amp_reader; DELETE FROM tidemark.changes"), "42501");
  EXPECT_EQ(raw.FailureOf("SET ROLE amp_reader; SELECT tidemark.prune_feed()"), "42501");
}

TEST_F(AttachedFeedTest, AReaderKeepsTheFeedThatItHasSeenAndDoesWithoutOneThatIsGone) {
  Install();
  const auto store = Open();
  const auto early = Must(store->OpenReader(Soon()));
  {
    const auto seeing = Must(store->OpenReader(Soon()));
    EXPECT_NE(Must(seeing->ReadFeed(std::nullopt)), std::nullopt);
    const auto refused = RemoveAttachedFeed(amps.owner_url(), Deadline::After(milliseconds(700)));
    EXPECT_EQ(CodeOf(refused), "unavailable");
    EXPECT_THAT(MessageOf(refused), AllOf(HasSubstr("\"amp_reader\" (\"tidemark\")"),
                                          HasSubstr("nothing was changed")));
    EXPECT_NE(Must(seeing->GetTable(StoreTest::Version(), "blocks"))->revision_version,
              std::nullopt);
  }
  Must(RemoveAttachedFeed(amps.owner_url(), Soon()));
  // Its snapshot shows the feed, and there is none.
  EXPECT_EQ(Must(early->ReadFeed(std::nullopt)), std::nullopt);
  EXPECT_EQ(Must(early->GetTable(StoreTest::Version(), "blocks"))->revision_version, std::nullopt);
}

// Method: a transaction of Amp's has one of the tables, and goes on to another while somebody
// installs, again and again. It must neither be ended nor wait for long.
TEST_F(AttachedFeedTest, InstallingStandsInNobodysWay) {
  owner.Run("BEGIN");
  owner.Run("UPDATE tags SET version = version");
  const auto refused = InstallAttachedFeed(amps.owner_url(), Deadline::After(milliseconds(700)));
  EXPECT_EQ(CodeOf(refused), "unavailable");
  EXPECT_THAT(MessageOf(refused),
              AllOf(HasSubstr("\"amp_owner\""), HasSubstr("nothing was changed")));
  EXPECT_FALSE(Status().is_installed);

  std::jthread installer([&] {
    EXPECT_EQ(Must(InstallAttachedFeed(amps.owner_url(), Soon())), FeedInstallation::kInstalled);
  });
  RawSession other(amps.owner_url());
  other.Run("SET lock_timeout = '1s'");
  const auto end = std::chrono::steady_clock::now() + milliseconds(1200);
  for (int i = 0; std::chrono::steady_clock::now() < end; ++i) {
    owner.Run(InsertFile(1, fmt::format("o{}", i)));
    other.Run("BEGIN");
    other.Run(InsertFile(2, fmt::format("i{}", i)));
    other.Run("UPDATE dataset_manifests SET name = name");
    other.Run("COMMIT");
    std::this_thread::sleep_for(milliseconds(1));
  }
  owner.Run("COMMIT");
  installer.join();
  EXPECT_EQ(WhyUnused(Status()), std::nullopt);
}

TEST_F(AttachedFeedTest, OneInstallsAtATime) {
  std::atomic<int> installed = 0;
  {
    std::vector<std::jthread> operators;
    for (int i = 0; i < 3; ++i) {
      operators.emplace_back([&] {
        if (Must(InstallAttachedFeed(amps.owner_url(), Soon())) == FeedInstallation::kInstalled) {
          ++installed;
        }
      });
    }
  }
  EXPECT_EQ(installed, 1);
}

TEST_F(AttachedFeedTest, WhatIsNotRecognisedIsRefusedAndLeftAsItIs) {
  struct Case {
    const char* spoil;
    const char* mend;
    const char* code;
    const char* message;
  };
  const Case cases[] = {
      {"UPDATE _sqlx_migrations SET version = 20270101000000 WHERE version = 20260312000000",
       "UPDATE _sqlx_migrations SET version = 20260312000000 WHERE version = 20270101000000",
       "conflict", "migration 20270101000000, and this program knows that of 20260312000000"},
      {"DELETE FROM _sqlx_migrations WHERE version = 20260312000000",
       "INSERT INTO _sqlx_migrations VALUES (20260312000000, 'd', now(), true, '', 1)", "conflict",
       "migration 20241021142330"},
      {"UPDATE _sqlx_migrations SET success = false", "UPDATE _sqlx_migrations SET success = true",
       "conflict", "has failed"},
      {"ALTER TABLE tags ALTER COLUMN name TYPE varchar(50)",
       "ALTER TABLE tags ALTER COLUMN name TYPE text", "conflict",
       "the column tags.name is of type character varying(50)"},
      {"ALTER TABLE file_metadata RENAME TO files", "ALTER TABLE files RENAME TO file_metadata",
       "conflict", "file_metadata.id is not there"},
      {"CREATE SCHEMA tidemark; CREATE TABLE tidemark.feed (mine int)",
       "DROP SCHEMA tidemark CASCADE", "corruption", "not that of a change feed"},
      {"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE "
       "TRIGGER tidemark_mine AFTER INSERT ON tags EXECUTE FUNCTION f()",
       "DROP TRIGGER tidemark_mine ON tags; DROP FUNCTION f", "conflict",
       "the trigger tidemark_mine of public.tags is not the change feed's"},
      {"ALTER TABLE _sqlx_migrations RENAME TO m", "ALTER TABLE m RENAME TO _sqlx_migrations",
       "not_found", "it is not Amp's"},
  };
  for (const Case& test : cases) {
    owner.Run(test.spoil);
    const std::string before = Catalog(raw);
    const auto refused = InstallAttachedFeed(amps.owner_url(), Soon());
    EXPECT_EQ(CodeOf(refused), test.code) << test.spoil;
    EXPECT_THAT(MessageOf(refused), HasSubstr(test.message));
    EXPECT_EQ(Catalog(raw), before);
    owner.Run(test.mend);
  }
  const auto not_owner = InstallAttachedFeed(amps.url(), Soon());
  EXPECT_EQ(CodeOf(not_owner), "unavailable");
  EXPECT_THAT(MessageOf(not_owner), HasSubstr("\"amp_reader\" does not "));

  Install();
  const Case installed_cases[] = {
      {"COMMENT ON SCHEMA tidemark IS 'Tidemark change feed, format 2'",
       "COMMENT ON SCHEMA tidemark IS 'Tidemark change feed, format 1'", "conflict",
       "newer Tidemark"},
      {"COMMENT ON SCHEMA tidemark IS 'mine'",
       "COMMENT ON SCHEMA tidemark IS 'Tidemark change feed, format 1'", "corruption",
       "not that of a change feed"},
      {"CREATE TABLE tidemark.mine (a int)", "DROP TABLE tidemark.mine", "conflict",
       "tidemark.mine is not the change feed's"},
      {"CREATE FUNCTION tidemark.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
       "DROP FUNCTION tidemark.f", "conflict", "tidemark.f is not the change feed's"},
  };
  for (const Case& test : installed_cases) {
    owner.Run(test.spoil);
    const std::string before = Catalog(raw);
    for (const auto& [code, message] :
         {std::pair{CodeOf(InstallAttachedFeed(amps.owner_url(), Soon())),
                    MessageOf(InstallAttachedFeed(amps.owner_url(), Soon()))},
          std::pair{CodeOf(RemoveAttachedFeed(amps.owner_url(), Soon())),
                    MessageOf(RemoveAttachedFeed(amps.owner_url(), Soon()))}}) {
      EXPECT_EQ(code, test.code) << test.spoil;
      EXPECT_THAT(message, HasSubstr(test.message));
    }
    EXPECT_EQ(Catalog(raw), before);
    owner.Run(test.mend);
  }
  EXPECT_EQ(CodeOf(RemoveAttachedFeed(amps.url(), Soon())), "unavailable");
  EXPECT_TRUE(Must(RemoveAttachedFeed(amps.owner_url(), Soon())));
}

}  // namespace
}  // namespace tidemark::metadata_db_postgres
