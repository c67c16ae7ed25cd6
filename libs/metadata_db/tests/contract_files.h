// The contract: committed files. Included by metadata_store_contract.h.
#pragma once

#include <limits>

#include <gmock/gmock.h>

#include "metadata_store_contract.h"

namespace tidemark::metadata_db {

TEST_P(MetadataStoreContract, CommittedFilesComeBackAsTheyWereGivenInTheOrderOfTheirIds) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const LocationId elsewhere = Acquire(Version(), job, "logs");
  const auto first = Must(store.CommitFiles(
      {job}, {File(location, "z", R"({"a":1})"), File(elsewhere, "z"), File(location, "a")},
      Soon()));
  NewFile untagged = File(location, "m");
  untagged.object_e_tag = std::nullopt;
  const auto second = Must(store.CommitFiles({job}, {untagged}, Soon()));
  ASSERT_EQ(first.size(), 3U);
  EXPECT_LT(first[0], first[1]);
  EXPECT_LT(first[1], first[2]);
  EXPECT_LT(first[2], second.at(0));

  const auto rows = Must(Read()->ListFiles(location));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].id, first[0]);
  EXPECT_EQ(rows[0].location_id, location);
  EXPECT_EQ(rows[0].file_name, "z");
  EXPECT_EQ(Json(rows[0].metadata), Json(R"({"a":1})"));
  EXPECT_EQ(rows[0].object_size, 100);
  EXPECT_EQ(rows[0].object_e_tag, "\"tag\"");
  EXPECT_EQ(rows[0].object_version, std::nullopt);
  EXPECT_EQ(rows[0].url, "file:///data/ethereum/");
  EXPECT_EQ(rows[1].id, first[2]);
  EXPECT_EQ(rows[2].id, second[0]);
  EXPECT_EQ(rows[2].object_e_tag, std::nullopt);
  EXPECT_EQ(Must(Read()->ListFiles(elsewhere)).size(), 1U);
  for (std::size_t known = 0; known < rows.size(); ++known) {
    std::size_t next = known + 1;
    ASSERT_TRUE(Read()->VisitFilesAfter(location, rows[known].id, [&](const FileView& file) {
      ASSERT_LT(next, rows.size());
      EXPECT_EQ(file.id, rows[next].id);
      EXPECT_EQ(file.file_name, rows[next].file_name);
      EXPECT_EQ(file.metadata, rows[next].metadata);
      EXPECT_EQ(file.object_size, rows[next].object_size);
      ++next;
    }));
    EXPECT_EQ(next, rows.size());
  }
  std::size_t count = 0;
  const auto visit = [&](const FileView&) { ++count; };
  ASSERT_TRUE(Read()->VisitFilesAfter(location, {std::numeric_limits<std::int64_t>::min()}, visit));
  EXPECT_EQ(count, rows.size());
  ASSERT_TRUE(Read()->VisitFilesAfter({99}, {0}, visit));
  EXPECT_EQ(count, rows.size()) << "of a location that is not there";
}

TEST_P(MetadataStoreContract, CommittingTheSameFilesAgainYieldsTheSameIdsAndChangesNothing) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const std::vector<NewFile> files = {File(location, "a"), File(location, "b")};
  const auto first = Must(store.CommitFiles({job}, files, Soon()));
  const std::string before = Dump();
  EXPECT_EQ(Must(store.CommitFiles({job}, files, Soon())), first);
  EXPECT_EQ(Dump(), before);
  EXPECT_EQ(Must(store.CommitFiles({job}, {files[1], files[1], files[0]}, Soon())),
            (std::vector<FileId>{first[1], first[1], first[0]}));
  EXPECT_EQ(Dump(), before);
}

TEST_P(MetadataStoreContract, AFileTwiceInOneCommitIsOneFile) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const auto ids =
      Must(store.CommitFiles({job}, {File(location, "a"), File(location, "a")}, Soon()));
  EXPECT_EQ(ids.at(0), ids.at(1));
  EXPECT_EQ(Must(Read()->ListFiles(location)).size(), 1U);
  EXPECT_EQ(
      CodeOf(store.CommitFiles({job}, {File(location, "b"), File(location, "b", "[1]")}, Soon())),
      "conflict");
  EXPECT_EQ(Must(Read()->ListFiles(location)).size(), 1U);
}

TEST_P(MetadataStoreContract, ANameTakenByOtherContentRefusesTheWholeCommit) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  Must(store.CommitFiles({job}, {File(location, "taken")}, Soon()));
  const std::string before = Dump();
  NewFile other_size = File(location, "taken");
  other_size.object_size += 1;
  for (const NewFile& clash : {File(location, "taken", R"({"other":1})"), other_size}) {
    for (const auto& files :
         {std::vector{File(location, "new"), clash}, std::vector{clash, File(location, "new")}}) {
      const auto ids = store.CommitFiles({job}, files, Soon());
      ASSERT_EQ(CodeOf(ids), "conflict");
      EXPECT_THAT(ids.error().message, testing::HasSubstr("taken"));
      EXPECT_EQ(Dump(), before);
    }
  }
}

TEST_P(MetadataStoreContract, TheSameNameInAnotherLocationIsAnotherFile) {
  const JobId job = Schedule(Version());
  const LocationId blocks = Acquire(Version(), job, "blocks");
  const LocationId logs = Acquire(Version(), job, "logs");
  const auto ids =
      Must(store.CommitFiles({job}, {File(blocks, "a"), File(logs, "a", R"({"o":1})")}, Soon()));
  EXPECT_NE(ids.at(0), ids.at(1));
}

TEST_P(MetadataStoreContract, OnlyTheWriterOfEveryLocationMayCommit) {
  const JobId job = Schedule(Version());
  const JobId other = Schedule(Version('b'));
  const LocationId mine = Acquire(Version(), job, "blocks");
  const LocationId theirs = Acquire(Version('b'), other, "logs");
  const std::string before = Dump();
  EXPECT_EQ(CodeOf(store.CommitFiles({job}, {File(mine, "a"), File(theirs, "a")}, Soon())),
            "conflict");
  EXPECT_EQ(CodeOf(store.CommitFiles({other}, {File(mine, "a")}, Soon())), "conflict");
  EXPECT_EQ(Dump(), before);
}

TEST_P(MetadataStoreContract, AJobThatLostItsTableMayNotCommitToIt) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  MoveTo(job, JobStatus::kError);
  const JobId heir = Schedule(Version('b'));
  Must(store.AcquireTables(Version(), {heir}, {{"blocks", "unused"}}, Soon()));
  Move(job, JobTransition::kRetry);
  EXPECT_EQ(CodeOf(store.CommitFiles({job}, {File(location, "a")}, Soon())), "conflict");
  EXPECT_EQ(CodeOf(store.CommitFiles({heir}, {File(location, "a")}, Soon())), "ok");
}

TEST_P(MetadataStoreContract, ATerminalJobMayNotCommitEvenNothing) {
  using enum JobStatus;
  char digit = '0';
  for (const JobStatus status :
       {kScheduled, kRunning, kStopRequested, kStopping, kStopped, kCompleted, kError, kFatal}) {
    SCOPED_TRACE(ToString(status));
    const DatasetVersion version = Version(digit++);
    const JobId job = Schedule(version);
    const auto rows =
        Must(store.AcquireTables(version, {job}, {{"blocks", version.manifest_hash.hex}}, Soon()));
    const LocationId location = rows.at(0).active_revision.value();
    MoveTo(job, status);
    const char* const expected = IsTerminal(status) ? "conflict" : "ok";
    EXPECT_EQ(CodeOf(store.CommitFiles({job}, {File(location, "a")}, Soon())), expected);
    EXPECT_EQ(CodeOf(store.CommitFiles({job}, {}, Soon())), expected);
    EXPECT_EQ(Must(Read()->ListFiles(location)).size(), IsTerminal(status) ? 0U : 1U);
  }
}

TEST_P(MetadataStoreContract, CommittingForAJobOrALocationThatDoesNotExistFails) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  for (const std::int64_t id :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{99},
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_EQ(CodeOf(store.CommitFiles({{id}}, {File(location, "a")}, Soon())), "not_found") << id;
    EXPECT_EQ(CodeOf(store.CommitFiles({job}, {File(location, "a"), File({id}, "a")}, Soon())),
              "not_found")
        << id;
  }
  EXPECT_TRUE(Must(Read()->ListFiles(location)).empty());
}

TEST_P(MetadataStoreContract, SizesAreExactUpToTheLargestAndRefusedAbove) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  constexpr auto kMax = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  for (const std::uint64_t size : {std::uint64_t{0}, (std::uint64_t{1} << 53) + 1, kMax}) {
    NewFile file = File(location, std::to_string(size));
    file.object_size = size;
    Must(store.CommitFiles({job}, {file}, Soon()));
    EXPECT_EQ(Must(Read()->ListFiles(location)).back().object_size,
              static_cast<std::int64_t>(size));
    Must(store.CommitFiles({job}, {file}, Soon()));
  }
  for (const std::uint64_t size : {kMax + 1, std::numeric_limits<std::uint64_t>::max()}) {
    NewFile file = File(location, "huge");
    file.object_size = size;
    EXPECT_EQ(CodeOf(store.CommitFiles({job}, {File(location, "new"), file}, Soon())),
              "invalid_argument");
  }
  EXPECT_EQ(Must(Read()->ListFiles(location)).size(), 3U);
}

TEST_P(MetadataStoreContract, TextsComeBackByteForByte) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const std::string texts[] = {
      "",
      "'; DROP TABLE file_metadata; --",
      "\"double\" `back` \\ ?1 :a @b $c %s",
      "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8a e\xcc\x81",
      "line\r\nbreak\ttab",
      std::string(1 << 20, 'x') + "\xe2\x82\xac",
  };
  for (const std::string& text : texts) {
    const std::string json = nlohmann::json(text).dump();
    // Names are keys, and PostgreSQL has none of a megabyte.
    const std::string name = text.substr(0, 1000);
    NewFile file = File(location, "name" + name, json);
    file.object_e_tag = text;
    file.url = text;
    file.footer = text;
    Must(store.CommitFiles({job}, {file}, Soon()));
    Must(store.CommitFiles({job}, {file}, Soon()));
    const auto row = Must(Read()->ListFiles(location)).back();
    EXPECT_TRUE(row.file_name == file.file_name && Json(row.metadata) == Json(json) &&
                row.object_e_tag == text && row.url == text)
        << "a text of " << text.size() << " bytes: " << text.substr(0, 40);
    Must(store.RegisterWorker("w" + name, json, Soon()));
  }
  EXPECT_EQ(Must(Read()->ListFiles(location)).size(), std::size(texts));
  EXPECT_EQ(Must(Read()->ListWorkers()).back().node_id, "w" + texts[3]);
}

TEST_P(MetadataStoreContract, FootersComeBackByteForByteOfTheFilesThatAreAskedFor) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const LocationId elsewhere = Acquire(Version(), job, "logs");
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  std::vector<NewFile> files = {File(location, "a"), File(elsewhere, "e"), File(location, "b"),
                                File(location, "c")};
  files[0].footer = every_byte;
  files[2].footer = std::string(1 << 20, 'x') + '\0';
  files[3].footer = "";
  const auto ids = Must(store.CommitFiles({job}, files, Soon()));
  NewFile restored = File(location, "restored");
  restored.footer = "of a restored file";
  Must(store.RestoreFiles(location, {restored}, Soon()));
  const FileId last = Must(Read()->ListFiles(location)).back().id;

  constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
  const std::vector<FileId> wanted = {last, ids[3], ids[1], ids[0], ids[2], ids[0], {-1}, {99}};
  const auto rows = Must(Read()->ListFooters(location, wanted, kAll));
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].file_id, ids[0]);
  EXPECT_EQ(rows[0].file_name, "a");
  EXPECT_EQ(rows[0].size_bytes, every_byte.size());
  EXPECT_TRUE(rows[0].footer == every_byte);
  EXPECT_EQ(rows[1].file_id, ids[2]);
  EXPECT_TRUE(rows[1].footer == files[2].footer);
  EXPECT_EQ(rows[2].file_id, ids[3]);
  EXPECT_EQ(rows[2].footer, "");
  EXPECT_EQ(rows[3].file_id, last);
  EXPECT_EQ(rows[3].footer, restored.footer);
  EXPECT_TRUE(Must(Read()->ListFooters(location, {}, kAll)).empty());
  EXPECT_TRUE(Must(Read()->ListFooters({99}, wanted, kAll)).empty());
}

TEST_P(MetadataStoreContract, AFooterOverTheLimitComesWithoutItsBytes) {
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  NewFile file = File(location, "a");
  file.footer = std::string(1000, '\xff');
  const auto ids = Must(store.CommitFiles({job}, {file}, Soon()));
  for (const std::uint64_t limit : {0U, 999U, 1000U}) {
    const auto rows = Must(Read()->ListFooters(location, ids, limit));
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].size_bytes, 1000U);
    EXPECT_EQ(rows[0].footer.has_value(), limit == 1000) << limit;
  }
}

TEST_P(MetadataStoreContract, FileIdsGrowAcrossLocationsAndFailedCommits) {
  const JobId job = Schedule(Version());
  const LocationId blocks = Acquire(Version(), job, "blocks");
  const LocationId logs = Acquire(Version(), job, "logs");
  FileId last{0};
  for (int round = 0; round < 10; ++round) {
    const std::string name = std::to_string(round);
    const auto ids = Must(store.CommitFiles({job}, {File(blocks, name), File(logs, name)}, Soon()));
    EXPECT_LT(last, ids.at(0));
    EXPECT_LT(ids.at(0), ids.at(1));
    last = ids.at(1);
    EXPECT_EQ(CodeOf(store.CommitFiles({job}, {File(logs, "x"), File(logs, "0", "[1]")}, Soon())),
              "conflict");
  }
}

}  // namespace tidemark::metadata_db
