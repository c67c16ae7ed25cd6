#include "handler_pool.h"

#include <utility>

namespace tidemark::http {

HandlerPool::HandlerPool(std::size_t thread_count, std::size_t max_queued)
    : max_queued_(max_queued) {
  threads_.reserve(thread_count);
  for (std::size_t i = 0; i < thread_count; ++i) threads_.emplace_back([this] { Work(); });
}

HandlerPool::~HandlerPool() { Stop(); }

bool HandlerPool::TrySubmit(Job& job) {
  {
    const MutexLock lock(mutex_);
    // A job that an idle thread is about to take does not wait, so it does not count.
    if (is_closed_ || queue_.size() >= max_queued_ + idle_threads_) return false;
    queue_.push_back(std::move(job));
  }
  work_came_.NotifyOne();
  return true;
}

void HandlerPool::Close() {
  std::deque<Job> dropped;
  {
    const MutexLock lock(mutex_);
    is_closed_ = true;
    dropped.swap(queue_);
  }
  work_came_.NotifyAll();
  for (Job& job : dropped) job(Turn::kDropped);
}

void HandlerPool::Stop() {
  Close();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void HandlerPool::Work() {
  for (;;) {
    Job job;
    {
      const MutexLock lock(mutex_);
      ++idle_threads_;
      while (queue_.empty() && !is_closed_) work_came_.Wait(mutex_);
      --idle_threads_;
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job(Turn::kRun);
  }
}

}  // namespace tidemark::http
