#include "job_manager.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "tidemark/base/back_off.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/base/log.h"
#include "tidemark/base/random.h"

namespace tidemark::worker {

using metadata_db::JobRow;
using metadata_db::JobTransition;

namespace {

constexpr std::size_t kTakeOverAtOnceMax = 8;

}  // namespace

JobManager::JobManager(const WorkerContext& context)
    : context_(context), thread_([this](const std::stop_token& stop) { Loop(stop); }) {}

JobManager::~JobManager() {
  thread_.request_stop();
  thread_.join();
}

void JobManager::Loop(const std::stop_token& stop) {
  const std::stop_callback wake_on_stop(stop, [this] { Wake(); });
  while (!stop.stop_requested() && !is_displaced_) {
    ForgetFinished();
    Status look = LookAtJobs();
    if (look) look = TakeOver();
    WaitAfter(look, stop);
  }
  InterruptAll();
  if (!is_displaced_ || stop.stop_requested()) return;
  Log(LogLevel::kError, "worker_displaced",
      {{"node_id", context_.options.node_id},
       {"error", "another process has registered under this node id; give each worker its own"}});
  context_.options.on_displaced();
}

void JobManager::InterruptAll() {
  // All are told before the first is waited for.
  for (const auto& [id, thread] : threads_) thread->RequestStop();
  threads_.clear();
}

void JobManager::WaitAfter(const Status& look, const std::stop_token& stop) {
  if (look) {
    if (failures_ > 0) {
      Log(LogLevel::kInfo, "jobs_readable_again");
      ++context_.database_returns;
    }
    failures_ = 0;
    return WaitForNextLook(context_.options.job_poll_interval, stop);
  }
  if (++failures_ == 1) {
    Log(LogLevel::kWarning, "jobs_not_readable", {{"error", look.error().message}});
  }
  WaitForNextLook(JitteredBackOff(DatabaseRetryPolicy(context_.options), failures_, RandomU64()),
                  stop);
}

Result<std::vector<JobRow>> JobManager::ListOwnJobs() {
  metadata_db::JobFilter filter;
  filter.node_id = context_.options.node_id;
  filter.statuses = {JobStatus::kScheduled, JobStatus::kRunning, JobStatus::kStopRequested,
                     JobStatus::kStopping, JobStatus::kError};
  TIDEMARK_TRY(const auto reader, context_.metadata.OpenReader(Deadline::After(kDatabaseTimeout)));
  TIDEMARK_TRY(const auto node, reader->GetWorker(context_.options.node_id));
  // The heartbeat registers it again.
  if (!node) return MakeError(ErrorCode::kUnavailable, "the node's row has been removed");
  is_displaced_ = !context_.registration.IsOurs(*node);
  return reader->ListJobs(filter);
}

Status JobManager::LookAtJobs() {
  TIDEMARK_TRY(const std::vector<JobRow> jobs, ListOwnJobs());
  if (is_displaced_) return {};
  Status first_failure;
  std::set<JobId> listed;
  for (const JobRow& job : jobs) {
    listed.insert(job.id);
    Status status = LookAtJob(job);
    // Somebody has moved or removed the job since it was read: the next look will tell.
    if (status || status.error().code == ErrorCode::kConflict ||
        status.error().code == ErrorCode::kNotFound) {
      continue;
    }
    // One job that cannot be moved on does not hold back the others.
    if (first_failure) first_failure = std::move(status);
  }
  for (const auto& [id, thread] : threads_) {
    if (!listed.contains(id)) thread->RequestStop();
  }
  std::erase_if(retries_, [&](const auto& retry) { return !listed.contains(retry.first); });
  return first_failure;
}

Status JobManager::LookAtJob(const JobRow& job) {
  const auto thread = threads_.find(job.id);
  const bool has_thread = thread != threads_.end();
  // The thread has the job's former run: about to end, or ended by somebody else's word.
  if (has_thread && thread->second->attempt() != job.attempts) return Interrupt(job.id);
  switch (job.status) {
    case JobStatus::kScheduled:
      return has_thread ? Interrupt(job.id) : StartJob(job);
    case JobStatus::kRunning: {
      if (has_thread) return {};
      TIDEMARK_TRY(Transition(job, JobTransition::kRestart));
      TIDEMARK_FAILPOINT("job.restarted");
      JobRow next = job;
      ++next.attempts;
      return StartJob(next);
    }
    case JobStatus::kStopRequested:
      TIDEMARK_TRY(Transition(job, JobTransition::kBeginStop));
      [[fallthrough]];
    case JobStatus::kStopping:
      return has_thread ? Interrupt(job.id) : FinishStop(job);
    case JobStatus::kError:
      return has_thread ? Interrupt(job.id) : RetryIfDue(job);
    case JobStatus::kStopped:
    case JobStatus::kCompleted:
    case JobStatus::kFatal:
    case JobStatus::kUnknown:
      return {};
  }
  return {};
}

Status JobManager::TakeOver() {
  const SteadyTime now = context_.clock.SteadyNow();
  if (is_displaced_ || now < next_take_over_) return {};
  next_take_over_ = now + context_.options.heartbeat_interval;
  TIDEMARK_TRY(const auto jobs, context_.metadata.TakeOverJobs(
                                    context_.options.node_id, context_.options.silence_limit,
                                    kTakeOverAtOnceMax, Deadline::After(kDatabaseTimeout)));
  if (!jobs.empty()) TIDEMARK_FAILPOINT("job.taken_over");
  for (const JobId job : jobs) Log(LogLevel::kInfo, "job_taken_over", {{"job_id", job.value}});
  return {};
}

Status JobManager::Interrupt(JobId job) {
  threads_.at(job)->RequestStop();
  return {};
}

Status JobManager::RetryIfDue(const JobRow& job) {
  const SteadyTime now = context_.clock.SteadyNow();
  Retry& retry = retries_[job.id];
  if (retry.failures == 0 || retry.attempts != job.attempts) {
    const BackOffPolicy policy{.base = context_.options.retry_base,
                               .max = context_.options.retry_max};
    // Not the attempts: a job also has one for each take-over, hand-over and deployment.
    retry.failures = now - retry.due > policy.max ? 1 : retry.failures + 1;
    retry.attempts = job.attempts;
    const std::chrono::nanoseconds delay = JitteredBackOff(policy, retry.failures, RandomU64());
    // A world's clock that has jumped neither skips the wait nor prolongs it.
    const auto waited =
        std::clamp(context_.clock.Now() - job.updated_at, std::chrono::nanoseconds(0), delay);
    retry.due = now + (delay - waited);
  }
  if (now < retry.due) return {};
  return Transition(job, JobTransition::kRetry);
}

Status JobManager::Transition(const JobRow& job, JobTransition transition) {
  return context_.metadata.TransitionJob(ClaimOf(job), transition, std::nullopt,
                                         Deadline::After(kDatabaseTimeout));
}

Status JobManager::FinishStop(const JobRow& job) {
  TIDEMARK_TRY(Transition(job, JobTransition::kFinishStop));
  Log(LogLevel::kInfo, "job_stopped", {{"job_id", job.id.value}});
  return {};
}

Status JobManager::StartJob(const JobRow& job) {
  TIDEMARK_FAILPOINT("job.before_start");
  TIDEMARK_TRY(Transition(job, JobTransition::kStart));
  TIDEMARK_FAILPOINT("job.started");
  try {
    threads_.emplace(job.id, std::make_unique<JobThread>(context_, job, [this] { Wake(); }));
  } catch (const std::system_error& error) {
    // The job is RUNNING without a thread now: the next look tries again.
    Log(LogLevel::kError, "job_thread_not_started",
        {{"job_id", job.id.value}, {"error", error.what()}});
  }
  return {};
}

void JobManager::ForgetFinished() {
  std::erase_if(threads_, [](const auto& each) { return each.second->has_finished(); });
}

void JobManager::WaitForNextLook(std::chrono::nanoseconds duration, const std::stop_token& stop) {
  const Deadline deadline = Deadline::After(duration);
  const MutexLock lock(mutex_);
  while (!is_woken_ && !stop.stop_requested() && !deadline.HasPassed()) {
    woken_.WaitUntil(mutex_, deadline);
  }
  is_woken_ = false;
}

void JobManager::Wake() {
  const MutexLock lock(mutex_);
  is_woken_ = true;
  woken_.NotifyAll();
}

}  // namespace tidemark::worker
