// What it costs to keep the index of a table's segments, beside answering from scratch.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include "tidemark/chain/chain.h"

namespace tidemark::chain {
namespace {

constexpr BlockNumber kStartBlock{1};

/// Files of some blocks each, as a worker writes them at the head of a chain.
class Writer {
 public:
  Segment Next() {
    const std::uint64_t first = next_block_;
    next_block_ += 1 + random_() % 4;
    now_ += std::chrono::microseconds(random_() % 24'000'000);
    Segment segment{
        .file_id = FileId{next_id_++},
        .created_at = now_,
        .size_bytes = random_() % 50'000'000,
        .ranges = {{.network = "mainnet",
                    .blocks = *BlockRange::Make(BlockNumber{first}, BlockNumber{next_block_ - 1}),
                    .hash = DrawHash(),
                    .prev_hash = parent_,
                    .timestamp_s = 1'700'000'000 + 12 * next_block_}}};
    parent_ = segment.ranges.front().hash;
    return segment;
  }

  /// One file in the place of two that follow each other.
  Segment Merge(const Segment& first, const Segment& last) {
    Segment merged = last;
    merged.file_id = FileId{next_id_++};
    merged.created_at = now_ += std::chrono::seconds(1);
    merged.ranges.front().prev_hash = first.ranges.front().prev_hash;
    merged.ranges.front().blocks =
        *BlockRange::Make(first.ranges.front().blocks.first(), last.ranges.front().blocks.last());
    return merged;
  }

 private:
  BlockHash DrawHash() {
    BlockHash hash;
    for (std::size_t i = 0; i < hash.bytes.size(); i += 4) {
      const std::uint64_t word = random_();
      for (std::size_t j = 0; j < 4; ++j) {
        hash.bytes[i + j] = static_cast<std::uint8_t>(word >> 8 * j);
      }
    }
    return hash;
  }

  std::mt19937_64 random_{1};
  std::uint64_t next_block_ = kStartBlock.value;
  std::int64_t next_id_ = 4'000'000;
  UtcTime now_{std::chrono::seconds(1'700'000'000)};
  BlockHash parent_;
};

struct Table {
  explicit Table(std::size_t segments) {
    for (std::size_t i = 0; i < segments; ++i) index.Insert(writer.Next());
  }

  Writer writer;
  ChainIndex index{kStartBlock};
};

std::size_t SegmentsOf(const benchmark::State& state) {
  return static_cast<std::size_t>(state.range(0));
}

class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::size_t BytesInUse() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// A segment at the head, and the answer after it.
void AppendAndSummarize(benchmark::State& state) {
  constexpr std::size_t kBatch = 10;
  std::optional<Table> table;
  for (auto _ : state) {
    // A long table hardly grows by what is appended here; a short one is made again.
    if (!table || SegmentsOf(state) < 1000) table.emplace(SegmentsOf(state));
    std::vector<Segment> segments;
    for (std::size_t i = 0; i < kBatch; ++i) segments.push_back(table->writer.Next());
    const Stopwatch stopwatch;
    for (const Segment& segment : segments) {
      table->index.Insert(segment);
      benchmark::DoNotOptimize(table->index.Summarize());
    }
    state.SetIterationTime(stopwatch.Seconds() / kBatch);
  }
}
BENCHMARK(AppendAndSummarize)->Arg(10)->Arg(10'000)->Arg(1'000'000)->UseManualTime();

/// A whole table, by file id.
void Load(benchmark::State& state) {
  Writer writer;
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < SegmentsOf(state); ++i) segments.push_back(writer.Next());
  const std::size_t before = BytesInUse();
  ChainIndex first(kStartBlock);
  for (const Segment& segment : segments) first.Insert(segment);
  const std::size_t bytes = BytesInUse() - before;
  for (auto _ : state) {
    ChainIndex index(kStartBlock);
    for (const Segment& segment : segments) index.Insert(segment);
    if (index.needs_rebuild()) std::abort();
  }
  const auto count = static_cast<double>(segments.size());
  // Of a short table the allocator's own stock says more.
  if (segments.size() > 1000) state.counters["bytes/segment"] = static_cast<double>(bytes) / count;
  state.counters["s/segment"] = benchmark::Counter(
      count, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(Load)->Arg(10)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

/// The same answer by the functions that know nothing of before.
void FromScratch(benchmark::State& state) {
  Writer writer;
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < SegmentsOf(state); ++i) segments.push_back(writer.Next());
  for (auto _ : state) {
    const Chains chains = FindChains(segments);
    if (!ReachesBackTo(chains.canonical, kStartBlock).value_or(false)) std::abort();
    benchmark::DoNotOptimize(SyncedRanges(chains.canonical));
    benchmark::DoNotOptimize(SumUp(chains.canonical));
    benchmark::DoNotOptimize(CountReorgs(segments, kStartBlock));
  }
}
BENCHMARK(FromScratch)->Arg(10)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

/// A file that takes the place of two in the middle of the table.
void Compact(benchmark::State& state) {
  Table table(SegmentsOf(state));
  const std::vector<Segment> chain = table.index.CanonicalSegments();
  std::size_t at = chain.size() / 4;
  for (auto _ : state) {
    const Segment merged = table.writer.Merge(chain[at], chain[at + 1]);
    at += 2;
    if (at + 1 >= chain.size()) std::abort();
    const Stopwatch stopwatch;
    table.index.Insert(merged);
    state.SetIterationTime(stopwatch.Seconds());
  }
  if (table.index.needs_rebuild()) std::abort();
}
BENCHMARK(Compact)->Arg(10'000)->Arg(1'000'000)->UseManualTime()->Iterations(3000);

/// A file goes, and its row comes back, that so many came after.
void LoseAndPutBack(benchmark::State& state) {
  Table table(1'000'000);
  const Segment lost = *(table.index.CanonicalSegments().end() - 1 - state.range(0));
  for (auto _ : state) {
    table.index.Remove({&lost.file_id, 1});
    table.index.Insert(lost);
  }
  if (table.index.needs_rebuild()) std::abort();
}
BENCHMARK(LoseAndPutBack)->Arg(0)->Arg(10)->Arg(100)->Arg(400)->Unit(benchmark::kMicrosecond);

void Rebuild(benchmark::State& state) {
  Table table(SegmentsOf(state));
  for (auto _ : state) table.index.Rebuild();
}
BENCHMARK(Rebuild)->Arg(10)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tidemark::chain

BENCHMARK_MAIN();
