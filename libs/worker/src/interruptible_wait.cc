#include "interruptible_wait.h"

#include "tidemark/base/clock.h"
#include "tidemark/base/mutex.h"

namespace tidemark::worker {

void WaitFor(std::chrono::nanoseconds duration, const std::stop_token& stop) {
  const Deadline deadline = Deadline::After(duration);
  Mutex mutex;
  CondVar stopped;
  // Takes the mutex, so that the request cannot fall between our look at the token and our wait.
  const std::stop_callback on_stop(stop, [&] {
    const MutexLock lock(mutex);
    stopped.NotifyAll();
  });
  const MutexLock lock(mutex);
  while (!stop.stop_requested() && !deadline.HasPassed()) stopped.WaitUntil(mutex, deadline);
}

}  // namespace tidemark::worker
