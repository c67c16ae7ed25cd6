#include "connection_pool.h"

#include <utility>

namespace tidemark::metadata_db_sqlite {

ConnectionPool::ConnectionPool(std::filesystem::path file, Connection::Access access,
                               std::size_t capacity)
    : file_(std::move(file)), access_(access), places_(capacity) {}

Result<std::unique_ptr<Connection>> ConnectionPool::Take(Deadline deadline) {
  if (!places_.Acquire(deadline)) {
    return MakeError(ErrorCode::kUnavailable, "all connections to the database are in use");
  }
  if (auto connection = TakeIdle()) {
    connection->SetDeadline(deadline);
    return connection;
  }
  auto opened = Connection::Open(file_, access_, deadline);
  if (!opened) places_.Release();
  return opened;
}

void ConnectionPool::Return(std::unique_ptr<Connection> connection) {
  if (connection) {
    const MutexLock lock(mutex_);
    idle_.push_back(std::move(connection));
  }
  places_.Release();
}

std::unique_ptr<Connection> ConnectionPool::TakeIdle() {
  const MutexLock lock(mutex_);
  if (idle_.empty()) return nullptr;
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

}  // namespace tidemark::metadata_db_sqlite
