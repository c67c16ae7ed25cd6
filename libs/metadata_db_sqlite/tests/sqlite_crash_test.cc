// What a killed process leaves behind.
#include <random>

#include <gtest/gtest.h>

#include "child_process.h"
#include "metadata_dump.h"
#include "raw_database.h"
#include "temp_dir.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::Must;
using metadata_db::NewFile;
using metadata_db::Soon;

constexpr std::size_t kFilesPerCommit = 3;

const DatasetVersion& TheVersion() {
  static const DatasetVersion version{.dataset = {.ns = "eth", .name = "main"},
                                      .manifest_hash = {std::string(64, 'a')}};
  return version;
}

// Commits three files at a time, without end, and tells of each commit.
int CommitForEver(const std::filesystem::path& file, const ChildProcess::Tell& tell) {
  const auto store = Must(OpenSqliteStore({.file = file}, Soon()));
  Must(store->RegisterWorker("node", "{}", Soon()));
  const JobDescriptor descriptor{.version = TheVersion(), .end_block = {}};
  const JobId job = Must(store->ScheduleJob("node", descriptor, Soon()));
  const auto rows = Must(store->AcquireTables(TheVersion(), {job}, {{"blocks", "p"}}, Soon()));
  const LocationId location = rows.at(0).active_revision.value();
  std::size_t next = Must(Must(store->OpenReader(Soon()))->ListFiles(location)).size();
  for (;;) {
    std::vector<NewFile> files;
    for (std::size_t i = 0; i < kFilesPerCommit; ++i) {
      files.push_back({.location_id = location,
                       .file_name = std::to_string(next++),
                       .metadata = std::string(500, 'm'),
                       .url = "file:///",
                       .footer = std::string(5000, 'f')});
    }
    Must(store->CommitFiles({job}, files, Soon()));
    tell('c');
  }
}

// Method: ten times, a child commits until it has told of a random number of commits, and is killed
// wherever it is then. Every commit it told of must be there, whole, and so must the table's
// number.
TEST(SqliteCrashTest, EveryCommitThatReturnedSurvivesAKilledProcess) {
  const int seed = GTEST_FLAG_GET(random_seed);
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  std::uniform_int_distribution<std::size_t> commits(1, 60);
  const TempDir dir;
  const std::filesystem::path file = dir.path() / "metadata.sqlite";

  std::size_t files_told = 0;
  for (int round = 0; round < 10; ++round) {
    SCOPED_TRACE(round);
    const std::size_t count = commits(random);
    {
      ChildProcess child([&](const ChildProcess::Tell& tell) { return CommitForEver(file, tell); });
      ASSERT_EQ(child.Await(count), count);
      child.Kill();
    }
    files_told += count * kFilesPerCommit;

    const auto store = Must(OpenSqliteStore({.file = file}, Soon()));
    const auto reader = Must(store->OpenReader(Soon()));
    const auto table = Must(reader->GetTable(TheVersion(), "blocks")).value();
    const auto files = Must(reader->ListFiles(table.active_revision.value()));
    EXPECT_GE(files.size(), files_told);
    EXPECT_EQ(files.size() % kFilesPerCommit, 0U);
    for (std::size_t i = 0; i < files.size(); ++i) {
      ASSERT_EQ(files[i].file_name, std::to_string(i));
    }
    EXPECT_EQ(table.revision_version, 2 + files.size());
    RawDatabase raw(file);
    EXPECT_EQ(raw.Query("PRAGMA integrity_check"), "ok\n");
    EXPECT_EQ(raw.Query("PRAGMA foreign_key_check"), "");
    EXPECT_EQ(raw.Query("SELECT count(*) FROM footer_cache"), std::to_string(files.size()) + "\n");
    files_told = files.size();
  }
}

}  // namespace
}  // namespace tidemark::metadata_db_sqlite
