// Tells a test that something has happened in the world it set up.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace tidemark::worker {

/// Every fake notifies it on each call, so that a test waits for a condition and never for a time.
/// Thread-safe.
class Signal {
 public:
  void Notify() {
    const std::lock_guard lock(mutex_);
    ++events_;
    changed_.notify_all();
  }

  /// False if `condition` does not come true in time. It is looked at after every event, outside
  /// the lock, so it may call whatever notifies.
  template <class Condition>
  [[nodiscard]] bool WaitUntil(Condition condition,
                               std::chrono::seconds timeout = std::chrono::seconds(90)) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (true) {
      const std::uint64_t before = events();
      if (condition()) return true;
      std::unique_lock lock(mutex_);
      if (!changed_.wait_until(lock, deadline, [&] { return events_ != before; })) return false;
    }
  }

  std::uint64_t events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t events_ = 0;
};

}  // namespace tidemark::worker
