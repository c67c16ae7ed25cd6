// Starts and stops the node's jobs as the database says.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <thread>

#include "job_thread.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/mutex.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/metadata_db/rows.h"
#include "worker_context.h"

namespace tidemark::worker {

/// Looks at the node's jobs at an interval, on a thread of its own, and moves each one on:
///   SCHEDULED       start it
///   RUNNING         go on with it if no thread has it: an earlier process of this node died
///   STOP_REQUESTED  acknowledge, interrupt
///   STOPPING        once its thread has ended: stopped
///   ERROR           schedule it again when its back-off has passed
/// A thread whose job is not RUNNING, or no longer this node's, is interrupted. A database that
/// does not answer is asked again later.
class JobManager {
 public:
  /// Begins at once. `context` must outlive the manager.
  explicit JobManager(const WorkerContext& context);
  JobManager(const JobManager&) = delete;
  JobManager& operator=(const JobManager&) = delete;
  /// Interrupts every job, leaves their states as they are, and waits for all threads.
  ~JobManager();

 private:
  /// When a failed job is due; chosen once a failure, so that looking often does not make it early.
  struct Retry {
    std::uint32_t attempts = 0;
    SteadyTime due;
  };

  void Loop(const std::stop_token& stop);
  Status LookAtJobs();
  Status LookAtJob(const metadata_db::JobRow& job);
  /// Its end wakes the manager, which then looks again.
  Status Interrupt(JobId job);
  Status RetryIfDue(const metadata_db::JobRow& job);
  Status Transition(JobId job, metadata_db::JobTransition transition);
  void StartThread(const metadata_db::JobRow& job);
  void ForgetFinished();
  void WaitForNextLook(std::chrono::nanoseconds duration, const std::stop_token& stop);
  void Wake();

  const WorkerContext& context_;
  std::map<JobId, std::unique_ptr<JobThread>> threads_;  // The manager's thread alone uses it,
  std::map<JobId, Retry> retries_;                       // and this.

  Mutex mutex_;
  CondVar woken_;
  bool is_woken_ TIDEMARK_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // Last, for it uses the members above.
};

}  // namespace tidemark::worker
