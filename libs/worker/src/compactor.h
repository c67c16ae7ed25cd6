// Compaction of a job's tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "compaction_plan.h"
#include "segment_batch.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "worker_context.h"

namespace tidemark::worker {

/// Makes small files of settled blocks one, a run at a time. The merged file is written on a thread
/// of its own, from what the parents' footers and rows say, and read back; only its commit, one
/// transaction with the job's claim, is done by the job between two rounds. A reader sees either
/// the parents, which stay until they are collected, or the file that stands for them. A merge that
/// fails is logged and tried again later, without a parent that is not what its row says; one that
/// is out of date when it is ready is left to be collected as an orphan. Not thread-safe.
class Compactor {
 public:
  struct Job {
    metadata_db::JobClaim claim;
    std::string network;
  };

  /// `context` and `tables` must outlive the compactor.
  Compactor(const WorkerContext& context, Job job, std::vector<TableTarget>& tables)
      : context_(context), job_(std::move(job)), tables_(tables) {}
  Compactor(const Compactor&) = delete;
  Compactor& operator=(const Compactor&) = delete;
  /// Interrupts a merge and waits for it.
  ~Compactor();

  /// Commits a merge that is ready; begins the next one if there is none, and if it is due.
  /// Errors: kUnavailable if it is not known whether a merge was committed: what is known of the
  /// tables is to be read anew.
  Status RunOne();

 private:
  struct Merge {
    std::size_t table = 0;
    std::vector<ChainLink> parents;
    UtcTime created_at;
  };
  struct Outcome {
    Result<ClosedSegment> merged;
    std::optional<FileId> damaged;  // The parent that it failed for.
  };

  void BeginMerge();
  Status Commit(const ClosedSegment& merged);
  /// Whether the parents are still what a reader sees of these blocks.
  bool IsUpToDate() const;
  /// `reading` is the parent that is being read, if any, when it ends.
  Result<ClosedSegment> Write(const Merge& merge, const TableTarget& table,
                              std::optional<FileId>& reading) const;
  Result<std::vector<metadata_db::FileRow>> ReadRows(const Merge& merge,
                                                     const TableTarget& table) const;

  const WorkerContext& context_;
  Job job_;
  std::vector<TableTarget>& tables_;
  SteadyTime next_merge_;
  std::size_t next_table_ = 0;
  std::optional<Merge> merge_;
  std::set<FileId> damaged_;  // Until the next start of the job.
  std::stop_source abandoned_;
  std::future<Outcome> writing_;
};

}  // namespace tidemark::worker
