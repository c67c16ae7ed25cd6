// What OpenSqliteStore makes of the files that it may find.
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include <gmock/gmock.h>

#include "child_process.h"
#include "manual_clock.h"
#include "metadata_dump.h"
#include "migrations.h"
#include "raw_database.h"
#include "temp_dir.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::CodeOf;
using metadata_db::MetadataStore;
using metadata_db::Must;
using metadata_db::Soon;
using testing::HasSubstr;

class SqliteFileTest : public testing::Test {
 public:
  using Store = std::unique_ptr<MetadataStore>;

  Result<Store> Open(Deadline deadline = Soon()) const {
    return OpenSqliteStore({.file = file}, deadline);
  }

  void WriteFile(std::string_view content) const {
    std::ofstream(file, std::ios::binary) << content;
  }

  std::string ReadFile() const {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  // Some hundred kilobytes over many pages.
  void FillDatabase() const {
    const Store store = Must(Open());
    for (int i = 0; i < 200; ++i) {
      Must(store->RegisterWorker("w" + std::to_string(i), std::string(2000, 'x'), Soon()));
    }
  }

  const TempDir dir;
  const std::filesystem::path file = dir.path() / "metadata.sqlite";
};

TEST_F(SqliteFileTest, WhatWasCommittedIsThereAfterReopening) {
  Must(Must(Open())->RegisterWorker("w", R"({"a":1})", Soon()));
  const auto workers = Must(Must(Must(Open())->OpenReader(Soon()))->ListWorkers());
  ASSERT_EQ(workers.size(), 1U);
  EXPECT_EQ(workers[0].info, R"({"a":1})");
}

TEST_F(SqliteFileTest, AnEmptyFileBecomesADatabase) {
  WriteFile("");
  Must(Must(Open())->RegisterWorker("w", "{}", Soon()));
}

TEST_F(SqliteFileTest, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
  const std::string content(5000, 'q');
  WriteFile(content);
  const auto store = Open();
  ASSERT_EQ(CodeOf(store), "corruption");
  EXPECT_THAT(store.error().message, HasSubstr(file.string()));
  EXPECT_THAT(store.error().message, HasSubstr("not a database"));
  EXPECT_EQ(ReadFile(), content);
}

TEST_F(SqliteFileTest, ADatabaseOfSomebodyElseIsRefusedAndLeftAlone) {
  RawDatabase(file).Run("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
  const std::string content = ReadFile();
  const auto store = Open();
  ASSERT_EQ(CodeOf(store), "corruption");
  EXPECT_THAT(store.error().message, HasSubstr("not one of Tidemark's"));
  EXPECT_EQ(ReadFile(), content);
}

TEST_F(SqliteFileTest, ADatabaseOfAnotherApplicationIsRefusedEvenIfItIsEmpty) {
  RawDatabase(file).Run("PRAGMA application_id = 7; PRAGMA user_version = 1");
  EXPECT_EQ(CodeOf(Open()), "corruption");
}

// Method: a file as the first version made it, with rows, opened by this one.
TEST_F(SqliteFileTest, ADatabaseOfTheFirstSchemaIsMigratedAndKeepsItsRows) {
  {
    RawDatabase old(file);
    old.Run(kMigration0001);
    old.Run(R"sql(
      INSERT INTO workers (node_id, heartbeat_at) VALUES ('n', '2026-01-01T00:00:00Z');
      INSERT INTO jobs (node_id, idempotency_key) VALUES ('n', 'k');
      INSERT INTO jobs_status (job_id, node_id, status) VALUES (1, 'n', 'RUNNING');
      INSERT INTO job_events (job_id, node_id, event_type, detail)
      VALUES (1, 'n', 'SCHEDULED', 'no JSON');
      INSERT INTO job_events (job_id, node_id, event_type, detail)
      VALUES (1, 'n', 'SCHEDULED', '{"dataset_namespace":"eth","dataset_name":"main",
                                     "manifest_hash":"abc"}'))sql");
  }
  const Store store = Must(Open());
  EXPECT_EQ(RawDatabase(file).Query("PRAGMA user_version"), "4\n");
  EXPECT_EQ(RawDatabase(file).Query("PRAGMA integrity_check"), "ok\n");
  const DatasetVersion version{.dataset = {.ns = "eth", .name = "main"}, .manifest_hash = {"abc"}};
  EXPECT_EQ(Must(Must(store->OpenReader(Soon()))->ListJobsOfVersion(version)).size(), 1U);
  EXPECT_TRUE(Must(store->LeaseChainHead("n", "o", std::chrono::seconds(1), Soon())));
}

TEST_F(SqliteFileTest, ADatabaseFromTheFutureIsRefusedAndLeftAlone) {
  Must(Open());
  RawDatabase(file).Run("PRAGMA user_version = 5");
  const std::string content = ReadFile();
  const auto store = Open();
  ASSERT_EQ(CodeOf(store), "corruption");
  EXPECT_THAT(store.error().message, HasSubstr("newer Tidemark"));
  EXPECT_EQ(ReadFile(), content);
}

TEST_F(SqliteFileTest, ASchemaThatMayNotBeMigratedIsNamedAndLeftAlone) {
  const SqliteOptions options{.file = file, .auto_migrate = false};
  auto refused = OpenSqliteStore(options, Soon());
  ASSERT_EQ(CodeOf(refused), "invalid_argument");
  EXPECT_THAT(refused.error().message, HasSubstr("its schema is version 0"));
  EXPECT_EQ(ReadFile(), "");

  Must(Open());
  EXPECT_EQ(CodeOf(OpenSqliteStore(options, Soon())), "ok");
}

TEST_F(SqliteFileTest, ANegativeSchemaVersionIsRefused) {
  Must(Open());
  RawDatabase(file).Run("PRAGMA user_version = -1");
  EXPECT_EQ(CodeOf(Open()), "corruption");
}

// Method: cut a healthy file at each of several lengths.
TEST_F(SqliteFileTest, ATruncatedDatabaseIsCorruption) {
  FillDatabase();
  const std::string content = ReadFile();
  for (const std::size_t length : {std::size_t{2}, std::size_t{50}, std::size_t{4096},
                                   content.size() / 2, content.size() - 4096}) {
    WriteFile(std::string_view(content).substr(0, length));
    EXPECT_EQ(CodeOf(Open()), "corruption") << length << " of " << content.size() << " bytes";
  }
}

TEST_F(SqliteFileTest, DamageInsideTheFileIsCorruptionWhereItIsMet) {
  FillDatabase();
  std::string content = ReadFile();
  // All pages but the first few, which hold the schema.
  for (std::size_t i = content.size() / 4; i < content.size(); ++i) content[i] = '\xff';
  WriteFile(content);
  const auto store = Open();
  if (!store) {
    EXPECT_EQ(CodeOf(store), "corruption");
    return;
  }
  EXPECT_EQ(CodeOf(Must((*store)->OpenReader(Soon()))->ListWorkers()), "corruption");
}

TEST_F(SqliteFileTest, ATimeThatIsNoneIsCorruptionAndNamesTheColumn) {
  const Store store = Must(Open());
  Must(store->RegisterWorker("w", "{}", Soon()));
  RawDatabase(file).Run("UPDATE workers SET heartbeat_at = 'yesterday'");
  const auto worker = Must(store->OpenReader(Soon()))->GetWorker("w");
  ASSERT_EQ(CodeOf(worker), "corruption");
  EXPECT_THAT(worker.error().message, HasSubstr("heartbeat_at"));
}

TEST_F(SqliteFileTest, AFolderThatIsNotThereIsUnavailable) {
  const auto store = OpenSqliteStore({.file = dir.path() / "no" / "such" / "db"}, Soon());
  ASSERT_EQ(CodeOf(store), "unavailable");
  EXPECT_THAT(store.error().message, HasSubstr("no/such/db"));
}

TEST_F(SqliteFileTest, AFolderInPlaceOfTheFileIsUnavailable) {
  EXPECT_EQ(CodeOf(OpenSqliteStore({.file = dir.path()}, Soon())), "unavailable");
  EXPECT_EQ(CodeOf(OpenSqliteStore({.file = ""}, Soon())), "unavailable");
}

TEST_F(SqliteFileTest, NamesThatAreSpecialToSqliteAreFiles) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  for (const char* const name : {":memory:", "file:x?mode=memory"}) {
    EXPECT_EQ(CodeOf(OpenSqliteStore({.file = name}, Soon())), "ok");
    EXPECT_TRUE(std::filesystem::exists(dir.path() / name)) << name;
  }
  std::filesystem::current_path(before);
}

// Method: a child process gives up root's rights, if it has them, and tries.
TEST_F(SqliteFileTest, AFolderThatMayNotBeWrittenIsUnavailable) {
  const auto try_as_nobody = [&] {
    ChildProcess child([&](const ChildProcess::Tell&) {
      if (geteuid() == 0 && setuid(65534) != 0) return 1;
      const auto store = Open();
      return CodeOf(store) == "unavailable" ? 0 : 2;
    });
    return child.Join();
  };
  chmod(dir.path().c_str(), 0555);
  EXPECT_EQ(try_as_nobody(), 0) << "without a file";
  chmod(dir.path().c_str(), 0755);
  Must(Open());
  chmod(file.c_str(), 0444);
  chmod(dir.path().c_str(), 0555);
  EXPECT_EQ(try_as_nobody(), 0) << "with a file that is read-only";
  chmod(dir.path().c_str(), 0755);
}

TEST_F(SqliteFileTest, AnExclusiveLockOfAnotherProcessIsUnavailableAtTheDeadline) {
  Must(Open());
  ChildProcess child([&](const ChildProcess::Tell& tell) {
    RawDatabase database(file);
    database.Run("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM workers");
    tell('l');
    return pause();
  });
  ASSERT_EQ(child.Await(1), 1U);
  const auto store = Open(Deadline::After(std::chrono::milliseconds(100)));
  ASSERT_EQ(CodeOf(store), "unavailable");
  EXPECT_THAT(store.error().message, HasSubstr("another process has locked the database"));
  child.Kill();
  EXPECT_EQ(CodeOf(Open()), "ok");
}

TEST_F(SqliteFileTest, AWriterInAnotherProcessDelaysWritesAndNotReads) {
  Must(Open());
  ChildProcess child([&](const ChildProcess::Tell& tell) {
    RawDatabase database(file);
    database.Run("BEGIN IMMEDIATE; DELETE FROM workers");
    tell('l');
    return pause();
  });
  ASSERT_EQ(child.Await(1), 1U);
  const Store store = Must(Open());
  EXPECT_TRUE(Must(Must(store->OpenReader(Soon()))->ListWorkers()).empty());
  const auto status =
      store->RegisterWorker("w", "{}", Deadline::After(std::chrono::milliseconds(100)));
  EXPECT_EQ(CodeOf(status), "unavailable");
  child.Kill();
  Must(store->RegisterWorker("w", "{}", Soon()));
}

TEST_F(SqliteFileTest, SeveralOpeningOneNewFileAtOnceAllSucceed) {
  for (int round = 0; round < 10; ++round) {
    const std::filesystem::path fresh = dir.path() / std::to_string(round);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const auto store = OpenSqliteStore({.file = fresh}, Soon());
        ASSERT_EQ(CodeOf(store), "ok") << store.error().message;
        Must((*store)->RegisterWorker("w" + std::to_string(i), "{}", Soon()));
      });
    }
    for (std::thread& thread : threads) thread.join();
    const auto reader = Must(Must(OpenSqliteStore({.file = fresh}, Soon()))->OpenReader(Soon()));
    EXPECT_EQ(Must(reader->ListWorkers()).size(), 4U);
  }
}

TEST_F(SqliteFileTest, AReaderMoreThanThereMayBeWaitsUntilItsDeadline) {
  const Store store = Must(Open());
  std::vector<std::unique_ptr<metadata_db::MetadataReader>> readers;
  for (int i = 0; i < 16; ++i) readers.push_back(Must(store->OpenReader(Soon())));
  const Deadline brief = Deadline::After(std::chrono::milliseconds(50));
  EXPECT_EQ(CodeOf(store->OpenReader(brief)), "unavailable");
  std::thread releaser([&] { readers.pop_back(); });
  EXPECT_EQ(CodeOf(store->OpenReader(Soon())), "ok");
  releaser.join();
}

TEST_F(SqliteFileTest, AReaderMayOutliveItsStore) {
  Store store = Must(Open());
  Must(store->RegisterWorker("w", "{}", Soon()));
  const auto reader = Must(store->OpenReader(Soon()));
  store.reset();
  EXPECT_EQ(Must(reader->ListWorkers()).size(), 1U);
}

}  // namespace
}  // namespace tidemark::metadata_db_sqlite
