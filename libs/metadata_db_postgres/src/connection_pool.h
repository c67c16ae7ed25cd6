// Sessions that take turns.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "connection.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/fair_semaphore.h"
#include "tidemark/base/mutex.h"
#include "tidemark/base/result.h"

namespace tidemark::metadata_db_postgres {

/// A session that somebody holds.
struct Session {
  std::unique_ptr<Connection> connection;
  SteadyTime opened_at;
  bool was_idle = false;  // It has been used before, so the server may have closed it since.
};

struct PoolLimits {
  std::size_t size_max = 10;
  std::size_t size_min = 3;  // Idle sessions that are kept, however long they have been idle.
  std::chrono::milliseconds acquire_timeout{5'000};
  std::chrono::milliseconds lifetime_max{1'800'000};
  std::chrono::milliseconds idle_timeout{600'000};
};

/// Opens sessions as they are needed, up to a limit, and keeps them for a time. Those that have
/// been idle or open for too long are closed when somebody next takes or returns one. Thread-safe.
class ConnectionPool {
 public:
  enum class Want : std::uint8_t {
    kAny,
    kNew,  // Not one that has been idle.
  };

  ConnectionPool(std::string url, const PoolLimits& limits);

  /// Waits for a free place, after all who already do, and opens a session unless an idle one is
  /// there. Sets its deadline.
  /// Errors: kUnavailable if no place is free in time, or as Connection::Open.
  Result<Session> Take(Want want, Deadline deadline);

  /// Gives back what Take yielded. One that is broken or too old is closed.
  void Return(Session session);

 private:
  struct Idle {
    Session session;
    SteadyTime since;
  };

  std::unique_ptr<Connection> TakeIdle(SteadyTime& opened_at);
  std::deque<Idle> RemoveStale() TIDEMARK_REQUIRES(mutex_);

  const std::string url_;
  const PoolLimits limits_;
  FairSemaphore places_;
  Mutex mutex_;
  std::deque<Idle> idle_ TIDEMARK_GUARDED_BY(mutex_);  // The one that was used last is the last.
};

}  // namespace tidemark::metadata_db_postgres
