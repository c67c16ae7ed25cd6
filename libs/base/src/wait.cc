#include "tidemark/base/wait.h"

#include "tidemark/base/mutex.h"

namespace tidemark {

void WaitFor(std::chrono::nanoseconds duration, const std::stop_token& stop) {
  WaitUntil(Deadline::After(duration).time(), stop);
}

void WaitUntil(SteadyTime until, const std::stop_token& stop) {
  const Deadline deadline = Deadline::At(until);
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

}  // namespace tidemark
