#include "materialiser.h"

#include <algorithm>
#include <utility>

#include "chunk_stream.h"
#include "file_commit.h"
#include "tidemark/base/log.h"

namespace tidemark::worker {

Result<Materialiser::Outcome> Materialiser::Write(const BlockRun& run,
                                                  const std::stop_token& stop) {
  batch_.reset();
  ChunkStream chunks(source_, {.blocks = run.blocks, .chunk_blocks = context_.options.fetch_blocks},
                     stop);
  bool is_first = true;
  while (true) {
    auto chunk = chunks.Next();
    if (!chunk) {
      // What is there is sound: a source that fails now and then must not cost a whole file each
      // time.
      if (batch_ && !stop.stop_requested()) TIDEMARK_TRY(CommitBatch(run, stop));
      batch_.reset();
      return std::unexpected(std::move(chunk).error());
    }
    const auto blocks = *std::move(chunk);
    if (!blocks) break;
    for (const EvmBlock& block : *blocks) {
      if (std::exchange(is_first, false) && !Continues(run, block)) return Outcome::kDiverged;
      TIDEMARK_TRY(Append(run, block, stop));
    }
  }
  if (batch_) TIDEMARK_TRY(CommitBatch(run, stop));
  return Outcome::kWritten;
}

bool Materialiser::Continues(const BlockRun& run, const EvmBlock& first) const {
  if (first.number.value == 0) return true;
  const BlockNumber before{first.number.value - 1};
  return std::ranges::all_of(run.tables, [&](std::size_t table) {
    const auto hash = tables_[table].ledger.HashOfLast(before);
    return !hash || *hash == first.parent_hash;
  });
}

Status Materialiser::Append(const BlockRun& run, const EvmBlock& block,
                            const std::stop_token& stop) {
  if (stop.stop_requested()) return MakeError(ErrorCode::kUnavailable, "the worker is stopping");
  // A file never spans a reorganisation: its hashes say that its blocks are one chain.
  if (batch_ && batch_->last_hash() != PreviousHash(block)) TIDEMARK_TRY(CommitBatch(run, stop));
  if (!batch_) {
    std::vector<const TableTarget*> targets;
    targets.reserve(run.tables.size());
    for (const std::size_t table : run.tables) targets.push_back(&tables_[table]);
    TIDEMARK_TRY(batch_, SegmentBatch::Open(context_.data, targets, block.number,
                                            context_.clock.SteadyNow()));
  }
  TIDEMARK_TRY(batch_->Append(block));
  const WorkerOptions& options = context_.options;
  const SegmentBatch::Limits limits{.bytes = options.segment_max_bytes,
                                    .blocks = options.segment_max_blocks,
                                    .age = options.segment_max_age};
  if (batch_->IsFull(limits, context_.clock.SteadyNow())) TIDEMARK_TRY(CommitBatch(run, stop));
  return {};
}

Status Materialiser::CommitBatch(const BlockRun& run, const std::stop_token& stop) {
  const std::unique_ptr<SegmentBatch> batch = std::move(batch_);
  UtcTime created_at = context_.clock.Now();
  for (const std::size_t table : run.tables) {
    created_at = tables_[table].ledger.NextCreatedAt(created_at);
  }
  TIDEMARK_TRY(const auto closed, batch->Close(job_.network, created_at));
  TIDEMARK_TRY(const auto ids, CommitUntilKnown(context_, job_.id, closed, stop));
  for (std::size_t i = 0; i < closed.size(); ++i) {
    tables_[run.tables[i]].ledger.Add({.file_id = ids[i],
                                       .created_at = created_at,
                                       .size_bytes = closed[i].file.object_size,
                                       .ranges = closed[i].metadata.ranges});
  }
  ++commits_;
  const BlockRange blocks = closed.front().metadata.ranges.front().blocks;
  Log(LogLevel::kDebug, "segment_committed",
      {{"job_id", job_.id.value},
       {"network", job_.network},
       {"first_block", blocks.first().value},
       {"last_block", blocks.last().value},
       {"tables", closed.size()}});
  return {};
}

}  // namespace tidemark::worker
