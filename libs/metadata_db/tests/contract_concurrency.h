// The contract: snapshots, deadlines, and several threads. Included by metadata_store_contract.h.
#pragma once

#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "metadata_store_contract.h"

namespace tidemark::metadata_db {

TEST_P(MetadataStoreContract, AReaderKeepsSeeingTheMomentItWasOpenedAt) {
  Register(Version());
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  Must(store.CommitFiles({job}, {File(location, "a")}, Soon()));
  const std::string before = Dump();
  const auto old_reader = Read();

  clock.Advance(std::chrono::seconds(1));
  Must(store.CommitFiles({job}, {File(location, "b")}, Soon()));
  Move(job, JobTransition::kStart);
  Tag(Version(), "1.0.0");
  Must(store.Heartbeat(kNode, Soon()));
  Acquire(Version(), job, "logs");

  EXPECT_EQ(DumpEverything(*old_reader), before);
  EXPECT_EQ(DumpEverything(*old_reader), before) << "also the second time";
  EXPECT_NE(Dump(), before) << "a new reader sees what was committed before it was opened";
}

TEST_P(MetadataStoreContract, AReaderAtFirstReadKeepsSeeingTheMomentOfThat) {
  Register(Version());
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  Must(store.CommitFiles({job}, {File(location, "a")}, Soon()));
  const auto reader = Must(store.OpenReaderAtFirstRead(Soon()));
  EXPECT_EQ(Must(reader->ListFiles(location)).size(), 1U) << "what was there when it was opened";

  const std::string seen = DumpEverything(*reader);
  Must(store.CommitFiles({job}, {File(location, "b")}, Soon()));
  Move(job, JobTransition::kStart);
  EXPECT_EQ(DumpEverything(*reader), seen);
  EXPECT_EQ(Must(Must(store.OpenReaderAtFirstRead(Soon()))->ListFiles(location)).size(), 2U);
  Must(store.OpenReaderAtFirstRead(Soon()));
  EXPECT_NE(Dump(), seen) << "one that nobody has read with leaves nothing behind";
}

// Method: one thread commits three files at a time while others read. Whatever a reader sees must
// be a whole number of commits, and the table's version must count exactly the files that it sees.
TEST_P(MetadataStoreContract, ReadersSeeWholeCommitsWhileAnotherThreadCommits) {
  constexpr int kCommits = 40;
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const std::uint64_t base = NumberOf(Version(), "blocks");
  std::atomic<bool> done = false;
  std::thread committer([&] {
    for (int i = 0; i < kCommits; ++i) {
      const std::string name = std::to_string(i);
      Must(store.CommitFiles(
          {job},
          {File(location, name + "a"), File(location, name + "b"), File(location, name + "c")},
          Soon()));
    }
    done = true;
  });
  const auto read_until_done = [&] {
    std::size_t last_count = 0;
    // The round after the last commit sees all of it.
    for (bool is_last = false; !is_last;) {
      is_last = done;
      const auto reader = Read();
      const auto first = Must(reader->GetTable(Version(), "blocks")).value();
      const auto files = Must(reader->ListFiles(location));
      const auto second = Must(reader->GetTable(Version(), "blocks")).value();
      EXPECT_EQ(files.size() % 3, 0U);
      EXPECT_EQ(first.revision_version, base + files.size());
      EXPECT_EQ(second.revision_version, first.revision_version);
      EXPECT_GE(files.size(), last_count);
      last_count = files.size();
    }
    EXPECT_EQ(last_count, 3U * kCommits);
  };
  std::thread other_reader(read_until_done);
  read_until_done();
  other_reader.join();
  committer.join();
}

TEST_P(MetadataStoreContract, TwoThreadsCommittingAtOnceLoseNothing) {
  constexpr int kCommits = 25;
  const JobId jobs[] = {Schedule(Version('a')), Schedule(Version('b'))};
  const LocationId locations[] = {
      Must(store.AcquireTables(Version('a'), {jobs[0]}, {{"blocks", "p"}}, Soon()))[0]
          .active_revision.value(),
      Must(store.AcquireTables(Version('b'), {jobs[1]}, {{"blocks", "q"}}, Soon()))[0]
          .active_revision.value()};
  const auto commit_all = [&](std::size_t which) {
    for (int i = 0; i < kCommits; ++i) {
      Must(store.CommitFiles({jobs[which]}, {File(locations[which], std::to_string(i))}, Soon()));
    }
  };
  std::thread other(commit_all, 1);
  commit_all(0);
  other.join();

  std::set<FileId> ids;
  for (const LocationId location : locations) {
    const auto files = Must(Read()->ListFiles(location));
    EXPECT_EQ(files.size(), std::size_t{kCommits});
    for (const FileRow& file : files) ids.insert(file.id);
  }
  EXPECT_EQ(ids.size(), 2U * kCommits);
  EXPECT_EQ(NumberOf(Version('a'), "blocks"), 2U + kCommits);
}

TEST_P(MetadataStoreContract, ThreadsThatDoTheSameAtOnceEndAsIfOneHadDoneIt) {
  constexpr int kThreads = 4;
  Must(store.RegisterWorker(kNode, "{}", Soon()));
  const auto in_threads = [](const auto& body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back(body, i);
    for (std::thread& thread : threads) thread.join();
  };
  for (char digit = 'a'; digit <= 'c'; ++digit) {
    std::vector<JobId> jobs(kThreads);
    in_threads([&](int i) {
      jobs[static_cast<std::size_t>(i)] =
          Must(store.ScheduleJob(kNode, Descriptor(Version(digit)), Soon()));
    });
    EXPECT_THAT(jobs, testing::Each(jobs[0]));

    std::atomic<int> starts = 0;
    in_threads([&](int) {
      if (store.TransitionJob({jobs[0]}, JobTransition::kStart, std::nullopt, Soon())) ++starts;
    });
    EXPECT_EQ(starts, 1);
    EXPECT_EQ(Must(Read()->ListJobEvents(jobs[0])).size(), 2U);

    std::vector<FileId> files(kThreads);
    in_threads([&](int i) {
      const auto rows =
          Must(store.AcquireTables(Version(digit), {jobs[0]}, {{"blocks", {digit}}}, Soon()));
      const LocationId location = rows.at(0).active_revision.value();
      files[static_cast<std::size_t>(i)] =
          Must(store.CommitFiles({jobs[0]}, {File(location, "f")}, Soon())).at(0);
    });
    EXPECT_THAT(files, testing::Each(files[0]));
    // Activation, writer, file.
    EXPECT_EQ(NumberOf(Version(digit), "blocks"), 3U);
  }
}

TEST_P(MetadataStoreContract, NothingHappensAfterTheDeadline) {
  Register(Version());
  const JobId job = Schedule(Version());
  const LocationId location = Acquire(Version(), job, "blocks");
  const std::string before = Dump();
  const Deadline past = Deadline::After(std::chrono::seconds(-1));
  const auto tag = Must(SemanticVersion::Parse("1.0.0"));
  EXPECT_EQ(CodeOf(store.OpenReader(past)), "unavailable");
  EXPECT_EQ(CodeOf(store.RegisterManifest({Version('b').manifest_hash, "p", "k"}, past)),
            "unavailable");
  EXPECT_EQ(CodeOf(store.LinkManifest(Version(), past)), "unavailable");
  EXPECT_EQ(CodeOf(store.SetVersionTag(Version(), tag, past)), "unavailable");
  EXPECT_EQ(CodeOf(store.AcquireTables(Version(), {job}, {{"logs", "p"}}, past)), "unavailable");
  EXPECT_EQ(CodeOf(store.CommitFiles({job}, {File(location, "a")}, past)), "unavailable");
  EXPECT_EQ(CodeOf(store.ScheduleJob(kNode, Descriptor(Version('b')), past)), "unavailable");
  EXPECT_EQ(CodeOf(store.TransitionJob({job}, JobTransition::kStart, std::nullopt, past)),
            "unavailable");
  EXPECT_EQ(CodeOf(store.RegisterRevision({Version(), "blocks", "new"}, past)), "unavailable");
  EXPECT_EQ(CodeOf(store.RestoreFiles(location, {File(location, "a")}, past)), "unavailable");
  EXPECT_EQ(CodeOf(store.ActivateRevision(Version(), "logs", location, past)), "unavailable");
  EXPECT_EQ(CodeOf(store.DeactivateTable(Version(), "blocks", past)), "unavailable");
  EXPECT_EQ(CodeOf(store.DeleteJob(job, past)), "unavailable");
  EXPECT_EQ(CodeOf(store.DeleteJobs({JobStatus::kStopped}, past)), "unavailable");
  EXPECT_EQ(CodeOf(store.LeaseChainHead("n", "o", std::chrono::seconds(1), past)), "unavailable");
  EXPECT_EQ(CodeOf(store.PutChainHead(HeadAt("n", 1, clock.Now()), past)), "unavailable");
  EXPECT_EQ(CodeOf(store.RegisterWorker("w", "{}", past)), "unavailable");
  EXPECT_EQ(CodeOf(store.Heartbeat(kNode, past)), "unavailable");
  EXPECT_EQ(Dump(), before);
  EXPECT_EQ(Must(Read()->GetManifest(Version('b').manifest_hash)), std::nullopt);
}

TEST_P(MetadataStoreContract, AReaderAnswersNothingAfterItsDeadline) {
  const Deadline deadline = Deadline::After(std::chrono::milliseconds(200));
  const auto reader = Must(store.OpenReader(deadline));
  while (!deadline.HasPassed()) std::this_thread::yield();
  EXPECT_EQ(CodeOf(reader->GetManifest(Version().manifest_hash)), "unavailable");
  EXPECT_EQ(CodeOf(reader->IsManifestLinked(Version())), "unavailable");
  EXPECT_EQ(CodeOf(reader->GetTag(Version().dataset, "dev")), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListTags(Version().dataset)), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListAllTags()), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListManifests()), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListTagsOfManifest(Version().manifest_hash)), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListTablesWrittenBy({1})), "unavailable");
  EXPECT_EQ(CodeOf(reader->GetRevision({1})), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListRevisions({})), "unavailable");
  EXPECT_EQ(CodeOf(reader->GetFile({1})), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListJobsOfVersion(Version())), "unavailable");
  EXPECT_EQ(CodeOf(reader->GetJobEvent({1}, 1)), "unavailable");
  EXPECT_EQ(CodeOf(reader->GetWorker("w")), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListChainHeads()), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListTables(Version())), "unavailable");
  EXPECT_EQ(CodeOf(reader->GetTable(Version(), "blocks")), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListFiles({1})), "unavailable");
  EXPECT_EQ(CodeOf(reader->GetJob({1})), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListJobs({})), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListJobEvents({1})), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListWorkers()), "unavailable");
}

TEST_P(MetadataStoreContract, AReaderMayOutliveManyOthers) {
  const JobId job = Schedule(Version());
  const auto first = Read();
  for (int i = 0; i < 50; ++i) {
    const auto other = Read();
    Must(other->GetJob(job));
  }
  EXPECT_NE(Must(first->GetJob(job)), std::nullopt);
}

}  // namespace tidemark::metadata_db
