// Restoring tables from storage: what comes back is what a worker had written, whatever else lies
// there and whatever fails on the way.
#include "tidemark/data_store/revisions.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_lake.h"
#include "footer_builder.h"
#include "memory_objects.h"
#include "tidemark/base/metrics.h"
#include "tidemark/object_store/local_store.h"

namespace tidemark::data_store {
namespace {

using parquet_io::FileWith;
using parquet_io::SegmentJson;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kOlder = "eth/mainnet/blocks/019ba3d8-7653-7b73-8c83-0162553ce93c";
const std::string kNewer = "eth/mainnet/blocks/019c5681-7200-7392-8d49-32b5ee1d7ae3";
const std::string kNewest = "eth/mainnet/blocks/ffffffff-7200-7392-8d49-32b5ee1d7ae3";

template <class T>
std::string CodeOf(const Result<T>& result) {
  return result ? "ok" : std::string(ToString(result.error().code));
}

std::string NameOf(std::uint64_t first) {
  return fmt::format("{:09}-0123456789abcdef.parquet", first);
}

/// A file of the table "blocks" with ten blocks from `first` on.
std::string BlocksFile(std::uint64_t first) {
  return FileWith(SegmentJson("blocks", NameOf(first), first, first + 9));
}

class RevisionsTest : public ::testing::Test {
 protected:
  void AddBlocks(const std::string& folder, std::uint64_t first) {
    objects_.Add(folder + "/" + NameOf(first), BlocksFile(first));
  }
  Result<RestoredTable> RestoreTable(Deadline deadline = Deadline::Never()) {
    return revisions_->RestoreTable(lake_.version, "blocks", std::nullopt, deadline);
  }
  std::vector<metadata_db::FileRow> Rows(LocationId location) {
    return lake_.memory->OpenReader(Deadline::Never()).value()->ListFiles(location).value();
  }
  std::vector<std::string> NamesOf(LocationId location) {
    std::vector<std::string> names;
    for (auto& row : Rows(location)) names.push_back(row.file_name);
    return names;
  }

  DataLake lake_;
  MemoryObjects objects_;
  std::unique_ptr<Revisions> revisions_ = MakeRevisions(*lake_.store, objects_);
};

TEST(RestoreAmpTest, TheNewestOfTwoGenerationsThatAmpWroteIsOneBlockWithItsHashAndSize) {
  const DatasetVersion version{.dataset = {.ns = "_", .name = "base_rpc"},
                               .manifest_hash = {.hex = std::string(64, '2')}};
  // Amp's files were written before there were namespaces: the folder stands for one here.
  const auto root =
      std::filesystem::temp_directory_path() / fmt::format("revisions_test-{}", ::getpid());
  std::filesystem::create_directories(root / "_");
  std::filesystem::copy(std::filesystem::path(TIDEMARK_TEST_DATA) / "amp_snapshots", root / "_",
                        std::filesystem::copy_options::recursive);
  const auto storage = object_store::OpenLocalStore(root).value();
  DataLake lake;
  const auto revisions = MakeRevisions(*lake.store, *storage);

  struct Table {
    std::string name;
    std::string revision;
    std::uint64_t size_bytes;
  };
  for (const Table& table : {Table{"blocks", "019c5681-7200-7392-8d49-32b5ee1d7ae3", 9197},
                             Table{"logs", "019c5681-7201-7d31-8aa2-7e3845c40286", 78880}}) {
    SCOPED_TRACE(table.name);
    const auto restored =
        revisions->RestoreTable(version, table.name, std::nullopt, Deadline::Never());
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ(restored->files.total_files, 1U);
    EXPECT_EQ(restored->files.added_files, 1U);
    EXPECT_EQ(restored->files.unreadable_count, 0U);
    EXPECT_EQ(restored->url, fmt::format("file://{}/_/base_rpc/{}/{}/", root.string(), table.name,
                                         table.revision));
    const auto snapshot = lake.data->OpenSnapshot(Deadline::Never()).value();
    const auto progress = lake.data->GetTableProgress(*snapshot, version, table.name, {}).value();
    ASSERT_TRUE(progress);
    EXPECT_EQ(progress->start_block, BlockNumber{33411770});
    EXPECT_EQ(progress->current_block, BlockNumber{33411770});
    EXPECT_EQ(progress->files_count, 1U);
    EXPECT_EQ(progress->total_size_bytes, table.size_bytes);
    ASSERT_EQ(progress->ranges.size(), 1U);
    EXPECT_EQ(ToHex(progress->ranges[0].hash),
              "0x2ec560aa8cabaa160db11b94be38657a3b5595b1dff7a7203192f158ffb84936");
  }
  std::filesystem::remove_all(root);
}

TEST_F(RevisionsTest, ARestoredRowIsTheOneThatTheWorkerWrote) {
  AddBlocks(kNewer, 0);
  const auto restored = RestoreTable();
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->url, "memory://bucket/" + kNewer + "/");
  const auto rows = Rows(restored->location_id);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].file_name, NameOf(0));
  EXPECT_EQ(rows[0].url, restored->url);
  EXPECT_EQ(rows[0].metadata, SegmentJson("blocks", NameOf(0), 0, 9));
  EXPECT_EQ(rows[0].object_size, static_cast<std::int64_t>(BlocksFile(0).size()));
  EXPECT_EQ(rows[0].object_e_tag, objects_.Head(kNewer + "/" + NameOf(0))->e_tag);
  const auto revision = revisions_->Get(restored->location_id, Deadline::Never()).value();
  ASSERT_TRUE(revision);
  EXPECT_TRUE(revision->is_active);
  EXPECT_EQ(revision->path, kNewer);
  EXPECT_EQ(revision->writer, std::nullopt);
}

// Method: one lake has the rows that a worker committed, another restores them from the objects
// alone. Their answers agree but for the ids.
TEST_F(RevisionsTest, ProgressOfRestoredRowsIsThatOfTheLostOnes) {
  DataLake written;
  const auto table =
      written.memory
          ->AcquireTables(written.version, {written.job},
                          {{.table_name = "blocks", .path_if_new = kNewer}}, Deadline::Never())
          .value()
          .front();
  for (const std::uint64_t first : {0U, 10U, 20U, 40U, 50U}) {
    AddBlocks(kNewer, first);
    const std::string path = kNewer + "/" + NameOf(first);
    const auto info = objects_.Head(path).value();
    written.memory
        ->CommitFiles({written.job},
                      {{.location_id = table.active_revision.value(),
                        .file_name = NameOf(first),
                        .metadata = SegmentJson("blocks", NameOf(first), first, first + 9),
                        .object_size = info.size_bytes,
                        .object_e_tag = info.e_tag,
                        .url = objects_.UrlOf(kNewer) + "/",
                        .footer = ""}},
                      Deadline::Never())
        .value();
  }
  ASSERT_TRUE(RestoreTable());
  const auto before = written.GetProgress("blocks").value();
  const auto after = lake_.GetProgress("blocks").value();
  ASSERT_TRUE(before && after);
  EXPECT_EQ(after->start_block, before->start_block);
  EXPECT_EQ(after->current_block, before->current_block);
  EXPECT_EQ(after->current_block, BlockNumber{29});
  EXPECT_EQ(after->files_count, before->files_count);
  EXPECT_EQ(after->total_size_bytes, before->total_size_bytes);
  EXPECT_EQ(after->ranges, before->ranges);
}

TEST_F(RevisionsTest, TheNewestRevisionIsTheGreatestUuidWithASegmentInIt) {
  AddBlocks(kOlder, 0);
  AddBlocks(kNewer, 10);
  // Neither words, nor other UUIDs, nor a newer folder of junk.
  AddBlocks("eth/mainnet/blocks/zzz", 20);
  AddBlocks("eth/mainnet/blocks/ffffffff-7200-4392-8d49-32b5ee1d7ae3", 30);
  objects_.Add(kNewest + "/000000000-0123456789abcdef.parquet", "junk");
  objects_.Add(kNewest + "/" + NameOf(5), FileWith(SegmentJson("logs", NameOf(5), 5, 6)));
  const auto restored = RestoreTable();
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->url, objects_.UrlOf(kNewer) + "/");
  EXPECT_EQ(restored->files.total_files, 1U);
  EXPECT_EQ(restored->files.unreadable_count, 2U);
  EXPECT_THAT(restored->files.unreadable,
              ElementsAre(Field(&UnreadableFile::reason, HasSubstr("no Parquet file")),
                          Field(&UnreadableFile::reason, HasSubstr("of the table 'logs'"))));
  EXPECT_EQ(lake_.GetProgress("blocks").value()->start_block, BlockNumber{10});
  // The junk has left no revision behind.
  EXPECT_EQ(revisions_->List({.is_active = std::nullopt}, Deadline::Never())->size(), 1U);
}

TEST_F(RevisionsTest, WhereStorageHasNothingToRestoreThatIsNotFound) {
  EXPECT_EQ(CodeOf(RestoreTable()), "not_found");
  objects_.Add(kNewer + "/a.parquet", "junk");
  EXPECT_EQ(CodeOf(RestoreTable()), "not_found");
  EXPECT_EQ(
      CodeOf(revisions_->RestoreTable(lake_.version, "blocks", LocationId{99}, Deadline::Never())),
      "not_found");
  EXPECT_EQ(CodeOf(revisions_->RestoreFiles(LocationId{99}, Deadline::Never())), "not_found");
  EXPECT_THAT(revisions_->List({}, Deadline::Never()).value(), IsEmpty());
}

TEST_F(RevisionsTest, AGivenRevisionIsRestoredAndActivatedThoughThereIsANewerOne) {
  AddBlocks(kOlder, 0);
  AddBlocks(kNewer, 10);
  const auto older =
      revisions_->Register(lake_.version, "blocks", kOlder, Deadline::Never()).value();
  ASSERT_TRUE(RestoreTable());
  const auto restored = revisions_->RestoreTable(lake_.version, "blocks", older, Deadline::Never());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->location_id, older);
  EXPECT_EQ(lake_.GetProgress("blocks").value()->start_block, BlockNumber{0});
}

TEST_F(RevisionsTest, WhatIsNoSegmentIsNamedAndHarmsNobody) {
  AddBlocks(kNewer, 0);
  AddBlocks(kNewer, 20);
  const std::string good = BlocksFile(10);
  objects_.Add(kNewer + "/" + NameOf(10), good.substr(0, good.size() - 1));
  objects_.Add(kNewer + "/000000011-0123456789abcdef.parquet", "");
  objects_.Add(kNewer + "/000000012-0123456789abcdef.parquet", good);
  objects_.Add(kNewer + "/000000013-0123456789abcdef.parquet",
               FileWith(SegmentJson("logs", "000000013-0123456789abcdef.parquet", 13, 13)));
  objects_.Add(kNewer + "/_SUCCESS", "");
  objects_.Add(kNewer + "/deeper/" + NameOf(30), BlocksFile(30));
  const auto restored = RestoreTable();
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->files.total_files, 2U);
  EXPECT_EQ(restored->files.unreadable_count, 6U);
  const auto named = [](std::string_view path, std::string_view reason) {
    return AllOf(Field(&UnreadableFile::path, HasSubstr(std::string(path))),
                 Field(&UnreadableFile::reason, HasSubstr(std::string(reason))));
  };
  EXPECT_THAT(restored->files.unreadable,
              ::testing::UnorderedElementsAre(
                  named("_SUCCESS", ".parquet"), named("deeper", "folder"),
                  named("000000010", "Parquet file"), named("000000011", "0 bytes"),
                  named("000000012", "of a file"), named("000000013", "'logs'")));
  EXPECT_THAT(NamesOf(restored->location_id), ElementsAre(NameOf(0), NameOf(20)));
  EXPECT_EQ(lake_.GetProgress("blocks").value()->quarantined_files, 0U);
}

TEST_F(RevisionsTest, OnlyTheFirstTwentyAreNamedAndAllAreCounted) {
  AddBlocks(kNewer, 0);
  for (int i = 0; i < 300; ++i) objects_.Add(fmt::format("{}/z{:03}.parquet", kNewer, i), "junk");
  Counter& counter = ProcessMetrics().GetCounter(
      {.name = "tidemark_quarantined_objects_total",
       .help = "Objects in storage that were left out when their revision was restored."});
  const std::uint64_t before = counter.value();
  const auto restored = RestoreTable();
  EXPECT_EQ(counter.value(), before + 300);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->files.unreadable_count, 300U);
  EXPECT_EQ(restored->files.unreadable.size(), 20U);
  EXPECT_EQ(restored->files.total_files, 1U);
}

TEST_F(RevisionsTest, ASecondRestoreAddsNothingAndLeavesRowsAsTheyAre) {
  AddBlocks(kNewer, 0);
  AddBlocks(kNewer, 10);
  const auto first = RestoreTable().value();
  const auto before = Rows(first.location_id);
  AddBlocks(kNewer, 20);
  // The object has changed since its row was written.
  objects_.Add(kNewer + "/" + NameOf(0), FileWith(SegmentJson("blocks", NameOf(0), 0, 5)));
  const auto second = RestoreTable().value();
  EXPECT_EQ(second.location_id, first.location_id);
  EXPECT_EQ(second.files.total_files, 3U);
  EXPECT_EQ(second.files.added_files, 1U);
  auto after = Rows(first.location_id);
  ASSERT_EQ(after.size(), 3U);
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i].id, before[i].id);
    EXPECT_EQ(after[i].metadata, before[i].metadata);
    EXPECT_EQ(after[i].object_e_tag, before[i].object_e_tag);
  }
}

// Method: the n-th call to storage fails, for every n until none does. What fails says so and has
// activated nothing; asked again, it is whole.
TEST_F(RevisionsTest, AfterAFailureOfAnyCallToStorageTheSameRequestCompletes) {
  for (int n = 1;; ++n) {
    SCOPED_TRACE(n);
    ASSERT_LT(n, 1000);
    DataLake fresh;
    MemoryObjects storage;
    for (std::uint64_t first = 0; first < 1500; first += 10) {
      storage.Add(kNewer + "/" + NameOf(first), BlocksFile(first));
    }
    // One that takes a second read.
    storage.Add(
        kNewer + "/" + NameOf(1500),
        "PAR1" + parquet_io::WithTrailer(parquet_io::PrintBlock(
                     {.keys = parquet_io::PrintKeys(
                          {{"nozzle_metadata", SegmentJson("blocks", NameOf(1500), 1500, 1509)},
                           {"comment", std::string(300'000, 'c')}})})));
    storage.before_call = [n](int call) -> Status {
      if (call != n) return {};
      return MakeError(ErrorCode::kUnavailable, "storage is away");
    };
    const auto asked = MakeRevisions(*fresh.store, storage);
    const auto restore = [&] {
      return asked->RestoreTable(fresh.version, "blocks", std::nullopt, Deadline::Never());
    };
    const auto failed = restore();
    if (failed) {
      EXPECT_GT(n, 150) << "fewer calls than files";
      break;
    }
    EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(failed.error().message, HasSubstr("storage is away"));
    EXPECT_FALSE(fresh.GetProgress("blocks").value());
    // Most of the calls read footers; a few of those stand for all.
    const auto again = restore();
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->files.total_files, 151U);
    EXPECT_EQ(fresh.GetProgress("blocks").value()->current_block, BlockNumber{1509});
    if (n > 10 && n < 140) n += 9;
  }
}

TEST_F(RevisionsTest, AnObjectThatVanishesMeanwhileIsSimplyNotThere) {
  AddBlocks(kNewer, 0);
  AddBlocks(kNewer, 10);
  objects_.before_call = [this](int call) {
    // After the footer that tells a revision, and before the second list is read.
    if (call >= 5) objects_.Remove(kNewer + "/" + NameOf(10));
    return Status();
  };
  const auto restored = RestoreTable();
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->files.total_files, 1U);
  EXPECT_EQ(restored->files.unreadable_count, 0U);
}

TEST_F(RevisionsTest, AFileThatTheDatabaseCannotHoldDoesNotKeepItsNeighboursOut) {
  for (const std::uint64_t first : {0U, 10U, 20U}) AddBlocks(kNewer, first);
  lake_.hooks.before_restore = [](const std::vector<metadata_db::NewFile>& files) -> Status {
    for (const auto& file : files) {
      if (file.file_name == NameOf(10)) {
        return MakeError(ErrorCode::kInvalidArgument, "the database cannot hold it");
      }
    }
    return {};
  };
  const auto restored = RestoreTable();
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->files.total_files, 2U);
  EXPECT_EQ(restored->files.added_files, 2U);
  EXPECT_THAT(restored->files.unreadable,
              ElementsAre(Field(&UnreadableFile::reason, "the database cannot hold it")));
}

TEST_F(RevisionsTest, APassedDeadlineIsUnavailableAndActivatesNothing) {
  AddBlocks(kNewer, 0);
  EXPECT_EQ(CodeOf(RestoreTable(Deadline::After(std::chrono::seconds(-1)))), "unavailable");
  EXPECT_FALSE(lake_.GetProgress("blocks").value());
}

TEST_F(RevisionsTest, RestoresAtOnceRegisterEachFileOnce) {
  for (std::uint64_t first = 0; first < 5000; first += 10) AddBlocks(kNewer, first);
  std::atomic<std::uint64_t> added = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto restored = RestoreTable();
        ASSERT_TRUE(restored) << restored.error().message;
        EXPECT_EQ(restored->files.total_files, 500U);
        added += restored->files.added_files;
      });
    }
  }
  EXPECT_EQ(added, 500U);
  const auto active = revisions_->List({.is_active = true}, Deadline::Never()).value();
  ASSERT_EQ(active.size(), 1U);
  const auto names = NamesOf(active[0].id);
  EXPECT_EQ(names.size(), 500U);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 500U);
}

// Method: what bounds the memory is how many footers are held at once: those of one batch, and no
// more than eight are read at a time.
TEST_F(RevisionsTest, ManyFilesAreRestoredInBoundedBatchesInTheOrderOfTheirNames) {
  constexpr std::uint64_t kFiles = 3'000;
  for (std::uint64_t i = 0; i < kFiles; ++i) AddBlocks(kNewer, i * 10);
  std::size_t largest = 0;
  lake_.hooks.before_restore = [&](const std::vector<metadata_db::NewFile>& files) -> Status {
    largest = std::max(largest, files.size());
    return {};
  };
  const auto restored = RestoreTable();
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->files.added_files, kFiles);
  EXPECT_LE(largest, 128U);
  EXPECT_LE(objects_.most_readers(), 8);
  const auto names = NamesOf(restored->location_id);
  EXPECT_TRUE(std::ranges::is_sorted(names)) << "file ids are not in the order of names";
  EXPECT_EQ(lake_.GetProgress("blocks").value()->current_block, BlockNumber{kFiles * 10 - 1});
}

TEST_F(RevisionsTest, AnUnregisteredTableCannotBeDeactivatedAndARevisionIsFoundByItsId) {
  EXPECT_EQ(CodeOf(revisions_->Deactivate(lake_.version, "blocks", Deadline::Never())),
            "not_found");
  EXPECT_EQ(CodeOf(revisions_->Activate(lake_.version, "blocks", LocationId{7}, Deadline::Never())),
            "not_found");
  EXPECT_EQ(CodeOf(revisions_->Register(lake_.version, "blocks", "../x", Deadline::Never())),
            "invalid_argument");
  const auto id = revisions_->Register(lake_.version, "blocks", kNewer, Deadline::Never()).value();
  EXPECT_EQ(revisions_->Register(lake_.version, "blocks", kNewer, Deadline::Never()).value(), id);
  EXPECT_FALSE(revisions_->Get(id, Deadline::Never()).value()->is_active);
  ASSERT_TRUE(revisions_->Activate(lake_.version, "blocks", id, Deadline::Never()));
  EXPECT_TRUE(revisions_->Get(id, Deadline::Never()).value()->is_active);
  ASSERT_TRUE(revisions_->Deactivate(lake_.version, "blocks", Deadline::Never()));
  EXPECT_FALSE(revisions_->Get(id, Deadline::Never()).value()->is_active);
  EXPECT_EQ(revisions_->Get(LocationId{99}, Deadline::Never()).value().has_value(), false);

  AddBlocks(kNewer, 0);
  EXPECT_EQ(revisions_->RestoreFiles(id, Deadline::Never())->added_files, 1U);
  EXPECT_FALSE(revisions_->Get(id, Deadline::Never()).value()->is_active) << "files alone";
  const auto row = Rows(id).front();
  const auto file = revisions_->GetFile(row.id, Deadline::Never()).value();
  ASSERT_TRUE(file);
  EXPECT_EQ(file->file_name, NameOf(0));
  EXPECT_EQ(file->metadata, row.metadata);
  EXPECT_FALSE(revisions_->GetFile(FileId{999}, Deadline::Never()).value());
}

}  // namespace
}  // namespace tidemark::data_store
