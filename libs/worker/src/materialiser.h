// From blocks to committed segments.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "recent_blocks.h"
#include "round_plan.h"
#include "segment_batch.h"
#include "tidemark/base/mutex.h"
#include "tidemark/base/result.h"
#include "tidemark/model/ids.h"
#include "tidemark/providers/block_source.h"
#include "worker_context.h"

namespace tidemark::worker {

/// Writes runs of blocks into the tables of one job. Not thread-safe, whatever threads it has of
/// its own.
class Materialiser {
 public:
  enum class Outcome : std::uint8_t {
    kWritten,
    kDiverged,  // The first block does not continue what is committed; nothing of it was written.
    kRelinked,  // Older files go on from what was written so far; the rest was left out.
  };

  struct Job {
    metadata_db::JobClaim claim;
    std::string network;
    std::uint16_t writers = 1;  // How many files a table may be written at once; 0 counts as 1.
  };

  /// Everything referred to must outlive the result. `tables` are those that a run's indices mean;
  /// their ledgers get what is committed.
  Materialiser(const WorkerContext& context, Job job, providers::BlockSource& source,
               std::vector<TableTarget>& tables)
      : context_(context), job_(std::move(job)), source_(source), tables_(tables) {}

  /// Fetches and commits the run, block after block. Files are closed where a limit is reached,
  /// where two blocks do not link, and at the end. If the source fails midway, what it gave before
  /// is committed; if anything else fails, the files under way are dropped. Where the chain returns
  /// to a branch that it had left, the branch's own files count again as soon as the first of them
  /// are replaced.
  /// Errors: kUnavailable, also when stopped; kConflict if the job has lost its tables to another;
  /// kInvalidArgument, kCorruption, kNotFound.
  Result<Outcome> Write(const BlockRun& run, const std::stop_token& stop);

  /// Fetches and commits a run whose blocks are in no file, in partitions that several writers
  /// write side by side, each as Write does: until the last of them is done there are holes before
  /// what is committed. When one fails the others commit what they have and end too, with the error
  /// of the one that failed first. Whether the partitions link is for the next round to see.
  /// Errors: those of Write.
  Result<Outcome> WriteGap(const BlockRun& run, const std::stop_token& stop);

  /// Of the blocks that were committed last.
  const RecentBlocks& recent() const { return recent_; }
  /// How many times something was committed.
  std::uint64_t commits() const { return commits_; }

 private:
  class Writer;

  const WorkerContext& context_;
  Job job_;
  providers::BlockSource& source_;
  // While there are writers they hold this for what follows.
  Mutex mutex_;
  std::vector<TableTarget>& tables_;
  RecentBlocks recent_;
  std::uint64_t commits_ = 0;
};

}  // namespace tidemark::worker
