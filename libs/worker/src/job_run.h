// One run of one job: from its tables as they are to its end block, or to the chain head for ever.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <variant>

#include "error_detail.h"
#include "job_rounds.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/rows.h"
#include "worker_context.h"

namespace tidemark::worker {

struct JobCompleted {};
struct JobInterrupted {};
/// How a run ended.
using JobOutcome = std::variant<JobCompleted, JobInterrupted, JobFailure>;

/// Sets the job up, then goes round after round; what may pass by itself is tried again. Not
/// thread-safe.
class JobRun {
 public:
  /// `context` must outlive the run.
  JobRun(const WorkerContext& context, metadata_db::JobRow job);
  JobRun(const JobRun&) = delete;
  JobRun& operator=(const JobRun&) = delete;
  ~JobRun() = default;

  /// Runs until the end block is committed, `stop` is requested, or something fails for good or too
  /// often in a row. Called once.
  JobOutcome Run(const std::stop_token& stop);

 private:
  Result<RoundOutcome> Step(const std::stop_token& stop);
  Result<RoundOutcome> SetUp(const std::stop_token& stop);

  const WorkerContext& context_;
  metadata_db::JobRow job_;
  JobPosition position_;
  std::unique_ptr<JobRounds> rounds_;  // Absent until the job is set up.
  std::uint64_t loaded_at_ = 0;        // WorkerContext::database_returns then.
};

}  // namespace tidemark::worker
