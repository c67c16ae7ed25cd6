// What a disk that fails at any moment leaves behind.
#include <functional>
#include <tuple>

#include <gtest/gtest.h>

#include "failing_disk.h"
#include "metadata_dump.h"
#include "raw_database.h"
#include "temp_dir.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::CodeOf;
using metadata_db::MetadataStore;
using metadata_db::Must;
using metadata_db::NewFile;
using metadata_db::Soon;

// Far more calls than any of the operations below makes.
constexpr int kCallsMax = 500;

class SqliteFaultTest : public testing::TestWithParam<FailingDisk::Mode> {
 public:
  std::vector<NewFile> ThreeFiles(int round) const {
    std::vector<NewFile> files;
    for (const char* const suffix : {"a", "b", "c"}) {
      files.push_back({.location_id = location,
                       .file_name = std::to_string(round) + suffix,
                       .metadata = std::string(3000, 'm'),
                       .url = "u",
                       .footer = std::string(9000, 'f')});
    }
    return files;
  }

  LocationId Prepare(MetadataStore& store) const {
    Must(store.RegisterWorker("node", "{}", Soon()));
    Must(store.ScheduleJob("node", {.version = version, .end_block = {}}, Soon()));
    return Must(store.AcquireTables(version, {job}, {{"blocks", "p"}}, Soon()))
        .at(0)
        .active_revision.value();
  }

  static std::size_t CountFiles(MetadataStore& store, LocationId in) {
    return Must(Must(store.OpenReader(Soon()))->ListFiles(in)).size();
  }

  const TempDir dir;
  const std::filesystem::path file = dir.path() / "metadata.sqlite";
  const DatasetVersion version{.dataset = {.ns = "eth", .name = "main"},
                               .manifest_hash = {std::string(64, 'a')}};
  const JobId job{1};
  LocationId location{};
  FailingDisk disk;
};

// Method: the n-th call to the disk fails during a commit, for every n that a commit gets to. The
// commit must have happened whole or not at all, and work when it is tried again.
TEST_P(SqliteFaultTest, ACommitThatTheDiskFailsIsWholeOrAbsentAndCanBeRepeated) {
  auto store = Must(OpenSqliteStore({.file = file}, Soon()));
  location = Prepare(*store);
  std::size_t committed = 0;
  int failures = 0;
  for (int calls = 0; calls < kCallsMax; ++calls) {
    SCOPED_TRACE(calls);
    disk.FailAfter(calls, GetParam());
    const auto ids = store->CommitFiles({job}, ThreeFiles(calls), Soon());
    disk.Heal();
    if (!disk.has_failed()) {
      Must(ids);
      break;
    }
    ++failures;
    const std::size_t after = CountFiles(*store, location);
    // A failure after the commit, while the log is copied back, is none of the commit's.
    if (ids) {
      EXPECT_EQ(after, committed + 3);
    } else {
      EXPECT_EQ(CodeOf(ids), "unavailable");
      EXPECT_TRUE(after == committed || after == committed + 3) << after;
    }
    Must(store->CommitFiles({job}, ThreeFiles(calls), Soon()));
    committed += 3;
    ASSERT_EQ(CountFiles(*store, location), committed);
    EXPECT_EQ(Must(Must(store->OpenReader(Soon()))->GetTable(version, "blocks"))->revision_version,
              2 + committed);
  }
  EXPECT_GE(failures, 3) << "a commit writes several pages and syncs them";
  store.reset();
  EXPECT_EQ(RawDatabase(file).Query("PRAGMA integrity_check"), "ok\n");
  store = Must(OpenSqliteStore({.file = file}, Soon()));
  EXPECT_EQ(CountFiles(*store, location), committed + 3);
}

// Method: as above, with a job that is deleted, files that are restored, and a switch of the active
// revision; each is one transaction, and what it changes shows how much of it happened.
TEST_P(SqliteFaultTest, OtherWritesThatTheDiskFailsAreWholeOrAbsentToo) {
  auto store = Must(OpenSqliteStore({.file = file}, Soon()));
  location = Prepare(*store);
  using metadata_db::JobTransition;
  const auto state = [&] {
    const auto reader = Must(store->OpenReader(Soon()));
    const auto table = Must(reader->GetTable(version, "blocks")).value();
    const auto revision = Must(reader->GetRevision(location)).value();
    return std::tuple(Must(reader->GetJob(job)).has_value(), revision.writer.has_value(),
                      Must(reader->ListFiles(location)).size(),
                      table.active_revision.value_or(LocationId{}).value);
  };
  const std::function<Status()> writes[] = {
      [&] {
        const auto added = store->RestoreFiles(location, ThreeFiles(0), Soon());
        return added ? Status() : Status(std::unexpected(added.error()));
      },
      [&] { return store->DeactivateTable(version, "blocks", Soon()); },
      [&] { return store->ActivateRevision(version, "blocks", location, Soon()); },
      [&] { return store->DeleteJob(job, Soon()); },
  };
  Must(store->TransitionJob({job}, JobTransition::kFailForGood, "{}", Soon()));
  int failures = 0;
  for (const auto& write : writes) {
    const auto before = state();
    for (int calls = 0; calls < kCallsMax; ++calls) {
      SCOPED_TRACE(calls);
      disk.FailAfter(calls, GetParam());
      const Status done = write();
      disk.Heal();
      if (done) break;
      ++failures;
      EXPECT_EQ(CodeOf(done), "unavailable");
      if (state() != before) break;  // Its outcome was unknown, and it was kept.
    }
    Must(write());
    const auto after = state();
    EXPECT_NE(after, before);
    EXPECT_EQ(std::get<0>(after), std::get<1>(after)) << "a job and its tables go together";
    EXPECT_EQ(std::get<2>(after), 3U) << "all files or none";
  }
  EXPECT_GE(failures, 8);
  store.reset();
  EXPECT_EQ(RawDatabase(file).Query("PRAGMA integrity_check"), "ok\n");
  EXPECT_EQ(RawDatabase(file).Query("PRAGMA foreign_key_check"), "");
}

TEST_P(SqliteFaultTest, ADatabaseWhoseCreationTheDiskFailsCanBeOpenedLater) {
  int failures = 0;
  for (int calls = 0; calls < kCallsMax; ++calls) {
    SCOPED_TRACE(calls);
    const std::filesystem::path fresh = dir.path() / std::to_string(calls);
    disk.FailAfter(calls, GetParam());
    auto store = OpenSqliteStore({.file = fresh}, Soon());
    disk.Heal();
    const bool has_failed = disk.has_failed();
    if (!store) {
      EXPECT_EQ(CodeOf(store), "unavailable") << store.error().message;
      store = OpenSqliteStore({.file = fresh}, Soon());
      ++failures;
    }
    Prepare(*Must(std::move(store)));
    EXPECT_EQ(RawDatabase(fresh).Query("PRAGMA integrity_check"), "ok\n");
    if (!has_failed) break;
  }
  EXPECT_GE(failures, 3);
}

INSTANTIATE_TEST_SUITE_P(Disk, SqliteFaultTest,
                         testing::Values(FailingDisk::Mode::kOnce, FailingDisk::Mode::kForGood));

}  // namespace
}  // namespace tidemark::metadata_db_sqlite
