#include "connection_pool.h"

#include <algorithm>
#include <utility>

namespace tidemark::metadata_db_postgres {
namespace {

SteadyTime Now() { return std::chrono::steady_clock::now(); }

}  // namespace

ConnectionPool::ConnectionPool(std::string url, const PoolLimits& limits)
    : url_(std::move(url)), limits_(limits), places_(limits.size_max) {}

Result<Session> ConnectionPool::Take(Want want, Deadline deadline) {
  const Deadline acquired =
      Deadline::At(std::min(deadline.time(), Now() + limits_.acquire_timeout));
  if (!places_.Acquire(acquired)) {
    return MakeError(ErrorCode::kUnavailable, "all connections to the database are in use");
  }
  Session session{.connection = nullptr, .opened_at = Now()};
  std::unique_ptr<Connection> idle = TakeIdle(session.opened_at);
  if (idle && want == Want::kAny) {
    session.connection = std::move(idle);
    session.was_idle = true;
  } else {
    // An idle one that is not wanted goes, so that there are never more than the limit.
    idle.reset();
    session.opened_at = Now();
    auto opened = Connection::Open(url_, acquired);
    if (!opened) {
      Return(std::move(session));
      return std::unexpected(std::move(opened).error());
    }
    session.connection = *std::move(opened);
  }
  session.connection->SetDeadline(deadline);
  return session;
}

void ConnectionPool::Return(Session session) {
  const bool is_usable = session.connection && session.connection->RollBack() &&
                         Now() - session.opened_at < limits_.lifetime_max;
  // What is closed is closed without the lock, and before the next one may open a session in its
  // place.
  if (!is_usable) session.connection.reset();
  std::deque<Idle> stale;
  {
    const MutexLock lock(mutex_);
    if (is_usable) idle_.push_back({.session = std::move(session), .since = Now()});
    stale = RemoveStale();
  }
  stale.clear();
  places_.Release();
}

// One that the server has not closed; null if there is none.
std::unique_ptr<Connection> ConnectionPool::TakeIdle(SteadyTime& opened_at) {
  for (;;) {
    Session session;
    {
      const MutexLock lock(mutex_);
      if (idle_.empty()) return nullptr;
      session = std::move(idle_.back().session);
      idle_.pop_back();
    }
    if (Now() - session.opened_at < limits_.lifetime_max && !session.connection->HasBeenClosed()) {
      opened_at = session.opened_at;
      return std::move(session.connection);
    }
  }
}

std::deque<ConnectionPool::Idle> ConnectionPool::RemoveStale() {
  std::deque<Idle> stale;
  while (idle_.size() > limits_.size_min && Now() - idle_.front().since > limits_.idle_timeout) {
    stale.push_back(std::move(idle_.front()));
    idle_.pop_front();
  }
  return stale;
}

}  // namespace tidemark::metadata_db_postgres
