// The contract: tables, their revisions and writers. Included by metadata_store_contract.h.
#pragma once

#include <gmock/gmock.h>

#include "metadata_store_contract.h"

namespace tidemark::metadata_db {

TEST_P(MetadataStoreContract, AcquiringNewTablesRegistersThemWithActiveRevisions) {
  const JobId job = Schedule(Version());
  const auto rows = Must(
      store.AcquireTables(Version(), {job}, {{"logs", "p/logs"}, {"blocks", "p/blocks"}}, Soon()));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].table_name, "logs");
  EXPECT_EQ(rows[0].path, "p/logs");
  EXPECT_EQ(rows[1].table_name, "blocks");
  EXPECT_EQ(rows[1].path, "p/blocks");
  EXPECT_NE(rows[0].active_revision, rows[1].active_revision);
  for (const TableRow& row : rows) {
    EXPECT_EQ(row.version, Version());
    EXPECT_EQ(row.writer, job);
    EXPECT_EQ(row.writer_status, JobStatus::kScheduled);
    EXPECT_EQ(row.revision_version, 2U) << "one for the activation, one for the writer";
    EXPECT_EQ(Show(Must(Read()->GetTable(Version(), row.table_name)).value()), Show(row));
  }
}

TEST_P(MetadataStoreContract, TablesAreListedByName) {
  const JobId job = Schedule(Version());
  Acquire(Version(), job, "transactions");
  Acquire(Version(), job, "Blocks");
  Acquire(Version(), job, "blocks");
  Acquire(Version('b'), job, "other");
  std::vector<std::string> names;
  for (const TableRow& row : Must(Read()->ListTables(Version()))) names.push_back(row.table_name);
  EXPECT_THAT(names, testing::ElementsAre("Blocks", "blocks", "transactions"));
}

TEST_P(MetadataStoreContract, ATableIsFoundByAllFourPartsOfItsName) {
  const JobId job = Schedule(Version());
  Acquire(Version('a', "mainnet"), job, "blocks");
  EXPECT_NE(Must(Read()->GetTable(Version('a', "mainnet"), "blocks")), std::nullopt);
  EXPECT_EQ(Must(Read()->GetTable(Version('b', "mainnet"), "blocks")), std::nullopt);
  EXPECT_EQ(Must(Read()->GetTable(Version('a', "sepolia"), "blocks")), std::nullopt);
  EXPECT_EQ(Must(Read()->GetTable(Version('a', "mainnet"), "block")), std::nullopt);
  EXPECT_EQ(Must(Read()->GetTable(Version('a', "mainnet"), "BLOCKS")), std::nullopt);
  DatasetVersion other_namespace = Version();
  other_namespace.dataset.ns = "_";
  EXPECT_EQ(Must(Read()->GetTable(other_namespace, "blocks")), std::nullopt);
}

TEST_P(MetadataStoreContract, AcquiringAgainKeepsTheRevisionAndChangesNothing) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const std::string before = Dump();
  const auto rows = Must(store.AcquireTables(Version(), {job}, {{"blocks", "elsewhere"}}, Soon()));
  EXPECT_EQ(rows.at(0).active_revision, location);
  EXPECT_EQ(rows.at(0).path, "mainnet/blocks");
  EXPECT_EQ(Dump(), before);
}

TEST_P(MetadataStoreContract, AcquiringNoTablesYieldsNone) {
  const JobId job = Schedule(Version());
  EXPECT_TRUE(Must(store.AcquireTables(Version(), {job}, {}, Soon())).empty());
}

TEST_P(MetadataStoreContract, AcquiringATableTwiceInOneCallYieldsItTwice) {
  const JobId job = Schedule(Version());
  const auto rows =
      Must(store.AcquireTables(Version(), {job}, {{"blocks", "p"}, {"blocks", "q"}}, Soon()));
  EXPECT_EQ(Show(rows.at(0)), Show(rows.at(1)));
  EXPECT_EQ(rows.at(0).path, "p");
}

TEST_P(MetadataStoreContract, APathThatHasARevisionIsThatRevision) {
  const JobId job = Schedule(Version());
  const auto rows =
      Must(store.AcquireTables(Version(), {job}, {{"blocks", "same"}, {"logs", "same"}}, Soon()));
  EXPECT_EQ(rows.at(0).active_revision, rows.at(1).active_revision);
  EXPECT_EQ(rows.at(0).revision_version, 3U) << "two activations and one writer";
  EXPECT_EQ(rows.at(1).revision_version, 3U);
}

TEST_P(MetadataStoreContract, AcquiringForAJobThatDoesNotExistLeavesNothing) {
  for (const std::int64_t id :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1},
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_EQ(CodeOf(store.AcquireTables(Version(), {{id}}, {{"blocks", "p"}}, Soon())),
              "not_found")
        << id;
  }
  EXPECT_TRUE(Must(Read()->ListTables(Version())).empty());
}

// Method: a second job asks for a table of the first one, once for every state of the first.
TEST_P(MetadataStoreContract, ARevisionChangesHandsOnlyWhenItsWriterIsTerminal) {
  using enum JobStatus;
  char digit = '0';
  for (const JobStatus status :
       {kScheduled, kRunning, kStopRequested, kStopping, kStopped, kCompleted, kError, kFatal}) {
    SCOPED_TRACE(ToString(status));
    const DatasetVersion version = Version(digit++);
    const JobId first = Schedule(version);
    const auto path = version.manifest_hash.hex;
    const auto rows = Must(store.AcquireTables(version, {first}, {{"blocks", path}}, Soon()));
    MoveTo(first, status);
    const JobId second = Schedule(Version(version.manifest_hash.hex[0], "other"));
    const std::uint64_t number = NumberOf(version, "blocks");
    const std::string before = Dump();

    // A table that the second job could have comes first: it must not be acquired alone.
    const auto taken = store.AcquireTables(
        version, {second}, {{"free", path + "/free"}, {"blocks", "unused"}}, Soon());
    if (!IsTerminal(status)) {
      ASSERT_EQ(CodeOf(taken), "conflict");
      EXPECT_THAT(taken.error().message, testing::HasSubstr(std::string(ToString(status))));
      EXPECT_EQ(Dump(), before);
      continue;
    }
    ASSERT_EQ(CodeOf(taken), "ok");
    EXPECT_EQ(taken->at(1).active_revision, rows.at(0).active_revision);
    EXPECT_EQ(taken->at(1).writer, second);
    EXPECT_EQ(taken->at(1).revision_version, number + 1);
  }
}

TEST_P(MetadataStoreContract, ATablesVersionRisesByOneForEachChangeAndForNothingElse) {
  const JobId job = Schedule(Version());
  const JobId other = Schedule(Version('b'));
  const LocationId location = Acquire(Version(), job, "blocks");
  Acquire(Version('b'), other, "logs");
  std::uint64_t number = NumberOf(Version(), "blocks");
  EXPECT_EQ(number, 2U);
  const auto expect_rise_of = [&](std::uint64_t rise, const char* what) {
    number += rise;
    EXPECT_EQ(NumberOf(Version(), "blocks"), number) << what;
  };

  Must(store.CommitFiles({job}, {File(location, "a")}, Soon()));
  expect_rise_of(1, "one file");
  Must(store.CommitFiles({job}, {File(location, "b"), File(location, "c")}, Soon()));
  expect_rise_of(2, "two files");
  Must(store.CommitFiles({job}, {File(location, "b"), File(location, "d")}, Soon()));
  expect_rise_of(1, "one new file beside one that is there");
  EXPECT_EQ(
      CodeOf(store.CommitFiles({job}, {File(location, "e"), File(location, "a", "[1]")}, Soon())),
      "conflict");
  expect_rise_of(0, "a commit that failed");
  Move(job, JobTransition::kStart);
  expect_rise_of(1, "its writer started");
  Move(other, JobTransition::kStart);
  expect_rise_of(0, "another job started");
  Must(store.Heartbeat(kNode, Soon()));
  expect_rise_of(0, "a heartbeat");
  Register(Version('c'));
  Tag(Version('c'), "1.0.0");
  expect_rise_of(0, "a tag");
  Move(job, JobTransition::kRequestStop);
  Move(job, JobTransition::kRequestStop);
  expect_rise_of(1, "a stop request and its repetition");
  Move(job, JobTransition::kBeginStop);
  Move(job, JobTransition::kFinishStop);
  expect_rise_of(2, "two steps of stopping");
  Must(store.ScheduleJob(kNode, Descriptor(Version()), Soon()));
  expect_rise_of(1, "scheduled again");
  Must(store.ScheduleJob(kNode, Descriptor(Version()), Soon()));
  expect_rise_of(0, "scheduled as it was");
  Acquire(Version(), job, "blocks");
  expect_rise_of(0, "acquired by its writer");
}

}  // namespace tidemark::metadata_db
