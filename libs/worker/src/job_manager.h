// Starts and stops the node's jobs as the database says.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

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
///   RUNNING         if no thread has it, an earlier process of this node had: schedule it anew, so
///                   that nobody else can act for it any more, and start it
///   STOP_REQUESTED  acknowledge, interrupt
///   STOPPING        once its thread has ended: stopped
///   ERROR           schedule it again when its back-off has passed
/// A thread whose job is not RUNNING, or no longer this node's, or scheduled anew, is interrupted.
/// Each heartbeat's interval it takes over jobs of nodes that are gone, a few at a time, so that
/// the other nodes get their share. A database that does not answer is asked again later. Once
/// another process has registered under the node id, it interrupts everything and ends.
class JobManager {
 public:
  /// Begins at once. `context` must outlive the manager.
  explicit JobManager(const WorkerContext& context);
  JobManager(const JobManager&) = delete;
  JobManager& operator=(const JobManager&) = delete;
  /// Interrupts every job, leaves their states as they are, and waits for all threads.
  ~JobManager();

  /// Whether another process has registered under the node id.
  bool is_displaced() const { return is_displaced_; }

 private:
  /// When a failed job is due; chosen once a failure, so that looking often does not make it early.
  struct Retry {
    std::uint32_t attempts = 0;
    std::uint64_t failures = 0;  // In a row. A job that then ran for long begins a new row.
    SteadyTime due;
  };

  void Loop(const std::stop_token& stop);
  Status LookAtJobs();
  Result<std::vector<metadata_db::JobRow>> ListOwnJobs();
  Status LookAtJob(const metadata_db::JobRow& job);
  Status TakeOver();
  void WaitAfter(const Status& look, const std::stop_token& stop);
  void InterruptAll();
  /// Its end wakes the manager, which then looks again.
  Status Interrupt(JobId job);
  Status RetryIfDue(const metadata_db::JobRow& job);
  Status Transition(const metadata_db::JobRow& job, metadata_db::JobTransition transition);
  Status FinishStop(const metadata_db::JobRow& job);
  Status StartJob(const metadata_db::JobRow& job);
  void ForgetFinished();
  void WaitForNextLook(std::chrono::nanoseconds duration, const std::stop_token& stop);
  void Wake();

  const WorkerContext& context_;
  std::map<JobId, std::unique_ptr<JobThread>> threads_;  // The manager's thread alone uses it,
  std::map<JobId, Retry> retries_;                       // and these.
  std::uint64_t failures_ = 0;                           // Looks in a row.
  SteadyTime next_take_over_;
  std::atomic<bool> is_displaced_ = false;

  Mutex mutex_;
  CondVar woken_;
  bool is_woken_ TIDEMARK_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // Last, for it uses the members above.
};

}  // namespace tidemark::worker
