#include "tidemark/base/fair_semaphore.h"

namespace tidemark {

bool FairSemaphore::Acquire(Deadline deadline) {
  const MutexLock lock(mutex_);
  if (free_ > 0) {
    --free_;
    return true;
  }
  Waiter self;
  waiting_.push_back(&self);
  while (!self.has_place && !deadline.HasPassed()) self.called.WaitUntil(mutex_, deadline);
  if (!self.has_place) waiting_.remove(&self);
  return self.has_place;
}

void FairSemaphore::Release() {
  const MutexLock lock(mutex_);
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  Waiter& first = *waiting_.front();
  waiting_.pop_front();
  first.has_place = true;
  first.called.NotifyOne();
}

std::size_t FairSemaphore::waiting() const {
  const MutexLock lock(mutex_);
  return waiting_.size();
}

}  // namespace tidemark
