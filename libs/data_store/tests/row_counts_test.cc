// The number of a table's rows: the sum over its canonical chain, or null with the reason; the same
// whether counts are kept or not.
#include "row_counts.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "data_lake.h"
#include "footer_builder.h"
#include "memory_object.h"
#include "physical_table.h"
#include "random_seed.h"
#include "segment_notation.h"
#include "tidemark/parquet_io/parquet_io.h"
#include "tidemark/parquet_io/segment_footer.h"

namespace tidemark::data_store {
namespace {

using metadata_db::FooterRow;
using testing::HasSubstr;
using Footers = std::vector<FooterRow>;

constexpr std::uint64_t kMaxInt64 = std::numeric_limits<std::int64_t>::max();

/// Of a file with one row a block, as a worker writes it.
std::string WriteFooter(const SegmentMetadata& metadata, std::uint64_t rows) {
  parquet_io::MemoryObject object;
  const auto writer = parquet_io::SegmentWriter::Open(EvmTable::kBlocks, object).value();
  for (std::uint64_t i = 0; i < rows; ++i) {
    EvmBlock block;
    block.number = BlockNumber{i};
    EXPECT_TRUE(writer->Append(block));
  }
  return writer->Close(metadata).value();
}

/// Of a file with any number of rows.
std::string MakeFooter(const SegmentMetadata& metadata, std::uint64_t rows) {
  const std::string count = parquet_io::ZigZag(static_cast<std::int64_t>(rows));
  return parquet_io::WithTrailer(parquet_io::PrintBlock(
      {.num_rows = "\x16" + count,
       .row_groups = "\x19" + parquet_io::StructList(1) + "\x36" + count + std::string(1, '\0'),
       .keys = parquet_io::PrintKeys({{"nozzle_metadata", PrintSegmentMetadata(metadata)}})}));
}

std::optional<RowsProblemCode> CodeOf(const TableRows& rows) {
  return rows.problem ? std::optional(rows.problem->code) : std::nullopt;
}

std::string DetailOf(const TableRows& rows) { return rows.problem ? rows.problem->detail : ""; }

FooterRow& FooterOf(Footers& footers, FileId file) {
  return *std::ranges::find(footers, file, &FooterRow::file_id);
}

class RowCountsTest : public testing::Test {
 public:
  using PrintFooter = std::string (*)(const SegmentMetadata&, std::uint64_t);

  RowCountsTest() {
    lake.hooks.before_footers = [this](std::size_t files, std::uint64_t limit_bytes) -> Status {
      footers_asked += files;
      most_at_once = std::max(most_at_once, files);
      greatest_limit = std::max(greatest_limit, limit_bytes);
      return {};
    };
  }

  /// Commits a file; the segment is in the notation of tests/data/chain/chains.txt.
  FileId Commit(std::string_view notation, std::uint64_t rows, PrintFooter print = MakeFooter) {
    const Segment segment = chain::ReadSegments(notation).front();
    const SegmentMetadata metadata{.table = "blocks",
                                   .filename = fmt::format("{}.parquet", ++files_),
                                   .created_at = segment.created_at,
                                   .ranges = segment.ranges};
    const auto ids = lake.memory->CommitFiles({lake.job},
                                              {{.location_id = location,
                                                .file_name = metadata.filename,
                                                .metadata = PrintSegmentMetadata(metadata),
                                                .object_size = segment.size_bytes,
                                                .url = "file:///eth/blocks/",
                                                .footer = print(metadata, rows)}},
                                              Deadline::Never());
    rows_of[ids->front()] = rows;
    return ids->front();
  }

  TableRows AskOf(DataStore& data, Deadline deadline = Deadline::Never()) {
    footers_asked = 0;
    const auto snapshot = data.OpenSnapshot(deadline).value();
    return data.GetTableRows(*snapshot, lake.version, "blocks", rules).value().value();
  }

  /// Of both stores, who must agree, and of the one that keeps counts once more.
  TableRows Ask() {
    const TableRows without = AskOf(*plain);
    EXPECT_EQ(AskOf(*keeping), without);
    EXPECT_EQ(AskOf(*keeping), without);
    return without;
  }

  /// By a cache and limits of a test's own.
  Result<TableRows> Count(RowCounts* counts, const FooterBatch& at_once = {},
                          Deadline deadline = Deadline::Never()) {
    footers_asked = 0;
    const auto reader = lake.store->OpenReader(deadline).value();
    const auto table = PhysicalTable::GetActive(*reader, lake.version, "blocks").value().value();
    const auto files = table.Snapshot(*reader, rules).value();
    return CountRows(*reader, deadline, location, files.CanonicalSegments(), counts, at_once);
  }

  DataLake lake;
  LocationId location = lake.Acquire("blocks").active_revision.value();
  std::unique_ptr<DataStore> keeping = MakeDataStore(*lake.store, lake.clock, KeepIndexes::kYes);
  std::unique_ptr<DataStore> plain = MakeDataStore(*lake.store, lake.clock, KeepIndexes::kNo);
  ProgressRules rules;
  std::map<FileId, std::uint64_t> rows_of;
  std::size_t footers_asked = 0;
  std::size_t most_at_once = 0;
  std::uint64_t greatest_limit = 0;

 private:
  int files_ = 0;
};

TEST_F(RowCountsTest, ATableHasTheRowsOfItsCanonicalChainAlone) {
  EXPECT_EQ(Ask().count, 0U) << "no file, no row";
  Commit("0-9@1", 10, WriteFooter);
  Commit("5-12b@2", 7, WriteFooter);  // A fork,
  Commit("20-29", 3, WriteFooter);    // an island,
  Commit("0-9", 5, WriteFooter);      // a duplicate.
  EXPECT_EQ(Ask().count, 10U);
  Commit("10-14", 0, WriteFooter);
  Commit("15-19", 2, WriteFooter);
  EXPECT_EQ(Ask().count, 15U) << "20-29 has come to be in the chain";
}

TEST_F(RowCountsTest, AChainThatDoesNotCountHasNoRows) {
  Commit("5-9", 5);
  rules.start_block = BlockNumber{0};
  EXPECT_EQ(Ask().count, 0U);
}

TEST_F(RowCountsTest, ATableWithoutAnActiveRevisionHasNoNumber) {
  const auto snapshot = plain->OpenSnapshot(Deadline::Never()).value();
  EXPECT_EQ(plain->GetTableRows(*snapshot, lake.version, "logs", {}).value(), std::nullopt);
}

TEST_F(RowCountsTest, NumbersAreExactToTheLast) {
  Commit("0-9", kMaxInt64, MakeFooter);
  Commit("10-19", kMaxInt64, MakeFooter);
  EXPECT_EQ(Ask().count, (std::uint64_t{1} << 63U) * 2 - 2);
  Commit("20-29", 1, MakeFooter);
  EXPECT_EQ(Ask().count, std::numeric_limits<std::uint64_t>::max());
}

TEST_F(RowCountsTest, ASumThatNoNumberHoldsIsNotKnown) {
  Commit("0-9", kMaxInt64, MakeFooter);
  Commit("10-19", kMaxInt64, MakeFooter);
  Commit("20-29", 2, MakeFooter);
  const TableRows rows = Ask();
  EXPECT_EQ(rows.count, std::nullopt);
  EXPECT_EQ(CodeOf(rows), RowsProblemCode::kFooterUnreadable);
}

TEST_F(RowCountsTest, AFooterIsReadOnce) {
  Commit("0-9", 1);
  Commit("10-19", 2);
  EXPECT_EQ(AskOf(*keeping).count, 3U);
  EXPECT_EQ(footers_asked, 2U);
  EXPECT_EQ(AskOf(*keeping).count, 3U);
  EXPECT_EQ(footers_asked, 0U);
  Commit("20-29", 3);
  EXPECT_EQ(AskOf(*keeping).count, 6U);
  EXPECT_EQ(footers_asked, 1U);
  EXPECT_EQ(AskOf(*plain).count, 6U);
  EXPECT_EQ(footers_asked, 3U) << "where nothing is kept";
}

TEST_F(RowCountsTest, AMissingFooterLeavesTheNumberUnknownUntilItIsThere) {
  Commit("0-9", 1);
  const FileId lost = Commit("10-19", 2);
  Commit("20-29", 3);
  lake.hooks.edit_footers = [&](Footers& footers) {
    std::erase_if(footers, [&](const FooterRow& row) { return row.file_id == lost; });
  };
  const TableRows rows = Ask();
  EXPECT_EQ(rows.count, std::nullopt);
  EXPECT_EQ(CodeOf(rows), RowsProblemCode::kFooterMissing);
  EXPECT_THAT(DetailOf(rows), HasSubstr(fmt::format("id {}", lost.value)));
  lake.hooks.edit_footers = [](Footers&) {};
  EXPECT_EQ(Ask().count, 6U);
}

TEST_F(RowCountsTest, ADamagedFooterLeavesTheNumberUnknown) {
  Commit("0-9", 1);
  const FileId damaged = Commit("10-19", 2, WriteFooter);
  const FileId later = Commit("20-29", 3);
  const std::string long_name(100'000, 'n');
  const SegmentMetadata other{.table = "blocks",
                              .filename = long_name,
                              .created_at = {},
                              .ranges = chain::ReadSegments("10-19").front().ranges};
  const std::map<std::string, std::function<void(FooterRow&)>> damages = {
      {"empty", [](FooterRow& row) { row.footer = ""; }},
      {"cut at its end", [](FooterRow& row) { row.footer->pop_back(); }},
      {"cut at its begin", [](FooterRow& row) { row.footer->erase(0, 1); }},
      {"zeroes", [](FooterRow& row) { row.footer = std::string(row.footer->size(), '\0'); }},
      {"of a file of another name", [](FooterRow& row) { row.file_name += "x"; }},
      {"of a file with a very long name",
       [&](FooterRow& row) { row.footer = MakeFooter(other, 7); }},
      {"of other blocks",
       [&](FooterRow& row) {
         row.footer = MakeFooter({.table = "blocks",
                                  .filename = row.file_name,
                                  .created_at = {},
                                  .ranges = chain::ReadSegments("10-19b").front().ranges},
                                 7);
       }},
  };
  for (const auto& [name, damage] : damages) {
    SCOPED_TRACE(name);
    lake.hooks.edit_footers = [&](Footers& footers) {
      for (FooterRow& row : footers) {
        if (row.file_id == damaged || row.file_id == later) damage(row);
      }
    };
    const TableRows rows = Ask();
    EXPECT_EQ(rows.count, std::nullopt);
    EXPECT_EQ(CodeOf(rows), RowsProblemCode::kFooterUnreadable);
    EXPECT_THAT(DetailOf(rows), HasSubstr(fmt::format("(id {})", damaged.value)))
        << "it is the first of the chain that is named";
    EXPECT_LT(DetailOf(rows).size(), 1000U);
  }
  lake.hooks.edit_footers = [](Footers&) {};
  EXPECT_EQ(Ask().count, 6U) << "nothing damaged is kept";
}

// Method: the database has no feed, so that all rows are read for each question; between two of
// them the row under an id becomes that of another file.
TEST_F(RowCountsTest, AnotherFileUnderTheSameIdIsCountedAnew) {
  Commit("0-9", 1);
  const FileId replaced = Commit("10-19=5", 2);
  lake.hooks.has_feed = false;
  for (const std::string_view other : {"10-19=6", "10-19@7=5", "10-19b(9)=5", "11-19(9)=5"}) {
    SCOPED_TRACE(other);
    lake.hooks.edit_files = [](auto&) {};
    lake.hooks.edit_footers = [](Footers&) {};
    EXPECT_EQ(Ask().count, 3U);
    const Segment segment = chain::ReadSegments(other).front();
    SegmentMetadata metadata{.table = "blocks",
                             .filename = {},
                             .created_at = segment.created_at,
                             .ranges = segment.ranges};
    lake.hooks.edit_files = [&](std::vector<metadata_db::FileRow>& files) {
      for (metadata_db::FileRow& file : files) {
        if (file.id != replaced) continue;
        metadata.filename = file.file_name;
        file.metadata = PrintSegmentMetadata(metadata);
        file.object_size = static_cast<std::int64_t>(segment.size_bytes);
      }
    };
    lake.hooks.edit_footers = [&](Footers& footers) {
      for (FooterRow& row : footers) {
        if (row.file_id == replaced) row.footer = MakeFooter(metadata, 40);
      }
    };
    EXPECT_EQ(Ask().count, 41U);
  }
}

TEST_F(RowCountsTest, FootersAreReadInBoundedBatches) {
  for (std::uint64_t i = 0; i < 300; ++i) Commit(fmt::format("{}-{}", i, i), 2);
  EXPECT_EQ(Count(nullptr)->count, 600U);
  EXPECT_EQ(footers_asked, 300U);
  EXPECT_LE(most_at_once, 128U);
  EXPECT_LE(greatest_limit, 256U << 10U);
}

TEST_F(RowCountsTest, AFooterThatIsLargeIsReadByItself) {
  Commit("0-9", 1);
  Commit("10-19", 2);
  std::vector<std::size_t> asked_for;
  lake.hooks.before_footers = [&](std::size_t files, std::uint64_t) -> Status {
    asked_for.push_back(files);
    return {};
  };
  EXPECT_EQ(Count(nullptr, {.footer_bytes = 16})->count, 3U);
  EXPECT_THAT(asked_for, testing::ElementsAre(2U, 1U, 1U));
}

TEST_F(RowCountsTest, AFooterThatIsLargerThanAnySegmentsIsNotReadAtAll) {
  const FileId huge = Commit("0-9", 1);
  lake.hooks.edit_footers = [&](Footers& footers) {
    FooterOf(footers, huge).footer = std::nullopt;
    FooterOf(footers, huge).size_bytes = parquet_io::kMaxFooterBytes + 9;
  };
  const auto rows = Count(nullptr).value();
  EXPECT_EQ(CodeOf(rows), RowsProblemCode::kFooterUnreadable);
  EXPECT_EQ(footers_asked, 1U);
}

// Method: the second batch comes back when the time is over, or not at all. The third is not begun.
TEST_F(RowCountsTest, WhatTheTimeDoesNotSufficeForIsNotKnownAndTheRestIsKept) {
  for (const std::string_view blocks : {"0-9", "10-19", "20-29"}) Commit(blocks, 2);
  for (const bool fails : {true, false}) {
    RowCounts counts;
    const Deadline deadline = Deadline::After(std::chrono::milliseconds(600));
    int calls = 0;
    lake.hooks.before_footers = [&](std::size_t, std::uint64_t) -> Status {
      if (++calls == 2) {
        const auto until = std::chrono::milliseconds(fails ? 0 : 300);
        while (deadline.Remaining() > until) std::this_thread::yield();
        if (fails) return MakeError(ErrorCode::kUnavailable, "no answer by the deadline");
      }
      return {};
    };
    const auto rows = Count(&counts, {.files = 1}, deadline);
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->count, std::nullopt);
    EXPECT_EQ(CodeOf(*rows), RowsProblemCode::kNotReadInTime);
    EXPECT_THAT(DetailOf(*rows), HasSubstr(fails ? "of 1 of 3 files" : "of 2 of 3 files"));
    EXPECT_EQ(calls, 2);
    lake.hooks.before_footers = [&](std::size_t, std::uint64_t) -> Status {
      ++calls;
      return {};
    };
    EXPECT_EQ(Count(&counts, {.files = 1})->count, 6U);
    EXPECT_EQ(calls, fails ? 4 : 3);
  }
}

// Method: the first table's footers come when the request's time is over, and with it the session.
TEST_F(RowCountsTest, ATableThatTakesAllTheTimeTakesNothingElse) {
  Commit("0-9", 2);
  lake.Commit("logs", "0-9");
  const Deadline deadline = Deadline::After(std::chrono::milliseconds(400));
  const auto snapshot = keeping->OpenSnapshot(deadline).value();
  lake.hooks.before_footers = [&](std::size_t, std::uint64_t) -> Status {
    while (!deadline.HasPassed()) std::this_thread::yield();
    lake.hooks.before_call = [] {
      return Status(MakeError(ErrorCode::kUnavailable, "the database session has ended"));
    };
    return MakeError(ErrorCode::kUnavailable, "no answer by the deadline");
  };
  for (const char* table : {"blocks", "logs"}) {
    const auto rows = keeping->GetTableRows(*snapshot, lake.version, table, rules);
    ASSERT_TRUE(rows) << table;
    EXPECT_EQ(CodeOf(rows->value()), RowsProblemCode::kNotReadInTime) << table;
  }
}

// Method: while the first of two files is read, somebody else counts both.
TEST_F(RowCountsTest, WhatOthersHaveCountedMeanwhileIsNotReadAgain) {
  Commit("0-9", 2);
  Commit("10-19", 3);
  RowCounts counts;
  int calls = 0;
  lake.hooks.before_footers = [&](std::size_t, std::uint64_t) -> Status {
    if (++calls == 1) {
      EXPECT_EQ(Count(&counts, {.files = 2})->count, 5U);
    }
    return {};
  };
  EXPECT_EQ(Count(&counts, {.files = 1})->count, 5U);
  EXPECT_EQ(calls, 2) << "the first file's, and both by the other one";
}

TEST_F(RowCountsTest, ADatabaseThatFailsInTimeIsAFailure) {
  Commit("0-9", 1);
  lake.hooks.before_footers = [](std::size_t, std::uint64_t) -> Status {
    return MakeError(ErrorCode::kUnavailable, "the database is gone");
  };
  for (const Deadline deadline : {Deadline::Never(), Deadline::After(std::chrono::hours(1))}) {
    const auto rows = Count(nullptr, {}, deadline);
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().code, ErrorCode::kUnavailable);
  }
}

TEST_F(RowCountsTest, TheCacheIsBoundedAndGoesWithoutWhatWasNotUsed) {
  constexpr std::size_t kFiles = 8;
  RowCounts counts(kFiles);
  std::vector<Segment> segments;
  for (int i = 0; i < 100; ++i) {
    segments.push_back(chain::ReadSegments(fmt::format("{}-{}#{}", i, i, i + 1)).front());
  }
  for (std::size_t i = 0; i < segments.size(); ++i) {
    counts.Put(location, segments[i], i);
    EXPECT_LE(counts.size(), kFiles);
    EXPECT_EQ(counts.Find(location, segments[0]), 0U) << "what is used stays";
  }
  EXPECT_EQ(counts.Find(location, segments.back()), 99U) << "what is new has taken a place";
  std::size_t known = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto found = counts.Find(location, segments[i]);
    if (!found) continue;
    ++known;
    EXPECT_EQ(*found, i);
  }
  EXPECT_EQ(known, kFiles);
  EXPECT_EQ(counts.Find(LocationId{location.value + 1}, segments[0]), std::nullopt)
      << "the same blocks in another table";
  counts.Put(LocationId{location.value + 1}, segments[0], 77);
  EXPECT_EQ(counts.Find(location, segments[0]), std::nullopt) << "an id is one file's";
  EXPECT_EQ(counts.size(), kFiles);

  RowCounts none(0);
  none.Put(location, segments[0], 1);
  EXPECT_EQ(none.Find(location, segments[0]), std::nullopt);
}

TEST_F(RowCountsTest, ACacheThatIsTooSmallChangesNoAnswer) {
  for (std::uint64_t i = 0; i < 20; ++i) Commit(fmt::format("{}-{}", i, i), i);
  RowCounts counts(3);
  for (int round = 0; round < 3; ++round) EXPECT_EQ(Count(&counts, {.files = 4})->count, 190U);
}

// Method: several threads ask, through a cache that is too small, while files come. No answer is
// below what had been committed before its question, nor above what had been after it.
TEST_F(RowCountsTest, ManyMayAskAtOnce) {
  lake.hooks.before_footers = [](std::size_t, std::uint64_t) { return Status(); };
  RowCounts counts(10);
  std::atomic<std::uint64_t> begun = 0;
  std::atomic<std::uint64_t> committed = 0;
  std::atomic<bool> is_done = false;
  const auto ask = [&] {
    for (bool is_last = false; !is_last;) {
      is_last = is_done;
      const std::uint64_t least = committed;
      const auto reader = lake.store->OpenReader(Deadline::Never()).value();
      const auto table = PhysicalTable::GetActive(*reader, lake.version, "blocks").value().value();
      const auto files = table.Snapshot(*reader, {}).value();
      const auto rows = CountRows(*reader, Deadline::Never(), location, files.CanonicalSegments(),
                                  &counts, {.files = 4});
      const std::uint64_t most = begun;
      ASSERT_TRUE(rows && rows->count);
      EXPECT_GE(*rows->count, least);
      EXPECT_LE(*rows->count, most);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back(ask);
    for (std::uint64_t i = 0; i < 60; ++i) {
      begun += i;
      Commit(fmt::format("{}-{}", i, i), i);
      committed += i;
    }
    is_done = true;
  }
  EXPECT_LE(counts.size(), 10U);
  EXPECT_EQ(committed, 60U * 59 / 2);
}

// Property: whatever comes, and whatever is wrong with footers meanwhile, a number is the sum over
// the canonical chain of what the files were written with.
TEST_F(RowCountsTest, EveryNumberIsTheSumOverTheCanonicalChain) {
  std::mt19937_64 random(RandomSeed());
  SCOPED_TRACE("GTEST_RANDOM_SEED=" + std::to_string(RandomSeed()));
  const std::vector<std::string> notations = {"0-9",    "10-19",  "20-29", "30-39", "10-19b",
                                              "20-29b", "40-49",  "5-9",   "0-29",  "30-39b",
                                              "50-59",  "40-49b", "60-69"};
  std::vector<Segment> segments;
  for (int step = 0; step < 150; ++step) {
    const std::string& notation = notations[random() % notations.size()];
    Segment segment = chain::ReadSegments(notation).front();
    segment.file_id = Commit(notation, random() % 1000);
    segments.push_back(segment);
    std::uint64_t sum = 0;
    bool is_broken = false;
    const std::uint64_t broken = random() % 40;
    for (const Segment* const canonical : chain::FindChains(segments).canonical) {
      sum += rows_of.at(canonical->file_id);
      is_broken = is_broken || std::cmp_equal(canonical->file_id.value, broken);
    }
    // Of the question that keeps nothing; whoever keeps a count may know it none the less.
    lake.hooks.edit_footers = [&](Footers& footers) {
      for (FooterRow& row : footers) {
        if (std::cmp_equal(row.file_id.value, broken)) row.footer->clear();
      }
    };
    EXPECT_EQ(AskOf(*plain).count, is_broken ? std::nullopt : std::optional(sum));
    const auto kept = AskOf(*keeping).count;
    EXPECT_TRUE(kept == sum || (is_broken && !kept)) << step;
    lake.hooks.edit_footers = [](Footers&) {};
    EXPECT_EQ(Ask().count, sum) << step;
  }
}

}  // namespace
}  // namespace tidemark::data_store
