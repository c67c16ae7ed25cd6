#include "job_thread.h"

#include <cstdint>
#include <exception>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "error_detail.h"
#include "job_run.h"
#include "tidemark/base/back_off.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/base/log.h"
#include "tidemark/base/random.h"
#include "tidemark/base/wait.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/job.h"

namespace tidemark::worker {
namespace {

using metadata_db::JobRow;
using metadata_db::JobTransition;

JobFailure Panic(std::string_view what) {
  return {.position = {.step = JobStep::kPanic, .blocks = std::nullopt},
          .error = {ErrorCode::kInternal, std::string(what)}};
}

JobOutcome RunGuarded(const WorkerContext& context, const JobRow& job,
                      const std::stop_token& stop) {
  // The boundary of the thread: what is thrown past it would end the process and every other job.
  try {
    return JobRun(context, job).Run(stop);
  } catch (const std::exception& exception) {
    return Panic(exception.what());
  } catch (...) {
    return Panic("an exception of an unknown type");
  }
}

std::optional<DatasetVersion> VersionOf(const JobRow& job) {
  if (!job.descriptor) return std::nullopt;
  auto descriptor = ParseJobDescriptor(*job.descriptor);
  if (!descriptor) return std::nullopt;
  return std::move(descriptor->version);
}

enum class Recording : std::uint8_t {
  kDone,
  kRefused,      // Somebody else has decided on the job meanwhile, or runs it.
  kInterrupted,  // Stopped while the database was away.
};

struct JobEnd {
  JobTransition transition;
  std::optional<std::string> detail = std::nullopt;
};

/// Writes the end down, however long the database takes to come back.
Recording Record(const WorkerContext& context, const metadata_db::JobClaim& claim,
                 const JobEnd& end, const std::stop_token& stop) {
  const BackOffPolicy policy = DatabaseRetryPolicy(context.options);
  for (std::uint64_t attempt = 1; !stop.stop_requested(); ++attempt) {
    TIDEMARK_FAILPOINT_NO_THROW("job.before_end");
    const Status status = context.metadata.TransitionJob(claim, end.transition, end.detail,
                                                         Deadline::After(kDatabaseTimeout));
    TIDEMARK_FAILPOINT_NO_THROW("job.ended");
    if (status) return Recording::kDone;
    if (status.error().code == ErrorCode::kConflict ||
        status.error().code == ErrorCode::kNotFound) {
      // A call before it whose answer was lost may have been the one that moved the job.
      return attempt == 1 ? Recording::kRefused : Recording::kDone;
    }
    if (attempt == 1) {
      Log(LogLevel::kWarning, "job_end_not_recorded",
          {{"job_id", claim.job.value}, {"error", status.error().message}});
    }
    WaitFor(JitteredBackOff(policy, attempt, RandomU64()), stop);
  }
  return Recording::kInterrupted;
}

/// What the events of one run say of its job.
struct RunLog {
  JobId job;
  std::string dataset;
  std::uint32_t attempt = 0;

  void Started() const {
    Log(LogLevel::kInfo, "job_started",
        {{"job_id", job.value}, {"dataset", dataset}, {"attempt", attempt}});
  }
  void Completed() const {
    Log(LogLevel::kInfo, "job_completed", {{"job_id", job.value}, {"dataset", dataset}});
  }
  void Failed(const JobFailure& failure) const {
    Log(LogLevel::kError, "job_failed",
        {{"job_id", job.value},
         {"dataset", dataset},
         {"attempt", attempt},
         {"error_code", ToString(failure.position.step)},
         {"error", failure.error.message},
         {"retry", IsRetryable(failure.error.code) ? "yes" : "no"}});
  }
  /// Not the job's end: another worker has it, or somebody has stopped or removed it.
  void Left(std::string_view reason) const {
    Log(LogLevel::kInfo, "job_left",
        {{"job_id", job.value}, {"dataset", dataset}, {"attempt", attempt}, {"reason", reason}});
  }
};

void RunJob(const WorkerContext& context, const JobRow& job, const std::stop_token& stop) {
  const auto version = VersionOf(job);
  const RunLog log{
      .job = job.id, .dataset = version ? ToString(version->dataset) : "", .attempt = job.attempts};
  log.Started();
  const JobOutcome outcome = RunGuarded(context, job, stop);
  if (std::holds_alternative<JobCompleted>(outcome)) {
    const auto recording =
        Record(context, ClaimOf(job), {.transition = JobTransition::kComplete}, stop);
    if (recording == Recording::kRefused) return log.Left("it was taken from this worker");
    log.Completed();
  } else if (const auto* failure = std::get_if<JobFailure>(&outcome)) {
    const bool is_retryable = IsRetryable(failure->error.code);
    const auto recording = Record(
        context, ClaimOf(job),
        {.transition = is_retryable ? JobTransition::kFail : JobTransition::kFailForGood,
         .detail = PrintErrorDetail(*failure, {.attempts = job.attempts, .version = version})},
        stop);
    // A run whose job another worker has fails at its next commit, and that is no failure of the
    // job.
    if (recording == Recording::kRefused) return log.Left(failure->error.message);
    log.Failed(*failure);
  } else {
    log.Left("it was interrupted");
  }
}

}  // namespace

JobThread::JobThread(const WorkerContext& context, JobRow job, std::function<void()> on_finished)
    : attempt_(job.attempts),
      thread_([this, &context, job = std::move(job),
               on_finished = std::move(on_finished)](const std::stop_token& stop) {
        RunJob(context, job, stop);
        has_finished_ = true;
        on_finished();
      }) {}

}  // namespace tidemark::worker
