// A database that belongs to an Amp deployment, which may only be read; and rows that nobody should
// have written.
#include <cctype>

#include "amp_database.h"
#include "store_fixture.h"

namespace tidemark::metadata_db_postgres {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// What the role's sessions have run: the first word of each statement, once.
std::vector<std::string> StatementsOf(RawSession& raw, std::size_t log_begin) {
  const std::string log =
      raw.Value(fmt::format("SELECT substr(pg_read_file('server.log'), {})", log_begin + 1));
  std::set<std::string> words;
  for (const std::string_view mark : {"execute q", "statement: "}) {
    for (std::size_t at = log.find(mark); at != std::string::npos; at = log.find(mark, at)) {
      at = log.find(": ", at) + 2;
      while (std::isspace(static_cast<unsigned char>(log[at])) != 0) ++at;
      const std::size_t end = log.find_first_of(" \n;", at);
      words.insert(log.substr(at, end - at));
    }
  }
  return {words.begin(), words.end()};
}

// Calls every function that reads.
void ReadEverything(MetadataReader& reader) {
  const DatasetVersion version{.dataset = {.ns = "x", .name = "y"},
                               .manifest_hash = {std::string(64, '0')}};
  EXPECT_FALSE(Must(reader.ListManifests()).empty());
  EXPECT_FALSE(Must(reader.ListAllTags()).empty());
  for (const auto& tag : Must(reader.ListAllTags())) {
    const DatasetVersion tagged{.dataset = tag.dataset, .manifest_hash = tag.hash};
    EXPECT_TRUE(Must(reader.IsManifestLinked(tagged)));
    EXPECT_TRUE(Must(reader.GetManifest(tag.hash)).has_value());
    EXPECT_TRUE(Must(reader.GetTag(tag.dataset, tag.version)).has_value());
    Must(reader.ListTags(tag.dataset));
    Must(reader.ListTagsOfManifest(tag.hash));
    Must(reader.ListJobsOfVersion(tagged));
    for (const auto& table : Must(reader.ListTables(tagged))) {
      EXPECT_EQ(table.revision_version, std::nullopt);
      EXPECT_TRUE(Must(reader.GetTable(tagged, table.table_name)).has_value());
    }
  }
  EXPECT_FALSE(Must(reader.ListRevisions({})).empty());
  for (const auto& revision : Must(reader.ListRevisions({.is_active = true}))) {
    EXPECT_TRUE(Must(reader.GetRevision(revision.id)).has_value());
    for (const auto& file : Must(reader.ListFiles(revision.id))) {
      EXPECT_TRUE(Must(reader.GetFile(file.id)).has_value());
      const auto footers = Must(reader.ListFooters(revision.id, std::span(&file.id, 1), 2));
      ASSERT_EQ(footers.size(), 1U);
      EXPECT_EQ(footers[0].file_name, file.file_name);
      EXPECT_EQ(footers[0].footer, std::string("\0\xff", 2));
    }
  }
  EXPECT_FALSE(Must(reader.ListJobs({})).empty());
  for (const auto& job : Must(reader.ListJobs({}))) {
    EXPECT_TRUE(Must(reader.GetJob(job.id)).has_value());
    for (const auto& table : Must(reader.ListTablesWrittenBy(job.id))) {
      EXPECT_EQ(table.writer, job.id);
    }
    for (const auto& event : Must(reader.ListJobEvents(job.id))) {
      EXPECT_TRUE(Must(reader.GetJobEvent(job.id, event.id)).has_value());
    }
  }
  for (const auto& worker : Must(reader.ListWorkers())) {
    EXPECT_TRUE(Must(reader.GetWorker(worker.node_id)).has_value());
  }
  EXPECT_THAT(Must(reader.ListChainHeads()), IsEmpty());
  EXPECT_EQ(Must(reader.GetTable(version, "t")), std::nullopt);
}

std::vector<std::string> TryEveryWrite(MetadataStore& store) {
  using enum JobStatus;
  const DatasetVersion version = StoreTest::Version();
  const metadata_db::NewFile file = StoreTest::File({1}, "a");
  return {
      CodeOf(store.RegisterManifest({version.manifest_hash, "p", "k"}, Soon())),
      CodeOf(store.LinkManifest(version, Soon())),
      CodeOf(store.SetVersionTag(version, Must(SemanticVersion::Parse("1.0.0")), Soon())),
      CodeOf(store.AcquireTables(version, {{1}}, {{"t", "p"}}, Soon())),
      CodeOf(store.CommitFiles({{1}}, {file}, Soon())),
      CodeOf(store.RegisterRevision({version, "t", "p"}, Soon())),
      CodeOf(store.RestoreFiles({1}, {file}, Soon())),
      CodeOf(store.ActivateRevision(version, "t", {1}, Soon())),
      CodeOf(store.DeactivateTable(version, "t", Soon())),
      CodeOf(store.ScheduleJob("n", StoreTest::Descriptor(), Soon())),
      CodeOf(store.TransitionJob({{1}}, metadata_db::JobTransition::kStart, std::nullopt, Soon())),
      CodeOf(store.DeleteJob({1}, Soon())),
      CodeOf(store.DeleteJobs({kStopped}, Soon())),
      CodeOf(store.RegisterWorker("n", "{}", Soon())),
      CodeOf(store.Heartbeat("n", Soon())),
      CodeOf(store.LeaseChainHead("n", "o", std::chrono::seconds(1), Soon())),
      CodeOf(store.PutChainHead({.network = "n", .source = "s", .checked_at = {}}, Soon())),
  };
}

TEST(AmpTest, ARoleWithSelectOnlyReadsEverythingAndNoWriteIsTried) {
  AmpDatabase amps(TIDEMARK_TEST_DATA);
  amps.GrantSelect();
  amps.raw().Run("INSERT INTO footer_cache SELECT id, '\\x00ff' FROM file_metadata");
  amps.raw().Run("ALTER ROLE amp_reader SET log_statement = 'all'");
  const std::size_t log_begin =
      std::stoul(amps.raw().Value("SELECT length(pg_read_file('server.log'))"));
  const std::string catalog =
      "SELECT string_agg(c.oid::text || nspname || relname, ',' ORDER BY c.oid) FROM pg_class c "
      "JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname NOT LIKE 'pg\\_toast%'";
  const std::string before = amps.raw().Value(catalog);
  {
    const auto store = Must(OpenPostgresStore({.url = amps.url()}, Soon()));
    EXPECT_TRUE(store->is_read_only());
    ReadEverything(*Must(store->OpenReader(Soon())));
    EXPECT_THAT(TryEveryWrite(*store), testing::Each("invalid_argument"));
    EXPECT_THAT(store->Heartbeat("n", Soon()).error().message, HasSubstr("through Amp"));
  }
  amps.raw().Run("ALTER ROLE amp_reader RESET log_statement");
  EXPECT_THAT(StatementsOf(amps.raw(), log_begin),
              testing::UnorderedElementsAre("BEGIN", "SELECT", "WITH", "ROLLBACK"));
  EXPECT_EQ(amps.raw().Value(catalog), before);
}

TEST(AmpTest, AMissingRightIsNamedWhenTheStoreOpens) {
  AmpDatabase amps(TIDEMARK_TEST_DATA);
  const auto failure = [&] {
    const auto opened = OpenPostgresStore({.url = amps.url()}, Soon());
    EXPECT_EQ(CodeOf(opened), "unavailable");
    return opened ? "ok" : opened.error().message;
  };
  EXPECT_THAT(failure(), AllOf(HasSubstr("\"amp_reader\" may not read dataset_manifests.hash"),
                               HasSubstr("GRANT SELECT ON ALL TABLES IN SCHEMA public")));
  amps.GrantSelect();
  amps.raw().Run("REVOKE SELECT ON job_events FROM amp_reader");
  EXPECT_THAT(failure(), HasSubstr("may not read job_events.created_at"));
}

TEST(AmpTest, ARightThatIsTakenAwayLaterIsNamed) {
  AmpDatabase amps(TIDEMARK_TEST_DATA);
  amps.GrantSelect();
  const auto store = Must(OpenPostgresStore({.url = amps.url()}, Soon()));
  amps.raw().Run("REVOKE SELECT ON workers FROM amp_reader");
  const auto workers = Must(store->OpenReader(Soon()))->ListWorkers();
  EXPECT_EQ(CodeOf(workers), "unavailable");
  EXPECT_THAT(workers.error().message,
              AllOf(HasSubstr("workers"), HasSubstr("42501"), HasSubstr("grant the role")));
}

TEST(AmpTest, ASchemaThatIsTooOldIsRefused) {
  AmpDatabase amps(TIDEMARK_TEST_DATA);
  amps.raw().Run("ALTER TABLE manifest_files DROP COLUMN kind");
  const auto opened = OpenPostgresStore({.url = amps.url()}, Soon());
  EXPECT_EQ(CodeOf(opened), "corruption");
  EXPECT_THAT(opened.error().message, HasSubstr("not the column manifest_files.kind"));
}

// Amp's migrations may change a table under a server that runs.
TEST(AmpTest, AColumnThatChangesItsTypeWhileTheStoreIsOpenFailsNoRead) {
  AmpDatabase amps(TIDEMARK_TEST_DATA);
  amps.GrantSelect();
  const auto store = Must(OpenPostgresStore({.url = amps.url()}, Soon()));
  const auto count = [&] { return Must(Must(store->OpenReader(Soon()))->ListManifests()).size(); };
  const std::size_t before = count();
  amps.raw().Run("ALTER TABLE manifest_files ALTER COLUMN kind TYPE varchar(100)");
  EXPECT_EQ(count(), before);
}

class BadRowsTest : public StoreTest {
 public:
  void SetUp() override { AddJobWithFiles(); }
};

TEST_F(BadRowsTest, ATimeThatIsNoneTakesItsRowOutOfListsAndIsCorruptionByItself) {
  for (const char* time : {"infinity", "-infinity", "290000-01-01", "1500-01-01"}) {
    raw.Run(fmt::format(
        "INSERT INTO workers (node_id, heartbeat_at) VALUES ('bad', '{0}'), ('good', now()) ON "
        "CONFLICT (node_id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at; INSERT INTO jobs "
        "(node_id, idempotency_key) VALUES ('good', 'k'); INSERT INTO jobs_status SELECT id, "
        "'good', 'RUNNING', '{0}' FROM jobs WHERE idempotency_key = 'k'; UPDATE tags SET "
        "updated_at "
        "= '{0}' WHERE version = 'dev'",
        time));
    const JobId bad{std::stoll(raw.Value("SELECT id FROM jobs WHERE idempotency_key = 'k'"))};
    const auto reader = Read();
    EXPECT_EQ(Must(reader->ListWorkers()).size(), 2U);
    EXPECT_EQ(CodeOf(reader->GetWorker("bad")), "corruption");
    EXPECT_EQ(Must(reader->ListJobs({})).size(), 1U);
    EXPECT_EQ(Must(reader->ListJobs({.limit = 1})).size(), 1U) << "the page is not cut short";
    EXPECT_EQ(CodeOf(reader->GetJob(bad)), "corruption");
    EXPECT_THAT(Must(reader->ListAllTags()), IsEmpty());
    EXPECT_EQ(CodeOf(reader->GetTag(Version().dataset, "dev")), "corruption");
    raw.Run("DELETE FROM jobs WHERE idempotency_key = 'k'");
  }
}

TEST_F(BadRowsTest, AHashThatIsNoneTakesItsRowOutOfLists) {
  raw.Run(
      "INSERT INTO manifest_files (hash, path) VALUES ('nonsense', 'p'), (repeat('A', 64), "
      "'q'); INSERT INTO dataset_manifests (namespace, name, hash) VALUES ('eth', 'main', "
      "'nonsense'); INSERT INTO tags (namespace, name, version, hash) VALUES ('eth', 'main', "
      "'1.0.0', 'nonsense')");
  const auto reader = Read();
  EXPECT_EQ(Must(reader->ListManifests()).size(), 1U);
  EXPECT_EQ(Must(reader->ListTags(Version().dataset)).size(), 1U);
  EXPECT_EQ(CodeOf(reader->GetTag(Version().dataset, "1.0.0")), "corruption");
}

// Progress must not depend on what a row looks like.
TEST_F(BadRowsTest, LookUpsOfProgressReadRowsOfEveryShape) {
  // Lets foreign keys lead nowhere.
  raw.Run("SET session_replication_role = replica");
  const std::string hash = Version().manifest_hash.hex;
  raw.Run(fmt::format(R"sql(
UPDATE jobs_status SET status = 'no such word', updated_at = 'infinity';
UPDATE file_metadata SET metadata = 'null', object_size = -5, url = 'no url' WHERE file_name = 'a';
UPDATE file_metadata SET metadata = '{{"a": [1e400, "\ud83c\udf0a", 18446744073709551615, {{}}]}}',
  object_size = NULL WHERE file_name = 'b';
INSERT INTO physical_table_revisions (path, metadata, writer, created_at)
VALUES ('orphan', '[]', 999, '-infinity');
INSERT INTO physical_tables (dataset_namespace, dataset_name, manifest_hash, table_name,
                             active_revision_id, updated_at)
VALUES ('eth', 'main', '{0}', 'nowhere', 12345, 'infinity'), ('eth', 'main', '{0}', 'orphan', 2, now()),
       ('eth', 'main', 'NO HASH', 'strange', 1, now()), ('eth', 'main', '{0}', '', NULL, now()))sql",
                      hash));
  raw.Run("RESET session_replication_role");
  const auto reader = Read();
  const auto tables = Must(reader->ListTables(Version()));
  ASSERT_EQ(tables.size(), 4U);
  EXPECT_EQ(tables[0].table_name, "");
  EXPECT_EQ(tables[1].writer_status, JobStatus::kUnknown);
  EXPECT_EQ(tables[2].active_revision, LocationId{12345});
  EXPECT_EQ(tables[2].path, std::nullopt);
  EXPECT_EQ(tables[2].revision_version, 0U);
  EXPECT_EQ(tables[3].writer, JobId{999});
  EXPECT_EQ(tables[3].writer_status, std::nullopt);
  EXPECT_EQ(Must(reader->ListTablesWrittenBy({1})).size(), 2U);
  EXPECT_EQ(Must(reader->ListRevisions({})).size(), 2U);
  const auto files = Must(reader->ListFiles({1}));
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].metadata, "null");
  EXPECT_EQ(files[0].object_size, -5);
  EXPECT_THAT(files[1].metadata, HasSubstr("18446744073709551615"));
  EXPECT_EQ(files[1].object_size, std::nullopt);
}

TEST_F(BadRowsTest, EventsOfEveryShapeAreNobodysJob) {
  raw.Run(
      "INSERT INTO job_events (job_id, node_id, event_type, detail) SELECT 1, 'node', "
      "'SCHEDULED', d::jsonb FROM unnest(ARRAY['null', '[]', '\"manifest_hash\"', '7', "
      "'{\"manifest_hash\": {}}']) d");
  EXPECT_EQ(Must(Read()->ListJobsOfVersion(Version())).size(), 1U);
  EXPECT_EQ(Must(Read()->ListJobEvents({1})).size(), 6U);
}

// An error's text may come from a node of anybody's.
TEST_F(BadRowsTest, TheCharacterThatJsonbCannotHoldDoesNotKeepAJobFromFailing) {
  Must(store->TransitionJob({{1}}, metadata_db::JobTransition::kFail,
                            R"({"error_message":"a\u0000b \\u0000 \\\u0000\n"})", Soon()));
  EXPECT_EQ(raw.Value("SELECT detail->>'error_message' FROM jobs_status"),
            "a\xEF\xBF\xBD"
            "b \\u0000 \\\xEF\xBF\xBD\n");
}

TEST_F(BadRowsTest, HeadsHoldTheGreatestNumbersAndUnreadableOnesAreLeftOut) {
  const auto now = std::chrono::floor<std::chrono::microseconds>(SystemClock().Now());
  metadata_db::ChainHeadRow head{.network = "n", .source = "s", .checked_at = now};
  head.found = ObservedHead{.head = {.number = {~0ULL}, .hash = {}, .timestamp_s = ~0ULL},
                            .observed_at = now};
  Must(store->PutChainHead(head, Soon()));
  head.network = "bad";
  Must(store->PutChainHead(head, Soon()));
  raw.Run("UPDATE tidemark.chain_heads SET block_hash = '0x' WHERE network = 'bad'");
  const auto heads = Must(Read()->ListChainHeads());
  ASSERT_EQ(heads.size(), 1U);
  EXPECT_EQ(heads[0].found, head.found);
}

}  // namespace
}  // namespace tidemark::metadata_db_postgres
