#include "materialiser.h"

#include <algorithm>
#include <future>
#include <optional>
#include <system_error>
#include <utility>

#include "chunk_stream.h"
#include "file_commit.h"
#include "partition_queue.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/base/log.h"

namespace tidemark::worker {
namespace {

// Each has a file a table open and two chunks of blocks in memory.
constexpr std::uint16_t kWritersMax = 32;

}  // namespace

/// Writes one run from its first block to its last.
class Materialiser::Writer {
 public:
  Writer(Materialiser& shared, BlockRun run) : shared_(shared), run_(std::move(run)) {}

  /// `stop` drops the files under way; `end` only ends the fetching, so that they are committed.
  Result<Outcome> Write(const std::stop_token& stop, const std::stop_token& end);

 private:
  bool IsRelinked();
  bool Continues(const EvmBlock& first);
  Status Append(const EvmBlock& block, const std::stop_token& stop);
  Status CommitBatch(const std::stop_token& stop);

  Materialiser& shared_;
  BlockRun run_;
  std::unique_ptr<SegmentBatch> batch_;  // The open files.
  std::optional<BlockNumber> last_committed_;
};

Result<Materialiser::Outcome> Materialiser::Writer::Write(const std::stop_token& stop,
                                                          const std::stop_token& end) {
  ChunkStream chunks(shared_.source_,
                     {.blocks = run_.blocks, .chunk_blocks = shared_.context_.options.fetch_blocks},
                     end);
  bool is_first = true;
  while (true) {
    auto chunk = chunks.Next();
    if (!chunk) {
      // What is there is sound: a source that fails now and then must not cost a whole file each
      // time.
      if (batch_ && !stop.stop_requested()) TIDEMARK_TRY(CommitBatch(stop));
      return std::unexpected(std::move(chunk).error());
    }
    const auto blocks = *std::move(chunk);
    if (!blocks) break;
    for (const EvmBlock& block : *blocks) {
      if (std::exchange(is_first, false) && !Continues(block)) return Outcome::kDiverged;
      const auto committed_before = last_committed_;
      TIDEMARK_TRY(Append(block, stop));
      if (last_committed_ != committed_before && IsRelinked()) return Outcome::kRelinked;
    }
  }
  if (batch_) TIDEMARK_TRY(CommitBatch(stop));
  return Outcome::kWritten;
}

bool Materialiser::Writer::IsRelinked() {
  const MutexLock lock(shared_.mutex_);
  return std::ranges::all_of(run_.tables, [&](std::size_t table) {
    const auto& canonical = shared_.tables_[table].ledger.canonical();
    return !canonical.empty() && *last_committed_ < canonical.back().blocks.last();
  });
}

bool Materialiser::Writer::Continues(const EvmBlock& first) {
  if (first.number.value == 0) return true;
  const BlockNumber before{first.number.value - 1};
  const MutexLock lock(shared_.mutex_);
  return std::ranges::all_of(run_.tables, [&](std::size_t table) {
    const auto hash = shared_.tables_[table].ledger.HashOfLast(before);
    return !hash || *hash == first.parent_hash;
  });
}

Status Materialiser::Writer::Append(const EvmBlock& block, const std::stop_token& stop) {
  if (stop.stop_requested()) return MakeError(ErrorCode::kUnavailable, "the worker is stopping");
  const WorkerContext& context = shared_.context_;
  // A file never spans a reorganisation: its hashes say that its blocks are one chain.
  if (batch_ && batch_->last_hash() != PreviousHash(block)) TIDEMARK_TRY(CommitBatch(stop));
  if (!batch_) {
    std::vector<const TableTarget*> targets;
    targets.reserve(run_.tables.size());
    for (const std::size_t table : run_.tables) targets.push_back(&shared_.tables_[table]);
    TIDEMARK_TRY(
        batch_, SegmentBatch::Open(context.data, targets, block.number, context.clock.SteadyNow()));
  }
  TIDEMARK_TRY(batch_->Append(block));
  const WorkerOptions& options = context.options;
  const SegmentBatch::Limits limits{.bytes = options.segment_max_bytes,
                                    .rows = options.segment_max_rows,
                                    .blocks = options.segment_max_blocks,
                                    .age = options.segment_max_age};
  if (batch_->IsFull(limits, context.clock.SteadyNow())) TIDEMARK_TRY(CommitBatch(stop));
  return {};
}

Status Materialiser::Writer::CommitBatch(const std::stop_token& stop) {
  const std::unique_ptr<SegmentBatch> batch = std::move(batch_);
  const Job& job = shared_.job_;
  UtcTime created_at = shared_.context_.clock.Now();
  {
    const MutexLock lock(shared_.mutex_);
    for (const std::size_t table : run_.tables) {
      created_at = shared_.tables_[table].ledger.NextCreatedAt(created_at);
    }
  }
  TIDEMARK_TRY(const auto closed, batch->Close(job.network, created_at));
  TIDEMARK_TRY(const auto ids, CommitUntilKnown(shared_.context_, job.claim, closed, stop));
  TIDEMARK_FAILPOINT_NO_THROW("commit.answered");
  const BlockRange blocks = closed.front().metadata.ranges.front().blocks;
  last_committed_ = blocks.last();
  {
    const MutexLock lock(shared_.mutex_);
    for (std::size_t i = 0; i < closed.size(); ++i) {
      shared_.tables_[run_.tables[i]].ledger.Add({.file_id = ids[i],
                                                  .created_at = created_at,
                                                  .size_bytes = closed[i].file.object_size,
                                                  .ranges = closed[i].metadata.ranges});
    }
    shared_.recent_.Add(batch->recent());
    ++shared_.commits_;
  }
  Log(LogLevel::kDebug, "segment_committed",
      {{"job_id", job.claim.job.value},
       {"network", job.network},
       {"first_block", blocks.first().value},
       {"last_block", blocks.last().value},
       {"tables", closed.size()}});
  return {};
}

Result<Materialiser::Outcome> Materialiser::Write(const BlockRun& run,
                                                  const std::stop_token& stop) {
  return Writer(*this, run).Write(stop, stop);
}

Result<Materialiser::Outcome> Materialiser::WriteGap(const BlockRun& run,
                                                     const std::stop_token& stop) {
  PartitionQueue partitions(run.blocks, {.writers = std::min(job_.writers, kWritersMax),
                                         .min_blocks = context_.options.partition_min_blocks,
                                         .max_blocks = context_.options.segment_max_blocks});
  if (partitions.writers() == 1) return Write(run, stop);

  std::stop_source end;
  const std::stop_callback on_stop(stop, [&end] { end.request_stop(); });
  Mutex mutex;
  std::optional<Result<Outcome>> first_other;  // A failure or kDiverged.
  const auto write = [&] {
    try {
      while (!end.stop_requested()) {
        const auto blocks = partitions.Take();
        if (!blocks) return;
        auto outcome =
            Writer(*this, {.blocks = *blocks, .tables = run.tables}).Write(stop, end.get_token());
        if (outcome && *outcome != Outcome::kDiverged) continue;
        const MutexLock lock(mutex);
        if (!first_other) first_other = std::move(outcome);
        end.request_stop();
      }
    } catch (...) {
      end.request_stop();
      throw;
    }
  };
  {
    std::vector<std::future<void>> others;
    try {
      while (others.size() + 1 < partitions.writers()) {
        others.push_back(std::async(std::launch::async, write));
      }
    } catch (const std::system_error& error) {
      // The writers that there are take all the partitions.
      Log(LogLevel::kWarning, "writer_not_started",
          {{"job_id", job_.claim.job.value}, {"error", error.what()}});
    }
    write();
    for (auto& other : others) other.get();
  }
  if (first_other) return *std::move(first_other);
  if (stop.stop_requested()) return MakeError(ErrorCode::kUnavailable, "the worker is stopping");
  return Outcome::kWritten;
}

}  // namespace tidemark::worker
