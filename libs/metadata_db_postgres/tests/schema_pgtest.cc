// That the tables are Amp's, that versions follow whoever writes, and how a database gets its
// schema.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "migrations.h"
#include "schema.h"
#include "store_fixture.h"

namespace tidemark::metadata_db_postgres {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string ReadData(const std::string& name) {
  std::ifstream file(std::filesystem::path(TIDEMARK_TEST_DATA) / name);
  return {std::istreambuf_iterator(file), {}};
}

std::string FailureToOpen(const TestDatabase& database) {
  const auto opened = OpenPostgresStore({.url = database.url()}, Soon());
  return opened ? "ok" : std::string(ToString(opened.error().code)) + ": " + opened.error().message;
}

using SchemaTest = StoreTest;

// Method: everything that the catalog says of the tables, next to what it says of amp_schema.sql.
TEST_F(SchemaTest, TheTablesAreAmpsColumnForColumn) {
  constexpr const char* kCatalog = R"sql(
SELECT c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull,
  a.attidentity, pg_get_expr(d.adbin, d.adrelid)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> '_sqlx_migrations'
ORDER BY 1, 3)sql";
  constexpr const char* kConstraints = R"sql(
SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> '_sqlx_migrations'
ORDER BY 1, 2)sql";
  constexpr const char* kIndexes = R"sql(
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_sqlx_migrations'
  AND indexname NOT LIKE 'tidemark\_%' ORDER BY 1)sql";
  TestDatabase amps;
  amps.raw().Run(ReadData("amp_golden/amp_schema.sql"));
  for (const std::string query : {kCatalog, kConstraints, kIndexes}) {
    const auto expected = amps.raw().Run(query);
    EXPECT_GT(expected.size(), 10U);
    EXPECT_EQ(raw.Run(query), expected);
  }
}

TEST_F(SchemaTest, RowsHoldWhatAmpWouldWrite) {
  metadata_db::ManualClock clock;
  store = Open({.clock = &clock});
  AddJobWithFiles();
  EXPECT_EQ(raw.Value("SELECT id, node_id, descriptor, status, created_at AT TIME ZONE 'UTC', "
                      "length(idempotency_key) FROM jobs"),
            "1|node|null|SCHEDULED|2026-01-01 00:00:00|64");
  EXPECT_EQ(raw.Value("SELECT metadata->>'table_name', created_at FROM physical_table_revisions"),
            "blocks|2026-01-01 00:00:00");
  EXPECT_EQ(raw.Value("SELECT s.detail = e.detail FROM jobs_status s JOIN job_events e USING "
                      "(job_id)"),
            "t");
  EXPECT_EQ(raw.Run("SELECT file_id, footer FROM footer_cache ORDER BY 1"),
            (std::vector<std::string>{"1|\\x0050415231", "2|\\x0050415231"}));
  Must(store->TransitionJob({{1}}, metadata_db::JobTransition::kStart, std::nullopt, Soon()));
  EXPECT_EQ(raw.Value("SELECT s.status, s.detail, j.status FROM jobs_status s, jobs j"),
            "RUNNING|null|SCHEDULED");
}

// Method: statements that somebody else might run, each with what it adds to the versions of the
// revisions 1 and 2; the same as SQLite's triggers make of them.
TEST_F(SchemaTest, AVersionRisesForWhoeverMakesTheChange) {
  AddJobWithFiles();
  raw.Run("INSERT INTO physical_table_revisions (path) VALUES ('p2')");
  struct Case {
    const char* sql;
    int first;
    int second;
  };
  const Case cases[] = {
      {"INSERT INTO file_metadata (location_id, file_name, metadata, url) VALUES "
       "(1, 'c', '{}', ''), (2, 'c', '{}', ''), (1, 'd', '{}', '')",
       2, 1},
      {"UPDATE file_metadata SET object_size = 7 WHERE location_id = 1", 4, 0},
      {"UPDATE file_metadata SET location_id = 2 WHERE file_name = 'd'", 1, 1},
      {"UPDATE file_metadata SET object_size = 7 WHERE false", 0, 0},
      {"DELETE FROM file_metadata WHERE file_name IN ('c', 'd')", 1, 2},
      {"INSERT INTO physical_tables (dataset_namespace, dataset_name, table_name, manifest_hash, "
       "active_revision_id) VALUES ('n', 'd', 't', 'h', 2), ('n', 'd', 'u', 'h', NULL)",
       0, 1},
      {"UPDATE physical_tables SET active_revision_id = 1 WHERE table_name = 't'", 1, 1},
      {"UPDATE physical_tables SET updated_at = now()", 0, 0},
      {"DELETE FROM physical_tables WHERE dataset_namespace = 'n'", 1, 0},
      {"UPDATE physical_table_revisions SET writer = 1", 0, 1},
      {"UPDATE physical_table_revisions SET updated_at = now()", 0, 0},
      {"UPDATE jobs_status SET status = 'RUNNING'", 1, 1},
      {"UPDATE jobs_status SET status = 'RUNNING', detail = NULL", 0, 0},
      {"DELETE FROM jobs_status", 1, 1},
      {"INSERT INTO jobs_status (job_id, node_id, status) VALUES (1, 'node', 'RUNNING')", 1, 1},
      {"UPDATE workers SET heartbeat_at = now()", 0, 0},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.sql);
    const int first = std::stoi(VersionOf(1));
    const int second = std::stoi(VersionOf(2));
    raw.Run(test.sql);
    EXPECT_EQ(std::stoi(VersionOf(1)) - first, test.first);
    EXPECT_EQ(std::stoi(VersionOf(2)) - second, test.second);
  }
  raw.Run("DELETE FROM physical_table_revisions WHERE id = 2");
  EXPECT_THAT(raw.Run("SELECT * FROM tidemark.table_versions WHERE location_id = 2"), IsEmpty());
}

TEST_F(SchemaTest, ListsAreInTheOrderOfBytesWhateverTheDatabasesCollation) {
  TestDatabase english("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C.UTF-8'");
  ASSERT_EQ(english.raw().Run("SELECT x FROM (VALUES ('B'), ('a')) v (x) ORDER BY x").front(), "a");
  store = Open({.url = english.url()});
  for (const char* node : {"a", "B", "_"}) Must(store->RegisterWorker(node, "{}", Soon()));
  std::string order;
  for (const auto& worker : Must(Read()->ListWorkers())) order += worker.node_id;
  EXPECT_EQ(order, "B_a");
}

// Method: several stores open one empty database at the same moment, each with sessions of its own.
TEST(MigrationTest, ManyServersThatStartTogetherMigrateOnce) {
  TestDatabase database;
  std::vector<std::string> outcomes(6);
  {
    std::vector<std::jthread> servers;
    for (std::string& outcome : outcomes) {
      servers.emplace_back([&] { outcome = FailureToOpen(database); });
    }
  }
  EXPECT_THAT(outcomes, testing::Each("ok"));
  EXPECT_EQ(database.raw().Run("SELECT version FROM tidemark.migrations ORDER BY 1"),
            (std::vector<std::string>{"1", "2", "3", "4"}));
}

TEST(MigrationTest, ADatabaseOfAnOlderVersionKeepsItsRows) {
  TestDatabase database;
  const auto pool = std::make_shared<ConnectionPool>(database.url(), PoolLimits{});
  Must(PrepareSchema(pool, AllMigrations().first(1), true, Soon()));
  database.raw().Run("INSERT INTO workers (node_id, heartbeat_at) VALUES ('old', now())");

  const auto refused = OpenPostgresStore({.url = database.url(), .auto_migrate = false}, Soon());
  EXPECT_EQ(CodeOf(refused), "invalid_argument");
  EXPECT_THAT(refused.error().message, HasSubstr("schema is version 1, this program needs 4"));

  const auto store = Must(OpenPostgresStore({.url = database.url()}, Soon()));
  EXPECT_EQ(Must(Must(store->OpenReader(Soon()))->ListWorkers()).at(0).node_id, "old");
  EXPECT_EQ(CodeOf(OpenPostgresStore({.url = database.url(), .auto_migrate = false}, Soon())),
            "ok");
}

TEST(MigrationTest, AMigrationThatFailsLeavesNothing) {
  TestDatabase database;
  const auto pool = std::make_shared<ConnectionPool>(database.url(), PoolLimits{});
  const char* const migrations[] = {kMigration0001, "CREATE TABLE tidemark.half (); SELECT 1 / 0"};
  EXPECT_NE(CodeOf(PrepareSchema(pool, migrations, true, Soon())), "ok");
  EXPECT_EQ(database.raw().Run("SELECT version FROM tidemark.migrations"),
            std::vector<std::string>{"1"});
  EXPECT_EQ(database.raw().Value("SELECT to_regclass('tidemark.half')"), "null");
  EXPECT_EQ(FailureToOpen(database), "ok");
}

TEST(MigrationTest, ADatabaseFromTheFutureIsRefused) {
  TestDatabase database;
  ASSERT_EQ(FailureToOpen(database), "ok");
  database.raw().Run("INSERT INTO tidemark.migrations VALUES (5, now())");
  EXPECT_THAT(FailureToOpen(database),
              HasSubstr("corruption: metadata database: it was written by a newer Tidemark: its "
                        "schema is version 5, and this program knows 4"));
}

TEST(MigrationTest, ADatabaseOfSomebodyElsesIsRefusedUntouched) {
  for (const char* sql : {"CREATE TABLE jobs (id int)", "CREATE VIEW tags AS SELECT 1 AS x",
                          "CREATE SCHEMA tidemark"}) {
    SCOPED_TRACE(sql);
    TestDatabase database;
    database.raw().Run(sql);
    EXPECT_THAT(FailureToOpen(database), HasSubstr("corruption: metadata database: it is neither"));
    EXPECT_EQ(database.raw().Value("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = "
                                   "relnamespace WHERE nspname IN ('public', 'tidemark')"),
              std::string_view(sql).starts_with("CREATE SCHEMA") ? "0" : "1");
  }
}

TEST(MigrationTest, TablesOfOtherNamesAreNoneOfOurBusiness) {
  TestDatabase database;
  database.raw().Run(
      "CREATE TABLE spatial_ref_sys (id int); CREATE SCHEMA other; "
      "CREATE TABLE other.jobs (id int)");
  EXPECT_EQ(FailureToOpen(database), "ok");
}

}  // namespace
}  // namespace tidemark::metadata_db_postgres
