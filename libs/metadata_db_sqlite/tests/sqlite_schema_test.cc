// That the tables are Amp's, and that their rules hold for whoever writes to them.
#include <gmock/gmock.h>

#include "manual_clock.h"
#include "metadata_dump.h"
#include "raw_database.h"
#include "temp_dir.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::Must;
using metadata_db::Soon;
using testing::HasSubstr;

class SqliteSchemaTest : public testing::Test {
 public:
  // Job 1 writes revision 1, active for table "blocks", with files 1 and 2; version 4.
  void SetUp() override {
    const DatasetVersion version{.dataset = {.ns = "eth", .name = "main"},
                                 .manifest_hash = {std::string(64, 'a')}};
    Must(store->RegisterManifest({version.manifest_hash, "path", "evm-rpc"}, Soon()));
    Must(store->LinkManifest(version, Soon()));
    Must(store->SetVersionTag(version, Must(SemanticVersion::Parse("1.0.0")), Soon()));
    Must(store->RegisterWorker("node", "{}", Soon()));
    const JobId job =
        Must(store->ScheduleJob("node", {.version = version, .end_block = {}}, Soon()));
    const auto rows =
        Must(store->AcquireTables(version, {job}, {{"blocks", "eth/main/blocks/0"}}, Soon()));
    const LocationId location = rows.at(0).active_revision.value();
    Must(store->CommitFiles({job}, {NewFile(location, "a"), NewFile(location, "b")}, Soon()));
    ASSERT_EQ(VersionOf(1), "4\n");
  }

  static metadata_db::NewFile NewFile(LocationId location, std::string name) {
    return {.location_id = location,
            .file_name = std::move(name),
            .metadata = "{}",
            .object_size = 5,
            .url = "file:///d/",
            .footer = std::string("\0PAR1", 5)};
  }

  std::string VersionOf(int location) {
    return raw.Query("SELECT version FROM tidemark_table_versions WHERE location_id = " +
                     std::to_string(location));
  }

  std::string FailureOf(const std::string& sql) {
    try {
      raw.Run(sql);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "none";
  }

  const TempDir dir;
  const std::filesystem::path file = dir.path() / "metadata.sqlite";
  const metadata_db::ManualClock clock;
  const std::unique_ptr<metadata_db::MetadataStore> store =
      Must(OpenSqliteStore({.file = file, .clock = clock}, Soon()));
  RawDatabase raw{file};
};

// Method: names, nullability and order of all columns, as in amp_schema.sql.
TEST_F(SqliteSchemaTest, EveryTableHasAmpsColumns) {
  const auto columns = [&](const std::string& table) {
    return raw.Query(
        "SELECT group_concat(name || iif(\"notnull\" OR pk, '', '?'), ' ') FROM "
        "pragma_table_info('" +
        table + "')");
  };
  EXPECT_EQ(columns("workers"), "id node_id heartbeat_at info created_at registered_at\n");
  EXPECT_EQ(columns("jobs"),
            "id node_id descriptor? status created_at updated_at idempotency_key\n");
  EXPECT_EQ(columns("jobs_status"), "job_id node_id status updated_at detail?\n");
  EXPECT_EQ(columns("job_events"), "id created_at job_id node_id event_type detail?\n");
  EXPECT_EQ(columns("manifest_files"), "hash path created_at kind\n");
  EXPECT_EQ(columns("dataset_manifests"), "namespace name hash created_at\n");
  EXPECT_EQ(columns("tags"), "namespace name version hash created_at updated_at\n");
  EXPECT_EQ(columns("physical_table_revisions"),
            "id created_at updated_at path writer? metadata\n");
  EXPECT_EQ(columns("physical_tables"),
            "id created_at updated_at dataset_namespace dataset_name table_name manifest_hash "
            "active_revision_id?\n");
  EXPECT_EQ(columns("file_metadata"),
            "id location_id file_name metadata object_size? object_e_tag? object_version? url\n");
  EXPECT_EQ(columns("footer_cache"), "file_id footer\n");
  EXPECT_EQ(columns("gc_manifest"), "location_id file_id file_path expiration\n");
}

TEST_F(SqliteSchemaTest, RowsHoldWhatAmpWouldWrite) {
  EXPECT_EQ(
      raw.Query("SELECT * FROM jobs"),
      "1|node|null|SCHEDULED|2026-01-01T00:00:00+00:00|2026-01-01T00:00:00+00:00|" +
          MakeIdempotencyKey(JobKind::kMaterializeRaw, {.dataset = {.ns = "eth", .name = "main"},
                                                        .manifest_hash = {std::string(64, 'a')}}) +
          "\n");
  EXPECT_EQ(raw.Query("SELECT metadata FROM physical_table_revisions"),
            R"({"dataset_namespace":"eth","dataset_name":"main","manifest_hash":")" +
                std::string(64, 'a') + R"(","table_name":"blocks"})" + "\n");
  EXPECT_EQ(raw.Query("SELECT s.detail = e.detail FROM jobs_status s JOIN job_events e USING "
                      "(job_id)"),
            "1\n");
  EXPECT_EQ(raw.Query("SELECT file_id, hex(footer) FROM footer_cache"),
            "1|0050415231\n2|0050415231\n");
  Must(store->TransitionJob({{1}}, metadata_db::JobTransition::kStart, std::nullopt, Soon()));
  EXPECT_EQ(raw.Query("SELECT status, detail FROM jobs_status"), "RUNNING|null\n");
  EXPECT_EQ(raw.Query("SELECT status FROM jobs"), "SCHEDULED\n") << "the legacy column stays";
}

TEST_F(SqliteSchemaTest, DefaultsAreTimesThatTheStoreReads) {
  raw.Run("INSERT INTO workers (node_id, heartbeat_at) VALUES ('x', '2026-01-01T00:00:00Z')");
  const auto workers = Must(Must(store->OpenReader(Soon()))->ListWorkers());
  ASSERT_EQ(workers.size(), 2U);
  EXPECT_LT(std::chrono::abs(workers[1].created_at - SystemClock().Now()), std::chrono::hours(1));
  EXPECT_EQ(workers[1].info, "{}");
}

TEST_F(SqliteSchemaTest, DeletingAJobTakesItsHistoryAndFreesItsTables) {
  raw.Run("DELETE FROM jobs");
  EXPECT_EQ(raw.Query("SELECT (SELECT count(*) FROM jobs_status), (SELECT count(*) FROM "
                      "job_events), (SELECT writer FROM physical_table_revisions)"),
            "0|0|null\n");
  EXPECT_NE(VersionOf(1), "4\n");
}

TEST_F(SqliteSchemaTest, DeletingARevisionTakesItsFilesAndLeavesTheTable) {
  raw.Run("DELETE FROM physical_table_revisions");
  EXPECT_EQ(raw.Query("SELECT (SELECT count(*) FROM file_metadata), (SELECT count(*) FROM "
                      "footer_cache), (SELECT count(*) FROM tidemark_table_versions), (SELECT "
                      "active_revision_id FROM physical_tables)"),
            "0|0|0|null\n");
}

TEST_F(SqliteSchemaTest, DeletingAManifestTakesItsTagsAndLeavesTheTables) {
  raw.Run("DELETE FROM manifest_files");
  EXPECT_EQ(raw.Query("SELECT (SELECT count(*) FROM dataset_manifests), (SELECT count(*) FROM "
                      "tags), (SELECT count(*) FROM physical_tables)"),
            "0|0|1\n");
}

TEST_F(SqliteSchemaTest, RowsThatBreakARuleAreRefused) {
  EXPECT_THAT(FailureOf("DELETE FROM workers"), HasSubstr("FOREIGN KEY"));
  EXPECT_THAT(FailureOf("INSERT INTO file_metadata (location_id, file_name, metadata, url) "
                        "VALUES (99, 'x', '{}', 'u')"),
              HasSubstr("FOREIGN KEY"));
  EXPECT_THAT(FailureOf("INSERT INTO file_metadata (location_id, file_name, metadata, url) "
                        "VALUES (1, 'a', '{}', 'u')"),
              HasSubstr("UNIQUE"));
  EXPECT_THAT(FailureOf("INSERT INTO physical_table_revisions (path) "
                        "VALUES ('eth/main/blocks/0')"),
              HasSubstr("UNIQUE"));
  EXPECT_THAT(FailureOf("UPDATE file_metadata SET object_size = 'big'"), HasSubstr("INTEGER"));
  EXPECT_THAT(FailureOf("INSERT INTO gc_manifest VALUES (1, 1, 'a', '2020-01-01T00:00:00Z')"),
              HasSubstr("gc_manifest_expiration_check"));
  EXPECT_THAT(FailureOf("INSERT INTO gc_manifest VALUES (1, 1, 'a', 'soon')"),
              HasSubstr("gc_manifest_expiration_check"));
  raw.Run("INSERT INTO gc_manifest VALUES (1, 1, 'a', '2999-01-01T00:00:00Z')");
  EXPECT_THAT(FailureOf("UPDATE gc_manifest SET expiration = '2020-01-01T00:00:00Z'"),
              HasSubstr("gc_manifest_expiration_check"));
}

TEST_F(SqliteSchemaTest, AnIdIsNotUsedAgainAfterItsRowIsDeleted) {
  raw.Run("DELETE FROM file_metadata");
  EXPECT_EQ(Must(store->CommitFiles({{1}}, {NewFile({1}, "c")}, Soon())).at(0).value, 3);
}

// Method: each change by hand, as another program would make it, and the version after it.
TEST_F(SqliteSchemaTest, ChangesByOtherProgramsCountInATablesVersion) {
  raw.Run("INSERT INTO physical_table_revisions (path) VALUES ('other')");
  EXPECT_EQ(VersionOf(2), "0\n");
  struct Step {
    const char* sql;
    const char* version_1;
    const char* version_2;
  };
  constexpr Step kSteps[] = {
      {"UPDATE file_metadata SET object_size = 6 WHERE id = 1", "5\n", "0\n"},
      {"UPDATE file_metadata SET location_id = 2 WHERE id = 1", "6\n", "1\n"},
      {"DELETE FROM file_metadata WHERE id = 1", "6\n", "2\n"},
      {"UPDATE physical_tables SET active_revision_id = 2", "7\n", "3\n"},
      {"UPDATE physical_tables SET active_revision_id = 2, table_name = 'x'", "7\n", "3\n"},
      {"UPDATE physical_tables SET active_revision_id = NULL", "7\n", "4\n"},
      {"UPDATE physical_tables SET active_revision_id = 1", "8\n", "4\n"},
      {"DELETE FROM physical_tables", "9\n", "4\n"},
      {"UPDATE physical_table_revisions SET writer = NULL", "10\n", "4\n"},
      {"UPDATE jobs_status SET status = 'RUNNING'", "10\n", "4\n"},
      {"UPDATE physical_table_revisions SET writer = 1 WHERE id = 2", "10\n", "5\n"},
      {"UPDATE physical_table_revisions SET writer = 1, path = 'p' WHERE id = 2", "10\n", "5\n"},
      {"UPDATE jobs_status SET status = 'FATAL'", "10\n", "6\n"},
      {"UPDATE jobs_status SET status = 'FATAL', node_id = 'n'", "10\n", "6\n"},
      {"DELETE FROM jobs_status", "10\n", "7\n"},
      {"INSERT INTO jobs_status (job_id, node_id, status) VALUES (1, 'n', 'X')", "10\n", "8\n"},
  };
  for (const Step& step : kSteps) {
    raw.Run(step.sql);
    EXPECT_EQ(VersionOf(1), step.version_1) << step.sql;
    EXPECT_EQ(VersionOf(2), step.version_2) << step.sql;
  }
}

TEST_F(SqliteSchemaTest, AStatusWordThatNobodyKnowsReadsAsUnknown) {
  raw.Run("UPDATE jobs_status SET status = 'Exploded'");
  const auto reader = Must(store->OpenReader(Soon()));
  EXPECT_EQ(Must(reader->GetJob({1}))->status, JobStatus::kUnknown);
  EXPECT_EQ(Must(reader->ListJobs({.statuses = {{JobStatus::kUnknown}}})).size(), 1U);
  EXPECT_EQ(Must(reader->ListJobs({.statuses = {{JobStatus::kFatal}}})).size(), 0U);
}

TEST_F(SqliteSchemaTest, AStatusWordInLowerCaseIsTheSameWord) {
  raw.Run("UPDATE jobs_status SET status = 'running'");
  const auto reader = Must(store->OpenReader(Soon()));
  EXPECT_EQ(Must(reader->GetJob({1}))->status, JobStatus::kRunning);
  EXPECT_EQ(Must(reader->ListJobs({.statuses = {{JobStatus::kRunning}}})).size(), 1U);
}

TEST_F(SqliteSchemaTest, AJobWithoutAStatusRowIsNoJobUntilItIsScheduledAgain) {
  raw.Run("DELETE FROM jobs_status");
  EXPECT_EQ(Must(Must(store->OpenReader(Soon()))->GetJob({1})), std::nullopt);
  const JobDescriptor descriptor{.version = {.dataset = {.ns = "eth", .name = "main"},
                                             .manifest_hash = {std::string(64, 'a')}},
                                 .end_block = {}};
  EXPECT_EQ(Must(store->ScheduleJob("node", descriptor, Soon())).value, 1);
  EXPECT_EQ(Must(Must(store->OpenReader(Soon()))->GetJob({1}))->status, JobStatus::kScheduled);
}

TEST_F(SqliteSchemaTest, ANullSizeReadsAsAbsent) {
  raw.Run("UPDATE file_metadata SET object_size = NULL WHERE id = 1");
  const auto files = Must(Must(store->OpenReader(Soon()))->ListFiles({1}));
  EXPECT_EQ(files.at(0).object_size, std::nullopt);
}

TEST_F(SqliteSchemaTest, FilesOfALocationAreListedWithoutASort) {
  const std::string plan = raw.Query(
      "EXPLAIN QUERY PLAN SELECT id, metadata FROM file_metadata WHERE location_id = 1 ORDER BY "
      "id");
  EXPECT_THAT(plan, HasSubstr("tidemark_files_by_location"));
  EXPECT_THAT(plan, testing::Not(HasSubstr("TEMP B-TREE")));
}

// Method: SQLite's own word on how it would run the look-ups that a long history makes slow.
TEST_F(SqliteSchemaTest, LookUpsUseAnIndexAndScanNothing) {
  const auto plan = [&](const std::string& sql) { return raw.Query("EXPLAIN QUERY PLAN " + sql); };
  EXPECT_THAT(plan("SELECT job_id FROM job_events WHERE CASE WHEN json_valid(detail) THEN "
                   "json_extract(detail, '$.manifest_hash') END = 'a' AND event_type = "
                   "'SCHEDULED'"),
              HasSubstr("tidemark_scheduled_by_manifest"));
  EXPECT_THAT(plan("SELECT * FROM tags WHERE hash = 'a'"), HasSubstr("tidemark_tags_by_hash"));
  EXPECT_THAT(plan("SELECT count(*) FROM dataset_manifests WHERE hash = 'a'"),
              HasSubstr("idx_dataset_manifests_hash"));
  const std::string written = plan(
      "SELECT t.id FROM physical_table_revisions r JOIN physical_tables t ON t.active_revision_id "
      "= r.id WHERE r.writer = 1");
  EXPECT_THAT(written, HasSubstr("tidemark_revisions_by_writer"));
  EXPECT_THAT(written, HasSubstr("idx_physical_tables_active_revision_id"));
}

TEST_F(SqliteSchemaTest, HeadsAndLeasesAreKeptAsTexts) {
  metadata_db::ChainHeadRow head{.network = "base",
                                 .tag = HeadTag::kLatest,
                                 .source = "s",
                                 .checked_at = clock.Now(),
                                 .error = std::nullopt,
                                 .found = ObservedHead{}};
  head.found->head.number.value = ~std::uint64_t{0};
  head.found->observed_at = clock.Now();
  Must(store->PutChainHead(head, Soon()));
  Must(store->LeaseChainHead("base", "me", std::chrono::milliseconds(1500), Soon()));
  EXPECT_EQ(raw.Query("SELECT * FROM tidemark_chain_heads"),
            "base|latest|s|2026-01-01T00:00:00+00:00|null|18446744073709551615|0x" +
                std::string(64, '0') + "|0|2026-01-01T00:00:00+00:00\n");
  EXPECT_EQ(raw.Query("SELECT * FROM tidemark_head_leases"),
            "base|me|2026-01-01T00:00:01.500+00:00\n");
}

TEST_F(SqliteSchemaTest, AHeadThatCannotBeReadIsLeftOutAndABrokenLeaseHasEnded) {
  raw.Run(
      "INSERT INTO tidemark_chain_heads (network, tag, source, checked_at, block_number, "
      "block_hash, block_timestamp, observed_at) VALUES "
      "('a', 'latest', 's', '2026-01-01T00:00:00Z', '18446744073709551616', '0x' || "
      "hex(zeroblob(32)), '0', '2026-01-01T00:00:00Z'), "
      "('b', 'latest', 's', '2026-01-01T00:00:00Z', '1', '0x12', '0', "
      "'2026-01-01T00:00:00Z'), "
      "('c', 'latest', 's', '2026-01-01T00:00:00Z', '1', '0x' || hex(zeroblob(32)), '-1', "
      "'2026-01-01T00:00:00Z'), "
      "('d', 'latest', 's', 'x', NULL, NULL, NULL, NULL), "
      "('e', 'latest', 's', '2026-01-01T00:00:00Z', '1', '0x' || hex(zeroblob(32)), '0', "
      "'2026-01-01T00:00:00Z');"
      "INSERT INTO tidemark_head_leases VALUES ('a', 'other', 'for ever')");
  const auto heads = Must(Must(store->OpenReader(Soon()))->ListChainHeads());
  ASSERT_EQ(heads.size(), 1U);
  EXPECT_EQ(heads[0].network, "e");
  EXPECT_TRUE(Must(store->LeaseChainHead("a", "me", std::chrono::seconds(1), Soon())));
}

TEST_F(SqliteSchemaTest, TheFileSaysThatItIsOurs) {
  EXPECT_EQ(raw.Query("PRAGMA application_id"), std::to_string(0x54696465) + "\n");
  EXPECT_EQ(raw.Query("PRAGMA user_version"), "4\n");
  EXPECT_EQ(raw.Query("PRAGMA journal_mode"), "wal\n");
  EXPECT_EQ(raw.Query("PRAGMA integrity_check"), "ok\n");
}

}  // namespace
}  // namespace tidemark::metadata_db_sqlite
