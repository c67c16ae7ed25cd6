// A mutex whose use clang's thread-safety analysis checks (-Wthread-safety).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "tidemark/base/clock.h"

#if defined(__clang__)
#define TIDEMARK_THREAD_ANNOTATION_(x) __attribute__((x))
#else
#define TIDEMARK_THREAD_ANNOTATION_(x)
#endif
#define TIDEMARK_GUARDED_BY(mutex) TIDEMARK_THREAD_ANNOTATION_(guarded_by(mutex))
#define TIDEMARK_REQUIRES(mutex) TIDEMARK_THREAD_ANNOTATION_(requires_capability(mutex))
#define TIDEMARK_EXCLUDES(mutex) TIDEMARK_THREAD_ANNOTATION_(locks_excluded(mutex))

namespace tidemark {

/// std::mutex with annotations. Lock it with MutexLock.
class TIDEMARK_THREAD_ANNOTATION_(capability("mutex")) Mutex {
 public:
  void Lock() TIDEMARK_THREAD_ANNOTATION_(acquire_capability()) { mutex_.lock(); }
  void Unlock() TIDEMARK_THREAD_ANNOTATION_(release_capability()) { mutex_.unlock(); }
  /// False if somebody holds it.
  bool TryLock() TIDEMARK_THREAD_ANNOTATION_(try_acquire_capability(true)) {
    return mutex_.try_lock();
  }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

/// Holds a Mutex from construction to destruction.
class TIDEMARK_THREAD_ANNOTATION_(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) TIDEMARK_THREAD_ANNOTATION_(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.Lock();
  }
  /// Of a mutex that TryLock has locked.
  enum class Locked : std::uint8_t { kAlready };
  MutexLock(Mutex& mutex, Locked /*already*/)
      TIDEMARK_THREAD_ANNOTATION_(requires_capability(mutex))
      : mutex_(mutex) {}
  ~MutexLock() TIDEMARK_THREAD_ANNOTATION_(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// A condition variable over Mutex. The caller holds the mutex and tests its condition in a loop.
class CondVar {
 public:
  void Wait(Mutex& mutex) TIDEMARK_REQUIRES(mutex);
  /// Returns at `deadline` at the latest; the caller looks at its condition, not at the reason.
  void WaitUntil(Mutex& mutex, Deadline deadline) TIDEMARK_REQUIRES(mutex);
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace tidemark
