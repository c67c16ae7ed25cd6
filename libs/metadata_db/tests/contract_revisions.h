// The contract: revisions that are registered, restored and activated by hand. Included by
// metadata_store_contract.h.
#pragma once

#include <limits>
#include <thread>

#include <gmock/gmock.h>

#include "metadata_store_contract.h"

namespace tidemark::metadata_db {

TEST_P(MetadataStoreContract, ARegisteredRevisionIsNobodysUntilItIsActivated) {
  const LocationId id = Must(store.RegisterRevision({Version(), "blocks", "eth/p"}, Soon()));
  EXPECT_GT(id.value, 0);
  const auto row = Must(Read()->GetRevision(id)).value();
  EXPECT_EQ(row.id, id);
  EXPECT_EQ(row.path, "eth/p");
  EXPECT_FALSE(row.is_active);
  EXPECT_EQ(row.writer, std::nullopt);
  EXPECT_EQ(row.writer_status, std::nullopt);
  EXPECT_EQ(Json(row.metadata), Json(RevisionMetadata(Version(), "blocks")));
  EXPECT_TRUE(Must(Read()->ListTables(Version())).empty()) << "the table is not registered";
}

TEST_P(MetadataStoreContract, RegisteringAPathAgainYieldsItsRevisionAndChangesNothing) {
  const JobId job = Schedule(Version());
  const LocationId acquired = Acquire(Version(), job, "blocks");
  const LocationId registered = Must(store.RegisterRevision({Version(), "logs", "p"}, Soon()));
  EXPECT_NE(acquired, registered);
  const std::string before = Dump();
  EXPECT_EQ(Must(store.RegisterRevision({Version('b'), "other", "p"}, Soon())), registered);
  EXPECT_EQ(Must(store.RegisterRevision({Version(), "blocks", "mainnet/blocks"}, Soon())),
            acquired);
  EXPECT_EQ(Dump(), before) << "writer and metadata stay";
}

TEST_P(MetadataStoreContract, ATableThatIsAcquiredAtARegisteredPathGetsThatRevision) {
  const LocationId id =
      Must(store.RegisterRevision({Version(), "blocks", "mainnet/blocks"}, Soon()));
  const JobId job = Schedule(Version());
  EXPECT_EQ(Acquire(Version(), job, "blocks"), id);
}

TEST_P(MetadataStoreContract, RevisionsAreListedNewestFirstAndFiltered) {
  std::vector<LocationId> ids;
  for (const char* const path : {"a", "b", "c", "d"}) {
    ids.push_back(Must(store.RegisterRevision({Version(), "t", path}, Soon())));
  }
  Must(store.ActivateRevision(Version(), "t", ids[1], Soon()));
  Must(store.ActivateRevision(Version(), "u", ids[1], Soon()));
  Must(store.ActivateRevision(Version('b'), "t", ids[2], Soon()));
  const auto list = [&](const RevisionFilter& filter) {
    std::vector<LocationId> found;
    for (const RevisionRow& row : Must(Read()->ListRevisions(filter))) {
      EXPECT_EQ(row.is_active, row.id == ids[1] || row.id == ids[2]);
      EXPECT_EQ(Show(Must(Read()->GetRevision(row.id)).value()), Show(row));
      found.push_back(row.id);
    }
    return found;
  };
  using Ids = std::vector<LocationId>;
  EXPECT_EQ(list({}), (Ids{ids[3], ids[2], ids[1], ids[0]}));
  EXPECT_EQ(list({.is_active = true}), (Ids{ids[2], ids[1]})) << "each once";
  EXPECT_EQ(list({.is_active = false}), (Ids{ids[3], ids[0]}));
  EXPECT_EQ(list({.limit = 3}), (Ids{ids[3], ids[2], ids[1]}));
  EXPECT_EQ(list({.is_active = true, .limit = 1}), Ids{ids[2]}) << "the limit is of the result";
  EXPECT_EQ(list({.limit = 0}), Ids{});
  EXPECT_EQ(list({.limit = std::numeric_limits<std::size_t>::max()}).size(), 4U);
}

TEST_P(MetadataStoreContract, ActivatingRegistersTheTableAndSwitchesIt) {
  const LocationId first = Must(store.RegisterRevision({Version(), "blocks", "p"}, Soon()));
  const LocationId second = Must(store.RegisterRevision({Version(), "blocks", "q"}, Soon()));
  Must(store.ActivateRevision(Version(), "blocks", first, Soon()));
  auto row = Must(Read()->GetTable(Version(), "blocks")).value();
  EXPECT_EQ(row.active_revision, first);
  EXPECT_EQ(row.path, "p");
  EXPECT_EQ(row.writer, std::nullopt);
  EXPECT_EQ(row.revision_version, 1U);
  Must(store.ActivateRevision(Version(), "blocks", second, Soon()));
  row = Must(Read()->GetTable(Version(), "blocks")).value();
  EXPECT_EQ(row.active_revision, second);
  EXPECT_EQ(row.path, "q");
  EXPECT_EQ(Must(Read()->ListTables(Version())).size(), 1U);
}

// Method: a second table keeps each revision active, so that its version can be read throughout.
TEST_P(MetadataStoreContract, ASwitchOfTheActiveRevisionIsOneChangeOfBoth) {
  const LocationId first = Must(store.RegisterRevision({Version(), "t", "p"}, Soon()));
  const LocationId second = Must(store.RegisterRevision({Version(), "t", "q"}, Soon()));
  Must(store.ActivateRevision(Version(), "watch-1", first, Soon()));
  Must(store.ActivateRevision(Version(), "watch-2", second, Soon()));
  const auto versions = [&] {
    return std::pair(NumberOf(Version(), "watch-1"), NumberOf(Version(), "watch-2"));
  };
  EXPECT_EQ(versions(), std::pair(1UL, 1UL));
  Must(store.ActivateRevision(Version(), "t", first, Soon()));
  EXPECT_EQ(versions(), std::pair(2UL, 1UL));
  Must(store.ActivateRevision(Version(), "t", first, Soon()));
  EXPECT_EQ(versions(), std::pair(2UL, 1UL)) << "it was active";
  Must(store.ActivateRevision(Version(), "t", second, Soon()));
  EXPECT_EQ(versions(), std::pair(3UL, 2UL)) << "both";
  Must(store.DeactivateTable(Version(), "t", Soon()));
  EXPECT_EQ(versions(), std::pair(3UL, 3UL));
  Must(store.DeactivateTable(Version(), "t", Soon()));
  EXPECT_EQ(versions(), std::pair(3UL, 3UL)) << "it had none";
}

TEST_P(MetadataStoreContract, ADeactivatedTableStaysRegisteredWithoutARevision) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  Acquire(Version(), job, "logs");
  Must(store.CommitFiles({job}, {File(location, "a")}, Soon()));
  Must(store.DeactivateTable(Version(), "blocks", Soon()));
  const auto row = Must(Read()->GetTable(Version(), "blocks")).value();
  EXPECT_EQ(row.active_revision, std::nullopt);
  EXPECT_EQ(row.path, std::nullopt);
  EXPECT_EQ(row.writer, std::nullopt);
  EXPECT_EQ(row.writer_status, std::nullopt);
  EXPECT_EQ(row.revision_version, 0U);
  EXPECT_EQ(Must(Read()->ListFiles(location)).size(), 1U) << "files are the revision's";
  EXPECT_NE(Must(Read()->GetTable(Version(), "logs"))->active_revision, std::nullopt);
}

TEST_P(MetadataStoreContract, WhatIsNotThereCannotBeActivatedOrDeactivated) {
  const LocationId location = Must(store.RegisterRevision({Version(), "blocks", "p"}, Soon()));
  const std::string before = Dump();
  for (const std::int64_t id :
       {std::int64_t{0}, std::int64_t{-1}, location.value + 1,
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_EQ(CodeOf(store.ActivateRevision(Version(), "blocks", {id}, Soon())), "not_found") << id;
    EXPECT_FALSE(Must(Read()->GetRevision({id})).has_value()) << id;
  }
  EXPECT_EQ(Dump(), before) << "the table was not registered either";
  EXPECT_EQ(CodeOf(store.DeactivateTable(Version(), "blocks", Soon())), "not_found");
  Must(store.ActivateRevision(Version(), "blocks", location, Soon()));
  EXPECT_EQ(CodeOf(store.DeactivateTable(Version('b'), "blocks", Soon())), "not_found");
  EXPECT_EQ(CodeOf(store.DeactivateTable(Version('a', "sepolia"), "blocks", Soon())), "not_found");
  EXPECT_EQ(CodeOf(store.DeactivateTable(Version(), "BLOCKS", Soon())), "not_found");
  EXPECT_EQ(Must(Read()->GetTable(Version(), "blocks"))->active_revision, location);
}

TEST_P(MetadataStoreContract, RestoringAddsOnlyWhatIsMissing) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  Must(store.CommitFiles({job}, {File(location, "b", R"({"mine":1})")}, Soon()));
  const std::uint64_t number = NumberOf(Version(), "blocks");
  const auto present = Must(Read()->ListFiles(location)).at(0);
  // One is there with other content, and one comes twice.
  const std::vector<NewFile> files = {File(location, "a", R"({"n":1})"), File(location, "b", "[]"),
                                      File(location, "c"), File(location, "a", R"({"n":2})")};
  EXPECT_EQ(Must(store.RestoreFiles(location, files, Soon())), 2U);
  EXPECT_EQ(NumberOf(Version(), "blocks"), number + 2);
  const auto rows = Must(Read()->ListFiles(location));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(Show(rows[0]), Show(present));
  EXPECT_EQ(rows[1].file_name, "a");
  EXPECT_EQ(Json(rows[1].metadata), Json(R"({"n":1})"));
  EXPECT_EQ(rows[1].object_size, 100);
  EXPECT_EQ(rows[1].object_e_tag, "\"tag\"");
  EXPECT_EQ(rows[1].url, "file:///data/ethereum/");
  EXPECT_EQ(rows[2].file_name, "c");
  const std::string before = Dump();
  EXPECT_EQ(Must(store.RestoreFiles(location, files, Soon())), 0U);
  EXPECT_EQ(Must(store.RestoreFiles(location, {}, Soon())), 0U);
  EXPECT_EQ(Dump(), before);
}

TEST_P(MetadataStoreContract, RestoringNeedsNoWriterAndLeavesItAsItIs) {
  const LocationId idle = Must(store.RegisterRevision({Version(), "blocks", "p"}, Soon()));
  EXPECT_EQ(Must(store.RestoreFiles(idle, {File(idle, "a")}, Soon())), 1U);
  EXPECT_EQ(Must(Read()->GetRevision(idle))->writer, std::nullopt);
  const JobId job = Schedule(Version());
  const LocationId written = Acquire(Version(), job, "logs");
  EXPECT_EQ(Must(store.RestoreFiles(written, {File(written, "a")}, Soon())), 1U);
  EXPECT_EQ(Must(Read()->GetRevision(written))->writer, job);
}

// Files say where they are going too; the argument decides.
TEST_P(MetadataStoreContract, RestoredFilesGoToTheLocationThatIsAskedFor) {
  const LocationId here = Must(store.RegisterRevision({Version(), "t", "p"}, Soon()));
  const LocationId there = Must(store.RegisterRevision({Version(), "t", "q"}, Soon()));
  EXPECT_EQ(Must(store.RestoreFiles(here, {File(there, "a")}, Soon())), 1U);
  EXPECT_EQ(Must(Read()->ListFiles(here)).size(), 1U);
  EXPECT_TRUE(Must(Read()->ListFiles(there)).empty());
}

TEST_P(MetadataStoreContract, ARestoreThatFailsAddsNothing) {
  const LocationId location = Must(store.RegisterRevision({Version(), "blocks", "p"}, Soon()));
  NewFile huge = File(location, "huge");
  huge.object_size = std::uint64_t{std::numeric_limits<std::int64_t>::max()} + 1;
  EXPECT_EQ(CodeOf(store.RestoreFiles(location, {File(location, "a"), huge}, Soon())),
            "invalid_argument");
  EXPECT_TRUE(Must(Read()->ListFiles(location)).empty());
  for (const std::int64_t id : {std::int64_t{0}, std::int64_t{-1}, location.value + 1}) {
    EXPECT_EQ(CodeOf(store.RestoreFiles({id}, {File({id}, "a")}, Soon())), "not_found") << id;
    EXPECT_EQ(CodeOf(store.RestoreFiles({id}, {}, Soon())), "not_found") << id;
  }
}

// Method: two threads restore overlapping halves of the same files. Each file must be counted by
// one of them.
TEST_P(MetadataStoreContract, TwoRestoresAtOnceAddEachFileOnce) {
  const LocationId location = Must(store.RegisterRevision({Version(), "blocks", "p"}, Soon()));
  Must(store.ActivateRevision(Version(), "blocks", location, Soon()));
  const auto files = [&](int first, int last) {
    std::vector<NewFile> some;
    for (int i = first; i < last; ++i) some.push_back(File(location, std::to_string(i)));
    return some;
  };
  std::uint64_t added = 0;
  std::thread other([&] { added = Must(store.RestoreFiles(location, files(0, 60), Soon())); });
  const std::uint64_t here = Must(store.RestoreFiles(location, files(40, 100), Soon()));
  other.join();
  EXPECT_EQ(here + added, 100U);
  EXPECT_EQ(Must(Read()->ListFiles(location)).size(), 100U);
  EXPECT_EQ(NumberOf(Version(), "blocks"), 101U);
}

TEST_P(MetadataStoreContract, AFileIsFoundByItsId) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const LocationId elsewhere = Acquire(Version(), job, "logs");
  const auto ids = Must(store.CommitFiles(
      {job}, {File(location, "a"), File(elsewhere, "b"), File(location, "c")}, Soon()));
  for (const FileRow& row : Must(Read()->ListFiles(location))) {
    EXPECT_EQ(Show(Must(Read()->GetFile(row.id)).value()), Show(row));
  }
  EXPECT_EQ(Must(Read()->GetFile(ids[1]))->location_id, elsewhere);
  for (const std::int64_t id : {std::int64_t{0}, std::int64_t{-1}, ids[2].value + 1}) {
    EXPECT_FALSE(Must(Read()->GetFile({id})).has_value()) << id;
  }
}

TEST_P(MetadataStoreContract, TheTablesOfAWriterAreThoseWhoseActiveRevisionItWrites) {
  const JobId job = Schedule(Version());
  const JobId other = Schedule(Version('b'));
  const LocationId shared = Acquire(Version(), job, "logs");
  const LocationId blocks = Acquire(Version(), job, "blocks");
  Acquire(Version('b', "other"), other, "blocks");
  // A table of another dataset that has the same revision, and one that has left it.
  Must(store.ActivateRevision(Version('a', "archive"), "logs", shared, Soon()));
  Must(store.ActivateRevision(Version('a', "archive"), "gone", blocks, Soon()));
  Must(store.DeactivateTable(Version('a', "archive"), "gone", Soon()));
  std::vector<std::string> found;
  for (const TableRow& row : Must(Read()->ListTablesWrittenBy(job))) {
    EXPECT_EQ(row.writer, job);
    EXPECT_EQ(Show(Must(Read()->GetTable(row.version, row.table_name)).value()), Show(row));
    found.push_back(row.table_name + " of " + row.version.dataset.name);
  }
  EXPECT_THAT(found,
              testing::ElementsAre("blocks of mainnet", "logs of archive", "logs of mainnet"));
  Must(store.DeactivateTable(Version(), "blocks", Soon()));
  EXPECT_EQ(Must(Read()->ListTablesWrittenBy(job)).size(), 2U);
  EXPECT_EQ(Must(Read()->ListTablesWrittenBy(other)).size(), 1U);
  EXPECT_TRUE(Must(Read()->ListTablesWrittenBy({other.value + 1})).empty());
}

}  // namespace tidemark::metadata_db
