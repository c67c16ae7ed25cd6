// The index of long tables: what it costs, and that it stays exact where its chunks end.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <malloc.h>

#include "history_checks.h"
#include "random_seed.h"
#include "tidemark/chain/chain.h"

namespace tidemark::chain {
namespace {

/// A table at a chain's head: files of some blocks each, linked, written seconds apart.
class TableWriter {
 public:
  explicit TableWriter(std::mt19937_64& random) : random_(random) {}

  Segment Next() {
    const std::uint64_t first = next_block_;
    next_block_ += 1 + random_() % 8;
    now_ += std::chrono::microseconds(random_() % 24'000'000);
    Segment segment = MakeSegment(first, next_block_ - 1, parent_);
    parent_ = segment.ranges.front().hash;
    return segment;
  }

  /// Another one in the place of these, which are linked: one file that ends alike.
  Segment Merge(const Segment& first, const Segment& last) {
    now_ += std::chrono::seconds(1);
    Segment merged = last;
    merged.file_id = FileId{next_id_++};
    merged.created_at = now_;
    merged.ranges.front().prev_hash = first.ranges.front().prev_hash;
    merged.ranges.front().blocks =
        *BlockRange::Make(first.ranges.front().blocks.first(), last.ranges.front().blocks.last());
    return merged;
  }

  /// Another branch, which begins after `parent`.
  void GoOnFrom(const Segment& parent) {
    next_block_ = parent.ranges.front().blocks.last().value + 1;
    parent_ = parent.ranges.front().hash;
  }

 private:
  Segment MakeSegment(std::uint64_t first, std::uint64_t last, const BlockHash& parent) {
    BlockHash hash;
    for (std::size_t i = 0; i < hash.bytes.size(); i += 8) {
      const std::uint64_t word = random_();
      for (std::size_t j = 0; j < 8; ++j) {
        hash.bytes[i + j] = static_cast<std::uint8_t>(word >> 8 * j);
      }
    }
    return {.file_id = FileId{next_id_++},
            .created_at = now_,
            .size_bytes = random_() % 50'000'000,
            .ranges = {{.network = "mainnet",
                        .blocks = *BlockRange::Make(BlockNumber{first}, BlockNumber{last}),
                        .hash = hash,
                        .prev_hash = parent,
                        .timestamp_s = 1'700'000'000 + 12 * last}}};
  }

  std::mt19937_64& random_;
  std::uint64_t next_block_ = 19'000'000;
  std::int64_t next_id_ = 4'000'000;
  UtcTime now_{std::chrono::seconds(1'700'000'000)};
  BlockHash parent_;
};

class ChainIndexScaleTest : public testing::Test {
 protected:
  void Insert(const Segment& segment) {
    index_.Insert(segment);
    table_[segment.file_id] = segment;
  }

  void Remove(const std::vector<FileId>& ids) {
    EXPECT_EQ(index_.Remove(ids), ids.size());
    for (const FileId id : ids) table_.erase(id);
  }

  void ExpectExact() {
    std::vector<Segment> segments;
    segments.reserve(table_.size());
    for (const auto& [id, segment] : table_) segments.push_back(segment);
    ASSERT_EQ(index_.Segments(), segments);
    const Chain canonical = FindChains(segments).canonical;
    ASSERT_EQ(index_.CanonicalSegments(), Copy(canonical));
    const UtcTime since = canonical[canonical.size() / 2]->created_at;
    EXPECT_EQ(index_.CanonicalSegmentsSince(since).size(),
              std::ranges::count_if(canonical, [since](const Segment* segment) {
                return segment->created_at >= since;
              }));
    const auto summary = index_.Summarize();
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->ranges, *SyncedRanges(canonical));
    EXPECT_EQ(summary->totals, SumUp(canonical));
    EXPECT_EQ(summary->reorgs, CountReorgs(segments, std::nullopt));
  }

  template <class Action>
  void ExpectExactAfter(const Action& action) {
    action();
    ExpectExact();
  }

  std::mt19937_64 random_{RandomSeed()};
  TableWriter writer_{random_};
  ChainIndex index_{std::nullopt};
  std::map<FileId, Segment> table_;
};

// Method: a table of a few thousand files lives: it grows, turns at its head, is compacted in its
// middle and collected; now and then a file is lost and put back. All within the limit or rebuilt.
TEST_F(ChainIndexScaleTest, StaysExactWhereverInALongTableSomethingHappens) {
  std::vector<Segment> chain;
  std::vector<FileId> superseded;
  std::uint64_t rebuilds = 0;
  const auto reread = [&] {
    if (index_.needs_rebuild()) {
      ++rebuilds;
      index_.Rebuild();
    }
    chain = index_.CanonicalSegments();
  };
  for (int i = 0; i < 1500; ++i) Insert(writer_.Next());
  for (int round = 0; round < 120; ++round) {
    for (std::uint64_t more = random_() % 40; more > 0; --more) Insert(writer_.Next());
    reread();
    ASSERT_GT(chain.size(), 500U);
    const std::size_t at = 1 + random_() % (chain.size() - 40);
    switch (random_() % 4) {
      case 0: {  // Compaction; some of the parents go at once.
        const std::size_t last = at + 1 + random_() % 30;
        Insert(writer_.Merge(chain[at], chain[last]));
        for (std::size_t i = at; i <= last; ++i) superseded.push_back(chain[i].file_id);
        break;
      }
      case 1: {  // Collection.
        std::ranges::shuffle(superseded, random_);
        const std::size_t kept = superseded.size() - std::min(superseded.size(), random_() % 20);
        Remove({superseded.begin() + static_cast<std::ptrdiff_t>(kept), superseded.end()});
        superseded.resize(kept);
        break;
      }
      case 2: {  // A reorg.
        const std::size_t left = chain.size() - 2 - random_() % 20;
        writer_.GoOnFrom(chain[left]);
        for (int count = 0; count < 3; ++count) Insert(writer_.Next());
        break;
      }
      default: {  // A file is lost, and its row comes back.
        const Segment lost = std::move(chain[at]);
        Remove({lost.file_id});
        if (random_() % 2 == 0) ExpectExactAfter(reread);
        Insert(lost);
        break;
      }
    }
    ExpectExactAfter(reread);
    if (HasFatalFailure()) FAIL() << "round " << round << ", GTEST_RANDOM_SEED=" << RandomSeed();
  }
  EXPECT_GT(rebuilds, 5U);
  EXPECT_LT(rebuilds, 100U);
}

TEST_F(ChainIndexScaleTest, WhatGoesBeyondTheLimitIsLeftToARebuild) {
  for (int i = 0; i < 3000; ++i) Insert(writer_.Next());
  const std::vector<Segment> chain = index_.CanonicalSegments();
  Remove({chain[10].file_id});
  ASSERT_TRUE(index_.needs_rebuild()) << "nearly all came after it";
  const auto summary = index_.Summarize();
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, ErrorCode::kInternal);

  // Everything may happen until then.
  Insert(writer_.Next());
  Remove({chain[1000].file_id, chain[2999].file_id});
  Insert(chain[10]);
  Insert(chain[1000]);
  index_.Rebuild();
  ExpectExact();
  Insert(chain[2999]);
  EXPECT_FALSE(index_.needs_rebuild()) << "one came after it";
  ExpectExact();
  EXPECT_EQ(index_.CanonicalSegments().size(), 3001U);
  Insert(writer_.Merge(chain[20], chain[2500]));
  EXPECT_TRUE(index_.needs_rebuild()) << "it takes the place of many";
  index_.Rebuild();
  ExpectExact();
}

TEST_F(ChainIndexScaleTest, ALimitOfNoneIsNeverReached) {
  for (int i = 0; i < 3000; ++i) Insert(writer_.Next());
  const Segment first = index_.CanonicalSegments().front();
  EXPECT_EQ(index_.Remove({&first.file_id, 1}, RepairLimit::None()), 1U);
  index_.Insert(first, RepairLimit::None());
  EXPECT_FALSE(index_.needs_rebuild());
  ExpectExact();
}

// The allocators of the sanitizers do not tell what is in use.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

std::size_t BytesInUse() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// What the index has taken from the allocator when `segments` are in it, by segment.
double BytesOfASegment(std::size_t segments, const std::function<Segment()>& next) {
  const std::size_t before = BytesInUse();
  ChainIndex index(std::nullopt);
  for (std::size_t i = 0; i < segments; ++i) index.Insert(next());
  const auto bytes = static_cast<double>(BytesInUse() - before);
  EXPECT_EQ(index.CanonicalSegments().size(), segments);
  EXPECT_NEAR(static_cast<double>(index.memory_bytes()), bytes, 0.02 * bytes);
  return bytes / static_cast<double>(segments);
}

TEST_F(ChainIndexScaleTest, AMillionSegmentsOfTheChainTakeAtMost80BytesEach) {
  EXPECT_LE(BytesOfASegment(1'000'000, [this] { return writer_.Next(); }), 60);
}

// Method: times, sizes and file ids that have nothing to do with each other, over all 64 bits.
TEST_F(ChainIndexScaleTest, SegmentsOfTheChainTakeAtMost80BytesWhateverTheirNumbersAre) {
  constexpr std::size_t kSegments = 100'000;
  constexpr std::uint64_t kStep = std::numeric_limits<std::uint64_t>::max() / kSegments;
  std::uint64_t count = 0;
  const auto next = [&] {
    Segment segment = writer_.Next();
    NetworkRange& range = segment.ranges.front();
    const std::uint64_t first = count * kStep + random_() % (kStep / 2);
    range.blocks =
        *BlockRange::Make(BlockNumber{first}, BlockNumber{first + random_() % (kStep / 2)});
    if (count % 2 == 0) range.timestamp_s = random_();
    segment.created_at = UtcTime(std::chrono::nanoseconds(static_cast<std::int64_t>(random_())));
    segment.size_bytes = random_();
    segment.file_id = FileId{static_cast<std::int64_t>(++count * (kStep / 2))};
    return segment;
  };
  EXPECT_LE(BytesOfASegment(kSegments, next), 80);
}

TEST_F(ChainIndexScaleTest, TellsWhatSegmentsOffTheChainTake) {
  index_.Insert(writer_.Next());
  writer_.Next();
  const std::size_t before = BytesInUse();
  const std::size_t told_before = index_.memory_bytes();
  for (int i = 0; i < 10'000; ++i) index_.Insert(writer_.Next());
  const auto bytes = static_cast<double>(BytesInUse() - before);
  ASSERT_EQ(index_.CanonicalSegments().size(), 1U);
  EXPECT_NEAR(static_cast<double>(index_.memory_bytes() - told_before), bytes, 0.1 * bytes);
  EXPECT_LE(bytes, 400 * 10'000);
}

#endif

}  // namespace
}  // namespace tidemark::chain
