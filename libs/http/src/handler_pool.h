// The threads that handlers run on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "tidemark/base/mutex.h"

namespace tidemark::http {

/// A fixed number of threads and a bounded queue before them. Thread-safe.
class HandlerPool {
 public:
  enum class Turn : std::uint8_t {
    kRun,
    kDropped,  // The pool was closed before the job's turn came.
  };
  /// Called exactly once if it was taken. Must not throw.
  using Job = std::move_only_function<void(Turn)>;

  HandlerPool(std::size_t thread_count, std::size_t max_queued);
  HandlerPool(const HandlerPool&) = delete;
  HandlerPool& operator=(const HandlerPool&) = delete;
  /// Stops.
  ~HandlerPool();

  /// Takes `job` and returns true, or leaves it alone and returns false: the queue is full, or the
  /// pool is closed.
  bool TrySubmit(Job& job);

  /// Drops what is queued and takes no more, without waiting for what runs.
  void Close();

  /// Closes, and waits for what runs. Not to be called from a job, nor twice at once.
  void Stop();

 private:
  void Work();

  const std::size_t max_queued_;
  Mutex mutex_;
  CondVar work_came_;
  std::deque<Job> queue_ TIDEMARK_GUARDED_BY(mutex_);
  std::size_t idle_threads_ TIDEMARK_GUARDED_BY(mutex_) = 0;
  bool is_closed_ TIDEMARK_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tidemark::http
