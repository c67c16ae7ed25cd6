// From blocks to committed segments.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "round_plan.h"
#include "segment_batch.h"
#include "tidemark/base/result.h"
#include "tidemark/model/ids.h"
#include "tidemark/providers/block_source.h"
#include "worker_context.h"

namespace tidemark::worker {

/// Writes runs of blocks into the tables of one job. Not thread-safe.
class Materialiser {
 public:
  enum class Outcome : std::uint8_t {
    kWritten,
    kDiverged,  // The first block does not continue what is committed; nothing was written.
  };

  struct Job {
    JobId id;
    std::string network;
  };

  /// Everything referred to must outlive the result. `tables` are those that a run's indices mean;
  /// their ledgers get what is committed.
  Materialiser(const WorkerContext& context, Job job, providers::BlockSource& source,
               std::vector<TableTarget>& tables)
      : context_(context), job_(std::move(job)), source_(source), tables_(tables) {}

  /// Fetches and commits the run. Files are closed where a limit is reached, where two blocks do
  /// not link, and at the end. If the source fails midway, what it gave before is committed; if
  /// anything else fails, the files under way are dropped.
  /// Errors: kUnavailable, also when stopped; kConflict if the job has lost its tables to another;
  /// kInvalidArgument, kCorruption, kNotFound.
  Result<Outcome> Write(const BlockRun& run, const std::stop_token& stop);

  /// How many times something was committed.
  std::uint64_t commits() const { return commits_; }

 private:
  bool Continues(const BlockRun& run, const EvmBlock& first) const;
  Status Append(const BlockRun& run, const EvmBlock& block, const std::stop_token& stop);
  Status CommitBatch(const BlockRun& run, const std::stop_token& stop);

  const WorkerContext& context_;
  Job job_;
  providers::BlockSource& source_;
  std::vector<TableTarget>& tables_;
  std::unique_ptr<SegmentBatch> batch_;  // Open files of the run under way.
  std::uint64_t commits_ = 0;
};

}  // namespace tidemark::worker
