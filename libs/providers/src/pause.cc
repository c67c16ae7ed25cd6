#include "pause.h"

#include "tidemark/base/mutex.h"

namespace tidemark::providers {

void PauseUntil(SteadyTime until, const std::stop_token& stop) {
  Mutex mutex;
  CondVar stopped;
  // Takes the mutex, so that a request cannot fall between the look at the token and the wait.
  const std::stop_callback wake(stop, [&] {
    {
      const MutexLock lock(mutex);
    }
    stopped.NotifyAll();
  });
  const Deadline end = Deadline::At(until);
  const MutexLock lock(mutex);
  while (!stop.stop_requested() && !end.HasPassed()) stopped.WaitUntil(mutex, end);
}

}  // namespace tidemark::providers
