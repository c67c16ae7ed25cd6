// The contract: garbage collection. Included by metadata_store_contract.h.
#pragma once

#include <chrono>
#include <thread>

#include <gmock/gmock.h>

#include "metadata_store_contract.h"

namespace tidemark::metadata_db {

inline constexpr CollectionDelay kAtOnce{1};
inline constexpr CollectionDelay kHalfAnHour{std::chrono::minutes(30)};

/// Waits until a file of the location is due. A database looks at a clock of its own, the store in
/// memory at the test's.
inline Collectable WaitForCollectable(MetadataStoreContract& test, LocationId location,
                                      std::size_t count) {
  const auto give_up_at = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (true) {
    test.clock.Advance(std::chrono::milliseconds(1));
    auto collectable = Must(test.Read()->GetCollectable(location)).value();
    if (collectable.expired.size() >= count || std::chrono::steady_clock::now() > give_up_at) {
      EXPECT_EQ(collectable.expired.size(), count);
      return collectable;
    }
    std::this_thread::yield();
  }
}

/// Names of the location's files.
inline std::vector<std::string> NamesOf(MetadataStoreContract& test, LocationId location) {
  std::vector<std::string> names;
  for (const FileRow& row : Must(test.Read()->ListFiles(location))) names.push_back(row.file_name);
  return names;
}

inline std::uint64_t VersionOf(MetadataStoreContract& test, LocationId location) {
  return Must(test.Read()->GetCollectable(location)).value().version;
}

inline std::vector<std::string> CondemnedNames(MetadataStoreContract& test) {
  std::vector<std::string> names;
  for (const CondemnedObject& object : Must(test.Read()->ListCondemnedObjects(100))) {
    names.push_back(object.path + "/" + object.file_name);
  }
  return names;
}

TEST_P(MetadataStoreContract, AReplacementAddsItsFileAndLeavesTheOthersUntilTheirTimeHasCome) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const auto parents =
      Must(store.CommitFiles({job}, {File(location, "a"), File(location, "b")}, Soon()));
  const std::uint64_t number = NumberOf(Version(), "blocks");
  const auto id =
      Must(store.ReplaceFiles({job}, File(location, "ab"), parents, kHalfAnHour, Soon()));
  EXPECT_EQ(NamesOf(*this, location), (std::vector<std::string>{"a", "b", "ab"}));
  EXPECT_EQ(Must(Read()->GetFile(id))->file_name, "ab");
  EXPECT_EQ(NumberOf(Version(), "blocks"), number + 1) << "one change";
  EXPECT_TRUE(Must(Read()->ListLocationsToCollect()).empty());
  EXPECT_TRUE(Must(Read()->GetCollectable(location))->expired.empty());
  const std::string before = Dump();
  EXPECT_EQ(Must(store.ReplaceFiles({job}, File(location, "ab"), parents, kHalfAnHour, Soon())), id)
      << "the answer to the first call may have been lost";
  EXPECT_EQ(Dump(), before);
}

TEST_P(MetadataStoreContract, AReplacementIsRefusedAsACommitIs) {
  const JobId job = Schedule(Version());
  const JobId other = Schedule(Version('b'));
  const LocationId location = Acquire(Version(), job, "blocks");
  const LocationId elsewhere = Acquire(Version(), job, "logs");
  const FileId a = Must(store.CommitFiles({job}, {File(location, "a")}, Soon())).at(0);
  const FileId far = Must(store.CommitFiles({job}, {File(elsewhere, "a")}, Soon())).at(0);
  const std::string before = Dump();
  const auto replace = [&](const JobClaim& claim, const NewFile& file,
                           const std::vector<FileId>& parents) {
    return CodeOf(store.ReplaceFiles(claim, file, parents, kAtOnce, Soon()));
  };
  EXPECT_EQ(replace({other}, File(location, "ab"), {a}), "conflict");
  EXPECT_EQ(replace({job, 2}, File(location, "ab"), {a}), "conflict") << "another attempt";
  EXPECT_EQ(replace({{99}}, File(location, "ab"), {a}), "not_found");
  EXPECT_EQ(replace({job}, File({99}, "ab"), {a}), "not_found");
  EXPECT_EQ(replace({job}, File(location, "a", "[1]"), {a}), "conflict") << "other content";
  EXPECT_EQ(replace({job}, File(location, "a"), {a}), "conflict") << "its own parent";
  EXPECT_EQ(replace({job}, File(location, "ab"), {}), "conflict");
  EXPECT_EQ(replace({job}, File(location, "ab"), {a, {far.value + 1}}), "conflict");
  EXPECT_EQ(replace({job}, File(location, "ab"), {a, far}), "conflict") << "another location's";
  EXPECT_EQ(Dump(), before);
  EXPECT_TRUE(Must(Read()->ListLocationsToCollect()).empty());
  EXPECT_EQ(replace({job, 1}, File(location, "ab"), {a}), "ok");
  MoveTo(job, JobStatus::kStopped);
  EXPECT_EQ(replace({job}, File(location, "abc"), {a}), "conflict");
}

TEST_P(MetadataStoreContract, AFileWhoseTimeHasComeGoesAndItsObjectIsCondemned) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const auto ids = Must(store.CommitFiles(
      {job}, {File(location, "a"), File(location, "b"), File(location, "c")}, Soon()));
  Must(store.ReplaceFiles({job}, File(location, "ab"), {ids[0], ids[1]}, kAtOnce, Soon()));
  const Collectable due = WaitForCollectable(*this, location, 2);
  EXPECT_EQ(due.expired, (std::vector<FileId>{ids[0], ids[1]}));
  EXPECT_EQ(Must(Read()->ListLocationsToCollect()), std::vector<LocationId>{location});
  EXPECT_EQ(due.version, NumberOf(Version(), "blocks"));

  Must(store.RemoveFiles(
      JobClaim{job, 1},
      {.location = location, .version = due.version, .files = due.expired, .lost_reorgs = 3},
      Soon()));
  EXPECT_EQ(NamesOf(*this, location), (std::vector<std::string>{"c", "ab"}));
  EXPECT_EQ(NumberOf(Version(), "blocks"), due.version + 2);
  EXPECT_EQ(Must(Read()->GetTable(Version(), "blocks"))->removed_reorgs, 3);
  EXPECT_TRUE(Must(Read()->ListLocationsToCollect()).empty());
  EXPECT_THAT(CondemnedNames(*this), testing::ElementsAre("mainnet/blocks/a", "mainnet/blocks/b"));
}

TEST_P(MetadataStoreContract, FilesAreRemovedOnlyAsTheyWereChosen) {
  const JobId job = Schedule(Version());
  const JobId other = Schedule(Version('b'));
  const LocationId location = Acquire(Version(), job, "blocks");
  const auto ids = Must(store.CommitFiles(
      {job}, {File(location, "a"), File(location, "b"), File(location, "c")}, Soon()));
  Must(store.ReplaceFiles({job}, File(location, "ab"), {ids[0]}, kAtOnce, Soon()));
  Must(store.ReplaceFiles({job}, File(location, "ab"), {ids[1]}, kHalfAnHour, Soon()));
  const Collectable due = WaitForCollectable(*this, location, 1);
  const std::string before = Dump();
  const auto remove = [&](const std::optional<JobClaim>& claim, FileRemoval removal) {
    removal.location = removal.location == LocationId{} ? location : removal.location;
    return CodeOf(store.RemoveFiles(claim, removal, Soon()));
  };
  const JobClaim claim{job, 1};
  const FileRemoval good{.location = {}, .version = due.version, .files = {ids[0]}};
  EXPECT_EQ(remove(std::nullopt, good), "conflict") << "a job writes it";
  EXPECT_EQ(remove(JobClaim{other}, good), "conflict");
  EXPECT_EQ(remove(JobClaim{job, 2}, good), "conflict") << "another attempt";
  EXPECT_EQ(remove(claim, {.version = due.version - 1, .files = {ids[0]}}), "conflict");
  EXPECT_EQ(remove(claim, {.version = due.version, .files = {ids[0], ids[1]}}), "conflict")
      << "not due";
  EXPECT_EQ(remove(claim, {.version = due.version, .files = {ids[0], ids[2]}}), "conflict")
      << "not scheduled";
  EXPECT_EQ(remove(claim, {.location = {99}, .version = due.version, .files = {}}), "not_found");
  EXPECT_EQ(Dump(), before);
  EXPECT_TRUE(CondemnedNames(*this).empty());
  EXPECT_EQ(remove(claim, good), "ok");
  EXPECT_EQ(remove(claim, good), "conflict") << "it is done, and the version is another";
  EXPECT_EQ(Must(store.CommitFiles({job}, {File(location, "d")}, Soon())).size(), 1U);
}

TEST_P(MetadataStoreContract, OnlyALocationThatNobodyWritesIsScheduledByHand) {
  using enum JobStatus;
  char digit = '0';
  for (const JobStatus status :
       {kScheduled, kRunning, kStopRequested, kStopping, kStopped, kCompleted, kError, kFatal}) {
    SCOPED_TRACE(ToString(status));
    const DatasetVersion version = Version(digit, std::string("d") + digit);
    ++digit;
    const JobId job = Schedule(version);
    const LocationId location = Acquire(version, job, "blocks");
    const auto ids =
        Must(store.CommitFiles({job}, {File(location, "a"), File(location, "b")}, Soon()));
    MoveTo(job, status);
    const std::uint64_t number = VersionOf(*this, location);
    const auto schedule = [&](std::uint64_t at, const std::vector<FileId>& files) {
      return CodeOf(store.ScheduleCollection(location, at, files, kAtOnce, Soon()));
    };
    if (!IsTerminal(status)) {
      EXPECT_EQ(schedule(number, ids), "conflict");
      EXPECT_TRUE(Must(Read()->GetCollectable(location))->expired.empty());
      continue;
    }
    EXPECT_EQ(schedule(number + 1, ids), "conflict");
    EXPECT_EQ(schedule(number, {ids[0], {ids[1].value + 1000}}), "conflict");
    EXPECT_EQ(schedule(number, ids), "ok");
    EXPECT_EQ(schedule(number, ids), "ok");
    const Collectable due = WaitForCollectable(*this, location, 2);
    Must(store.RemoveFiles(
        std::nullopt, {.location = location, .version = due.version, .files = {ids[1]}}, Soon()));
    EXPECT_EQ(NamesOf(*this, location), std::vector<std::string>{"a"});
  }
  EXPECT_EQ(CodeOf(store.ScheduleCollection({99}, 0, {}, kAtOnce, Soon())), "not_found");
}

TEST_P(MetadataStoreContract, AFileKeepsTheEarlierOfTwoTimes) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const auto ids =
      Must(store.CommitFiles({job}, {File(location, "a"), File(location, "b")}, Soon()));
  MoveTo(job, JobStatus::kStopped);
  const std::uint64_t number = VersionOf(*this, location);
  Must(store.ScheduleCollection(location, number, ids, kHalfAnHour, Soon()));
  Must(store.ScheduleCollection(location, number, {ids[1]}, kAtOnce, Soon()));
  Must(store.ScheduleCollection(location, number, ids, kHalfAnHour, Soon()));
  EXPECT_EQ(WaitForCollectable(*this, location, 1).expired, std::vector<FileId>{ids[1]});
}

// The schema has one name of a file for all locations.
TEST_P(MetadataStoreContract, FilesOfOneNameInTwoLocationsAreBothCollected) {
  const JobId job = Schedule(Version());
  const LocationId blocks = Acquire(Version(), job, "blocks");
  const LocationId logs = Acquire(Version(), job, "logs");
  const auto ids = Must(store.CommitFiles({job}, {File(blocks, "a"), File(logs, "a")}, Soon()));
  Must(store.ReplaceFiles({job}, File(blocks, "b"), {ids[0]}, kAtOnce, Soon()));
  Must(store.ReplaceFiles({job}, File(logs, "b"), {ids[1]}, kAtOnce, Soon()));
  EXPECT_EQ(WaitForCollectable(*this, blocks, 1).expired, std::vector<FileId>{ids[0]});
  EXPECT_EQ(WaitForCollectable(*this, logs, 1).expired, std::vector<FileId>{ids[1]});
  EXPECT_EQ(Must(Read()->ListLocationsToCollect()), (std::vector<LocationId>{blocks, logs}));
}

TEST_P(MetadataStoreContract, UnderTheNameOfACondemnedObjectNothingIsAdded) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  Must(store.CommitFiles({job}, {File(location, "named")}, Soon()));
  EXPECT_EQ(Must(store.CondemnObjects(location, {"orphan", "named"}, Soon())), 1U);
  EXPECT_THAT(CondemnedNames(*this), testing::ElementsAre("mainnet/blocks/orphan"));
  const std::vector<NewFile> files = {File(location, "new"), File(location, "orphan")};
  const auto refused = [&] {
    const auto committed = store.CommitFiles({job}, files, Soon());
    ASSERT_EQ(CodeOf(committed), "conflict");
    EXPECT_THAT(committed.error().message, testing::HasSubstr("orphan"));
    EXPECT_EQ(NamesOf(*this, location), std::vector<std::string>{"named"}) << "all or none";
    EXPECT_EQ(Must(store.RestoreFiles(location, {File(location, "orphan")}, Soon())), 0U);
  };
  refused();
  const auto condemned = Must(Read()->ListCondemnedObjects(10));
  Must(store.ForgetObjects(condemned, Soon()));
  EXPECT_TRUE(CondemnedNames(*this).empty()) << "its object is gone";
  refused();
  clock.Advance(kCondemnedKept - std::chrono::seconds(1));
  Must(store.ForgetObjects({}, Soon()));
  refused();
  clock.Advance(std::chrono::seconds(2));
  Must(store.ForgetObjects({}, Soon()));
  EXPECT_EQ(Must(store.RestoreFiles(location, {File(location, "orphan")}, Soon())), 1U);
  EXPECT_EQ(CodeOf(store.CommitFiles({job}, files, Soon())), "ok");
  EXPECT_EQ(CodeOf(store.CondemnObjects({99}, {"x"}, Soon())), "not_found");
}

TEST_P(MetadataStoreContract, CondemnedObjectsAreListedInPartsAndForgettingIsIdempotent) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  EXPECT_EQ(Must(store.CondemnObjects(location, {"c", "a", "b"}, Soon())), 3U);
  EXPECT_EQ(Must(store.CondemnObjects(location, {"a"}, Soon())), 1U);
  const auto some = Must(Read()->ListCondemnedObjects(2));
  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some[0].file_name, "a");
  EXPECT_EQ(some[0].location, location);
  Must(store.ForgetObjects(some, Soon()));
  Must(store.ForgetObjects(some, Soon()));
  EXPECT_THAT(CondemnedNames(*this), testing::ElementsAre("mainnet/blocks/c"));
}

// Method: a writer commits while somebody else condemns the very name. Whoever comes first, there
// is never a row whose object is condemned.
TEST_P(MetadataStoreContract, ACommitAndACondemnationAtOnceEndInOneOrTheOther) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  for (int round = 0; round < 10; ++round) {
    const std::string name = "f" + std::to_string(round);
    Result<std::uint64_t> condemned = 0;
    std::thread other([&] { condemned = store.CondemnObjects(location, {name}, Soon()); });
    const auto committed = store.CommitFiles({job}, {File(location, name)}, Soon());
    other.join();
    EXPECT_EQ(CodeOf(committed), Must(std::move(condemned)) == 1 ? "conflict" : "ok");
  }
}

}  // namespace tidemark::metadata_db
