// A limit on how many do something at once, that is kept in the order of arrival.
#pragma once

#include <cstddef>
#include <list>

#include "tidemark/base/clock.h"
#include "tidemark/base/mutex.h"

namespace tidemark {

/// A counting semaphore that nobody overtakes: a place that becomes free goes to the one who has
/// waited longest, even if somebody else asks just then. Thread-safe.
class FairSemaphore {
 public:
  explicit FairSemaphore(std::size_t places) : free_(places) {}
  FairSemaphore(const FairSemaphore&) = delete;
  FairSemaphore& operator=(const FairSemaphore&) = delete;
  /// Requires: nobody waits.
  ~FairSemaphore() = default;

  /// Takes a place. False if there was none by the deadline; a free one is taken whatever it is.
  bool Acquire(Deadline deadline);
  void Release();

  /// How many wait now.
  std::size_t waiting() const;

 private:
  struct Waiter {
    CondVar called;
    bool has_place = false;
  };

  mutable Mutex mutex_;
  // Positive only while nobody waits.
  std::size_t free_ TIDEMARK_GUARDED_BY(mutex_);
  std::list<Waiter*> waiting_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark
