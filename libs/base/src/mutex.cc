#include "tidemark/base/mutex.h"

namespace tidemark {

// The analysis cannot follow a lock that is adopted and released again without unlocking.
void CondVar::Wait(Mutex& mutex) {
  std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
  condition_.wait(lock);
  lock.release();
}

void CondVar::WaitUntil(Mutex& mutex, Deadline deadline) {
  std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
  // A day is the longest wait: time_point::max() overflows inside some standard libraries.
  condition_.wait_for(lock, deadline.Remaining());
  lock.release();
}

}  // namespace tidemark
