#include "job_thread.h"

#include <exception>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "back_off.h"
#include "error_detail.h"
#include "interruptible_wait.h"
#include "job_run.h"
#include "tidemark/base/log.h"
#include "tidemark/base/random.h"
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

/// Writes the end down, however long the database takes to come back. A conflict means that
/// somebody else has decided on the job meanwhile.
void Record(const WorkerContext& context, JobId job, JobTransition transition,
            const std::optional<std::string>& detail, const std::stop_token& stop) {
  const BackOffPolicy policy = DatabaseRetryPolicy(context.options);
  for (std::uint64_t attempt = 1; !stop.stop_requested(); ++attempt) {
    const Status status =
        context.metadata.TransitionJob(job, transition, detail, Deadline::After(kDatabaseTimeout));
    if (status || status.error().code == ErrorCode::kConflict ||
        status.error().code == ErrorCode::kNotFound) {
      return;
    }
    if (attempt == 1) {
      Log(LogLevel::kWarning, "job_end_not_recorded",
          {{"job_id", job.value}, {"error", status.error().message}});
    }
    WaitFor(JitteredBackOff(policy, attempt, RandomU64()), stop);
  }
}

void RunJob(const WorkerContext& context, const JobRow& job, const std::stop_token& stop) {
  const auto version = VersionOf(job);
  const std::string dataset = version ? ToString(version->dataset) : "";
  Log(LogLevel::kInfo, "job_started",
      {{"job_id", job.id.value}, {"dataset", dataset}, {"attempt", job.attempts}});

  const JobOutcome outcome = RunGuarded(context, job, stop);
  if (std::holds_alternative<JobCompleted>(outcome)) {
    Log(LogLevel::kInfo, "job_completed", {{"job_id", job.id.value}, {"dataset", dataset}});
    Record(context, job.id, JobTransition::kComplete, std::nullopt, stop);
  } else if (const auto* failure = std::get_if<JobFailure>(&outcome)) {
    const bool is_retryable = IsRetryable(failure->error.code);
    Log(LogLevel::kError, "job_failed",
        {{"job_id", job.id.value},
         {"dataset", dataset},
         {"error_code", ToString(failure->position.step)},
         {"error", failure->error.message},
         {"retry", is_retryable ? "yes" : "no"}});
    Record(context, job.id, is_retryable ? JobTransition::kFail : JobTransition::kFailForGood,
           PrintErrorDetail(*failure, {.attempts = job.attempts, .version = version}), stop);
  } else {
    Log(LogLevel::kInfo, "job_stopped", {{"job_id", job.id.value}, {"dataset", dataset}});
  }
}

}  // namespace

JobThread::JobThread(const WorkerContext& context, JobRow job, std::function<void()> on_finished)
    : thread_([this, &context, job = std::move(job),
               on_finished = std::move(on_finished)](const std::stop_token& stop) {
        RunJob(context, job, stop);
        has_finished_ = true;
        on_finished();
      }) {}

}  // namespace tidemark::worker
