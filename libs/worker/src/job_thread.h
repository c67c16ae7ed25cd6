// A thread that runs one job and writes down how it ended.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include "tidemark/metadata_db/rows.h"
#include "worker_context.h"

namespace tidemark::worker {

/// Owned by one thread, the job manager's.
class JobThread {
 public:
  /// Begins at once. The job must be RUNNING in the database. `on_finished` is called on the new
  /// thread, as the last thing it does.
  /// Throws std::system_error if there can be no more threads.
  JobThread(const WorkerContext& context, metadata_db::JobRow job,
            std::function<void()> on_finished);
  JobThread(const JobThread&) = delete;
  JobThread& operator=(const JobThread&) = delete;
  /// Interrupts the job and waits for the thread: as long as one call of the database or one write
  /// to the object store may take.
  ~JobThread() = default;

  /// Interrupts the job, whose state in the database is then the caller's business.
  void RequestStop() { thread_.request_stop(); }
  bool has_finished() const { return has_finished_; }
  /// JobRow::attempts of the job that it was given.
  std::uint32_t attempt() const { return attempt_; }

 private:
  const std::uint32_t attempt_;
  std::atomic<bool> has_finished_ = false;
  std::jthread thread_;  // Last, for it uses the members above.
};

}  // namespace tidemark::worker
