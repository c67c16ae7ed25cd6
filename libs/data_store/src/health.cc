#include "tidemark/data_store/health.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "job_health.h"
#include "tidemark/base/back_off.h"
#include "tidemark/data_store/jobs.h"

namespace tidemark::data_store {
namespace {

// Our worker waits no longer than this, and mostly less.
constexpr BackOffPolicy kOwnBackOff{.base = std::chrono::seconds(1),
                                    .max = std::chrono::seconds(60)};

std::string DescribeWait(const JobHealth& health) {
  return health.retry_at ? fmt::format("to be tried again by {}", FormatRfc3339(*health.retry_at))
                         : "not to be tried again in our lifetime";
}

std::optional<std::chrono::seconds> OwnRetryDelay(std::uint32_t attempts) {
  return std::chrono::ceil<std::chrono::seconds>(BackOffCeiling(kOwnBackOff, attempts));
}

std::optional<UtcTime> After(UtcTime time, std::optional<std::chrono::seconds> delay) {
  if (!delay || time > UtcTime::max() - *delay) return std::nullopt;
  return time + *delay;
}

/// Of a job that its worker should be at.
void JudgeWorker(const JobFacts& facts, UtcTime now, JobHealth& health) {
  const auto& worker = facts.worker;
  if (!worker) {
    health.code = HealthCode::kNoWorker;
    health.detail = fmt::format("its node {} is not registered", facts.job.node_id);
    return;
  }
  // A heartbeat from the future is one of a clock that is ahead of ours.
  const auto age = std::max(now - worker->heartbeat_at, std::chrono::nanoseconds(0));
  health.heartbeat_at = worker->heartbeat_at;
  health.heartbeat_age = std::chrono::duration_cast<std::chrono::milliseconds>(age);
  if (age < kWorkerTimeout) {
    health.code = HealthCode::kOk;
    health.detail = fmt::format("its node {} is alive", worker->node_id);
    return;
  }
  health.code = HealthCode::kWorkerSilent;
  health.detail = fmt::format("its node {} was last heard of {} seconds ago", worker->node_id,
                              std::chrono::duration_cast<std::chrono::seconds>(age).count());
}

}  // namespace

std::string_view ToString(HealthCode code) {
  switch (code) {
    case HealthCode::kOk:
      return "OK";
    case HealthCode::kNoJob:
      return "NO_JOB";
    case HealthCode::kNoWorker:
      return "NO_WORKER";
    case HealthCode::kWorkerSilent:
      return "WORKER_SILENT";
    case HealthCode::kRetrying:
      return "RETRYING";
    case HealthCode::kFailed:
      return "FAILED";
    case HealthCode::kStopped:
      return "STOPPED";
    case HealthCode::kCompleted:
      return "COMPLETED";
    case HealthCode::kUnknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

std::optional<std::chrono::seconds> AmpRetryDelay(std::uint32_t attempts) {
  constexpr std::uint32_t kMostAttempts = 31;  // 68 years.
  if (attempts > kMostAttempts) return std::nullopt;
  return std::chrono::seconds(std::int64_t{1} << attempts);
}

JobHealth JudgeJob(const JobFacts& facts, UtcTime now) {
  JobHealth health;
  health.job_id = facts.job.id;
  health.node_id = facts.job.node_id;
  health.attempts = facts.job.attempts;
  switch (facts.job.status) {
    case JobStatus::kScheduled:
    case JobStatus::kRunning:
    case JobStatus::kStopRequested:
    case JobStatus::kStopping:
      JudgeWorker(facts, now, health);
      break;
    case JobStatus::kError:
      health.code = HealthCode::kRetrying;
      health.retry_at =
          After(facts.job.updated_at, facts.is_amp ? AmpRetryDelay(facts.job.attempts)
                                                   : OwnRetryDelay(facts.job.attempts));
      health.error = facts.error;
      health.detail =
          fmt::format("attempt {} failed, {}", facts.job.attempts, DescribeWait(health));
      break;
    case JobStatus::kFatal:
      health.code = HealthCode::kFailed;
      health.error = facts.error;
      health.detail = fmt::format("attempt {} failed for good", facts.job.attempts);
      break;
    case JobStatus::kStopped:
      health.code = HealthCode::kStopped;
      health.detail = "it was stopped";
      break;
    case JobStatus::kCompleted:
      health.code = HealthCode::kCompleted;
      health.detail = "it reached its end block";
      break;
    case JobStatus::kUnknown:
      health.code = HealthCode::kUnknown;
      health.detail = "its stored state is a word that this version does not know";
      break;
  }
  return health;
}

JobHealth WithoutJob() {
  JobHealth health;
  health.code = HealthCode::kNoJob;
  health.detail = "no job writes the table";
  return health;
}

JobHealth WithoutState(JobId id) {
  JobHealth health;
  health.job_id = id;
  health.code = HealthCode::kUnknown;
  health.detail = fmt::format("the database has no state of job {}", id.value);
  return health;
}

}  // namespace tidemark::data_store
