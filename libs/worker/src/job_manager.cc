#include "job_manager.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "back_off.h"
#include "tidemark/base/log.h"
#include "tidemark/base/random.h"

namespace tidemark::worker {

using metadata_db::JobRow;
using metadata_db::JobTransition;

JobManager::JobManager(const WorkerContext& context)
    : context_(context), thread_([this](const std::stop_token& stop) { Loop(stop); }) {}

JobManager::~JobManager() {
  thread_.request_stop();
  thread_.join();
}

void JobManager::Loop(const std::stop_token& stop) {
  const std::stop_callback wake_on_stop(stop, [this] { Wake(); });
  const BackOffPolicy policy = DatabaseRetryPolicy(context_.options);
  std::uint64_t failures = 0;
  while (!stop.stop_requested()) {
    ForgetFinished();
    const Status status = LookAtJobs();
    if (status) {
      if (failures > 0) Log(LogLevel::kInfo, "jobs_readable_again");
      failures = 0;
      WaitForNextLook(context_.options.job_poll_interval, stop);
    } else {
      if (++failures == 1) {
        Log(LogLevel::kWarning, "jobs_not_readable", {{"error", status.error().message}});
      }
      WaitForNextLook(JitteredBackOff(policy, failures, RandomU64()), stop);
    }
  }
  // All are told before the first is waited for.
  for (const auto& [id, thread] : threads_) thread->RequestStop();
  threads_.clear();
}

Status JobManager::LookAtJobs() {
  metadata_db::JobFilter filter;
  filter.node_id = context_.options.node_id;
  filter.statuses = {JobStatus::kScheduled, JobStatus::kRunning, JobStatus::kStopRequested,
                     JobStatus::kStopping, JobStatus::kError};
  std::vector<JobRow> jobs;
  {
    TIDEMARK_TRY(const auto reader,
                 context_.metadata.OpenReader(Deadline::After(kDatabaseTimeout)));
    TIDEMARK_TRY(jobs, reader->ListJobs(filter));
  }

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
  const bool has_thread = threads_.contains(job.id);
  switch (job.status) {
    case JobStatus::kScheduled:
      // The thread has the job's former run: about to end, or ended by somebody else's word.
      if (has_thread) return Interrupt(job.id);
      TIDEMARK_TRY(Transition(job.id, JobTransition::kStart));
      StartThread(job);
      return {};
    case JobStatus::kRunning:
      if (!has_thread) StartThread(job);
      return {};
    case JobStatus::kStopRequested:
      TIDEMARK_TRY(Transition(job.id, JobTransition::kBeginStop));
      [[fallthrough]];
    case JobStatus::kStopping:
      return has_thread ? Interrupt(job.id) : Transition(job.id, JobTransition::kFinishStop);
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

Status JobManager::Interrupt(JobId job) {
  threads_.at(job)->RequestStop();
  return {};
}

Status JobManager::RetryIfDue(const JobRow& job) {
  const SteadyTime now = context_.clock.SteadyNow();
  auto retry = retries_.find(job.id);
  if (retry == retries_.end() || retry->second.attempts != job.attempts) {
    const BackOffPolicy policy{.base = context_.options.retry_base,
                               .max = context_.options.retry_max};
    const std::chrono::nanoseconds delay = JitteredBackOff(policy, job.attempts, RandomU64());
    // A world's clock that has jumped neither skips the wait nor prolongs it.
    const auto waited =
        std::clamp(context_.clock.Now() - job.updated_at, std::chrono::nanoseconds(0), delay);
    retry = retries_.insert_or_assign(job.id, Retry{job.attempts, now + (delay - waited)}).first;
  }
  if (now < retry->second.due) return {};
  return Transition(job.id, JobTransition::kRetry);
}

Status JobManager::Transition(JobId job, JobTransition transition) {
  return context_.metadata.TransitionJob(job, transition, std::nullopt,
                                         Deadline::After(kDatabaseTimeout));
}

void JobManager::StartThread(const JobRow& job) {
  try {
    threads_.emplace(job.id, std::make_unique<JobThread>(context_, job, [this] { Wake(); }));
  } catch (const std::system_error& error) {
    // The job is RUNNING without a thread now: the next look tries again.
    Log(LogLevel::kError, "job_thread_not_started",
        {{"job_id", job.id.value}, {"error", error.what()}});
  }
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
