// Answers from an index that is kept: the same as from a reading of all files, whatever has
// happened in between, for a reading of what is new.
#include "index_cache.h"

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "data_lake.h"
#include "random_seed.h"
#include "segment_notation.h"
#include "tidemark/base/metrics.h"

namespace tidemark::data_store {
namespace {

/// All that a table's answers say.
struct Told {
  std::optional<TableProgress> progress;
  std::optional<TableGaps> gaps;
};

class IndexCacheTest : public testing::Test {
 public:
  IndexCacheTest() {
    lake.hooks.edit_files = [this](auto& files) { rows_read += files.size(); };
  }

  Told AskIn(DataStore& data, Snapshot& snapshot, const std::string& table) {
    const ProgressRules rules{.start_block = start_block};
    Told told;
    told.progress = data.GetTableProgress(snapshot, lake.version, table, rules).value();
    told.gaps = data.GetTableGaps(snapshot, lake.version, table, rules).value();
    return told;
  }

  TableProgress Ask(const std::string& table = "blocks") {
    rows_read = 0;
    const auto snapshot = indexed->OpenSnapshot(Deadline::Never()).value();
    const ProgressRules rules{.start_block = start_block};
    return indexed->GetTableProgress(*snapshot, lake.version, table, rules).value().value();
  }

  void ExpectTheSame(const std::string& table) {
    const auto a = indexed->OpenSnapshot(Deadline::Never()).value();
    const auto b = plain->OpenSnapshot(Deadline::Never()).value();
    ExpectEqual(AskIn(*indexed, *a, table), AskIn(*plain, *b, table));
  }

  static void ExpectEqual(const Told& a, const Told& b) {
    ASSERT_EQ(a.progress.has_value(), b.progress.has_value());
    EXPECT_EQ(a.gaps, b.gaps);
    if (!a.progress) return;
    EXPECT_EQ(a.progress->start_block, b.progress->start_block);
    EXPECT_EQ(a.progress->current_block, b.progress->current_block);
    EXPECT_EQ(a.progress->files_count, b.progress->files_count);
    EXPECT_EQ(a.progress->total_size_bytes, b.progress->total_size_bytes);
    EXPECT_EQ(a.progress->ranges, b.progress->ranges);
    EXPECT_EQ(a.progress->revision_id, b.progress->revision_id);
    EXPECT_EQ(a.progress->reorg_epoch, b.progress->reorg_epoch);
    EXPECT_EQ(a.progress->version, b.progress->version);
    EXPECT_EQ(a.progress->quarantined_files, b.progress->quarantined_files);
    EXPECT_EQ(a.progress->problems, b.progress->problems);
    EXPECT_EQ(a.progress->rate, b.progress->rate);
  }

  DataLake lake;
  std::unique_ptr<DataStore> indexed = MakeDataStore(*lake.store, lake.clock, KeepIndexes::kYes);
  std::unique_ptr<DataStore> plain = MakeDataStore(*lake.store, lake.clock, KeepIndexes::kNo);
  std::optional<BlockNumber> start_block;
  std::size_t rows_read = 0;
};

TEST_F(IndexCacheTest, AQuestionReadsTheFilesThatHaveComeSinceTheLast) {
  lake.Commit("blocks", "0-9 10-19 20-29");
  EXPECT_EQ(Ask().current_block, BlockNumber{29});
  EXPECT_EQ(rows_read, 3U);
  Ask();
  EXPECT_EQ(rows_read, 0U) << "nothing has happened";
  lake.Commit("blocks", "30-39 40-49");
  EXPECT_EQ(Ask().current_block, BlockNumber{49});
  EXPECT_EQ(rows_read, 2U);
  lake.Commit("logs", "0-9");
  Ask();
  EXPECT_EQ(rows_read, 0U) << "nothing has happened to this table";
}

TEST_F(IndexCacheTest, WhereMoreHasHappenedThanFilesThatCameAllAreReadAnew) {
  lake.Commit("blocks", "0-9 10-19 20-29");
  Ask();
  lake.Commit("blocks", "30-39");
  ASSERT_TRUE(lake.memory->TransitionJob({lake.job}, metadata_db::JobTransition::kStart,
                                         std::nullopt, Deadline::Never()));
  EXPECT_EQ(Ask().current_block, BlockNumber{39});
  EXPECT_GE(rows_read, 4U);
}

// Method: the feed says that the database's history is another one, where the same version stands
// for other files.
TEST_F(IndexCacheTest, TheVersionOfAnotherHistoryIsAnotherVersion) {
  lake.Commit("blocks", "0-9 10-19");
  Ask();
  lake.hooks.edit_feed = [](metadata_db::FeedReading& reading) {
    reading.changes = std::unexpected(metadata_db::FeedBreak::kOtherHistory);
  };
  lake.hooks.edit_files = [](auto& files) { files.pop_back(); };
  EXPECT_EQ(Ask().current_block, BlockNumber{9});
}

TEST_F(IndexCacheTest, AFailedReadingLosesNothing) {
  lake.Commit("blocks", "0-9");
  Ask();
  lake.Commit("blocks", "10-19");
  for (int failing = 1;; ++failing) {
    int calls = 0;
    lake.hooks.before_call = [&]() -> Status {
      if (++calls != failing) return {};
      return MakeError(ErrorCode::kUnavailable, "the database is gone");
    };
    const auto snapshot = indexed->OpenSnapshot(Deadline::Never());
    const bool is_answered =
        snapshot && indexed->GetTableProgress(**snapshot, lake.version, "blocks", {});
    lake.hooks.before_call = [] { return Status(); };
    ExpectTheSame("blocks");
    if (is_answered) break;
    ASSERT_LT(failing, 20);
  }
}

TEST_F(IndexCacheTest, AnOlderSnapshotLeavesTheIndexOfLaterFilesAlone) {
  lake.Commit("blocks", "0-9 10-19 20-29");
  const auto old_snapshot = indexed->OpenSnapshot(Deadline::Never()).value();
  lake.Commit("blocks", "30-39");
  Ask();
  EXPECT_EQ(AskIn(*indexed, *old_snapshot, "blocks").progress->current_block, BlockNumber{29});
  Ask();
  EXPECT_EQ(rows_read, 0U);
}

TEST_F(IndexCacheTest, AnOlderSnapshotOfTheSameFilesUsesTheIndex) {
  lake.Commit("blocks", "0-9 10-19 20-29");
  Ask();
  const auto old_snapshot = indexed->OpenSnapshot(Deadline::Never()).value();
  lake.Commit("logs", "0-9");
  Ask();
  EXPECT_EQ(AskIn(*indexed, *old_snapshot, "blocks").progress->current_block, BlockNumber{29});
  EXPECT_EQ(rows_read, 0U);
}

TEST_F(IndexCacheTest, AQuestionThatFailsBeforeItHasReadAnythingCostsNobodyTheIndex) {
  lake.Commit("blocks", "0-9 10-19 20-29");
  Ask();
  lake.Commit("blocks", "30-39");
  const auto snapshot = indexed->OpenSnapshot(Deadline::Never()).value();
  int calls = 0;
  lake.hooks.before_call = [&]() -> Status {
    if (++calls == 1) return {};  // The table.
    return MakeError(ErrorCode::kUnavailable, "no answer by the deadline");
  };
  EXPECT_FALSE(indexed->GetTableProgress(*snapshot, lake.version, "blocks", {}).has_value());
  lake.hooks.before_call = [] { return Status(); };
  EXPECT_EQ(Ask().current_block, BlockNumber{39});
  EXPECT_EQ(rows_read, 1U);
}

/// A cache of its own, asked through readers of its own.
class SmallIndexCacheTest : public IndexCacheTest {
 public:
  ChainFacts Read(IndexCache& cache, const std::string& table) {
    return TryRead(cache, table).value().value();
  }

  Result<std::optional<ChainFacts>> TryRead(IndexCache& cache, const std::string& table) {
    const std::uint64_t begun = ++openings_;
    const auto reader = lake.store->OpenReader(Deadline::Never()).value();
    Moment moment(*reader, {.begun = begun, .ended = ++openings_});
    const auto found = PhysicalTable::GetActive(*reader, lake.version, table).value();
    rows_read = 0;
    return cache.Read(moment, found.value(), {}, lake.clock.Now());
  }

 private:
  std::uint64_t openings_ = 0;
};

TEST_F(SmallIndexCacheTest, WhatTakesTooMuchIsDroppedFromTheOneThatWasUsedLeastRecently) {
  lake.Commit("blocks", "0-9 10-19");
  lake.Commit("logs", "0-9 10-19");
  IndexCache cache(1);
  const auto rows_read_for = [&](const std::string& table) {
    Read(cache, table);
    return rows_read;
  };
  EXPECT_EQ(rows_read_for("blocks"), 2U);
  EXPECT_EQ(rows_read_for("blocks"), 0U) << "the one in use is kept";
  EXPECT_EQ(rows_read_for("logs"), 2U);
  EXPECT_EQ(rows_read_for("blocks"), 2U);
}

TEST_F(SmallIndexCacheTest, WhatBecomesOfQuestionsIsCounted) {
  MetricRegistry metrics;
  IndexCache cache(IndexCache::kMaxBytes, metrics);
  const auto counts = [&] {
    std::string text;
    for (const std::string_view result : {"miss", "hit", "extended", "bypass"}) {
      const auto count =
          metrics
              .GetCounter(
                  {"tidemark_cache_requests_total", "", {{"cache", "indexes"}, {"result", result}}})
              .value();
      text += std::string(result) + " " + std::to_string(count) + " ";
    }
    return text;
  };
  const auto kept = [&](std::string_view name) {
    return metrics.GetGauge({name, "", {{"cache", "indexes"}}}).value();
  };
  lake.Commit("blocks", "0-9 10-19");
  Read(cache, "blocks");
  EXPECT_EQ(counts(), "miss 1 hit 0 extended 0 bypass 0 ");
  Read(cache, "blocks");
  EXPECT_EQ(counts(), "miss 1 hit 1 extended 0 bypass 0 ");
  lake.Commit("blocks", "20-29");
  Read(cache, "blocks");
  EXPECT_EQ(counts(), "miss 1 hit 1 extended 1 bypass 0 ");
  EXPECT_EQ(kept("tidemark_cache_entries"), 1);
  EXPECT_GT(kept("tidemark_cache_bytes"), 100);
  lake.Commit("logs", "0-9");
  Read(cache, "logs");
  EXPECT_EQ(counts(), "miss 2 hit 1 extended 1 bypass 0 ");
  EXPECT_EQ(kept("tidemark_cache_entries"), 2);
}

// Method: at first one file is there, then two more; each time the reading breaks off after one.
TEST_F(SmallIndexCacheTest, AnIndexThatGotSomeOfTheFilesIsOfNothing) {
  IndexCache cache;
  for (const char* segments : {"0-9 10-19", "20-29 30-39"}) {
    lake.Commit("blocks", segments);
    lake.hooks.files_before_failure = 1;
    EXPECT_FALSE(TryRead(cache, "blocks"));
    lake.hooks.files_before_failure.reset();
    const auto all = Read(cache, "blocks").totals.files_count;
    EXPECT_EQ(rows_read, all) << "it begins anew";
  }
  EXPECT_EQ(Read(cache, "blocks").totals.files_count, 4U);
}

// Property: whatever is done, by whomever, every answer is that of a reading of everything.
TEST_F(IndexCacheTest, EveryAnswerIsThatOfAReadingOfEverything) {
  std::mt19937_64 random(RandomSeed());
  const auto pick = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  const std::vector<std::string> tables = {"blocks", "logs"};
  const std::vector<std::string> segments = {"0-9",    "10-19", "20-29", "30-39", "10-19b",
                                             "20-29b", "0-19",  "40-49", "5-9",   "0-29"};
  struct OldSnapshots {
    std::unique_ptr<Snapshot> indexed;
    std::unique_ptr<Snapshot> plain;
  };
  for (int round = 0; round < 30; ++round) {
    lake.clock.Advance(std::chrono::seconds(pick(20)));
    start_block = pick(2) == 0 ? std::nullopt : std::optional(BlockNumber{pick(3) * 5});
    std::vector<OldSnapshots> old;
    for (int step = 0; step < 20; ++step) {
      const std::string& table = tables[pick(tables.size())];
      const LocationId location = lake.Acquire(table).active_revision.value();
      switch (pick(9)) {
        case 0:
          lake.CommitRow(table, "no metadata", 1);
          break;
        case 1: {
          const auto files =
              lake.memory->OpenReader(Deadline::Never()).value()->ListFiles(location).value();
          if (files.empty()) break;
          lake.Replace(table, {files[pick(files.size())].id}, segments[pick(segments.size())]);
          break;
        }
        case 2: {
          const auto place = lake.memory->RegisterRevision(
              {.version = lake.version,
               .table_name = table,
               .path = table + std::to_string(round) + "-" + std::to_string(step)},
              Deadline::Never());
          if (pick(4) != 0) break;
          ASSERT_TRUE(
              lake.memory->ActivateRevision(lake.version, table, place.value(), Deadline::Never()));
          break;
        }
        case 3:
          old.push_back({.indexed = indexed->OpenSnapshot(Deadline::Never()).value(),
                         .plain = plain->OpenSnapshot(Deadline::Never()).value()});
          break;
        default:
          lake.Commit(table, segments[pick(segments.size())]);
          break;
      }
      if (pick(2) == 0) ExpectTheSame(tables[pick(tables.size())]);
      if (!old.empty() && pick(3) == 0) {
        const OldSnapshots& both = old[pick(old.size())];
        ExpectEqual(AskIn(*indexed, *both.indexed, table), AskIn(*plain, *both.plain, table));
      }
      if (HasFailure()) FAIL() << "round " << round << ", step " << step;
    }
  }
}

}  // namespace
}  // namespace tidemark::data_store
