#include "connection_pool.h"

#include <utility>

namespace tidemark::metadata_db_sqlite {

ConnectionPool::ConnectionPool(std::filesystem::path file, Connection::Access access,
                               std::size_t capacity)
    : file_(std::move(file)), access_(access), capacity_(capacity) {}

Result<std::unique_ptr<Connection>> ConnectionPool::Take(Deadline deadline) {
  std::unique_ptr<Connection> connection;
  {
    const MutexLock lock(mutex_);
    while (taken_ == capacity_) {
      if (deadline.HasPassed()) {
        return MakeError(ErrorCode::kUnavailable, "all connections to the database are in use");
      }
      returned_.WaitUntil(mutex_, deadline);
    }
    ++taken_;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (connection) {
    connection->SetDeadline(deadline);
    return connection;
  }
  auto opened = Connection::Open(file_, access_, deadline);
  if (!opened) Return(nullptr);
  return opened;
}

void ConnectionPool::Return(std::unique_ptr<Connection> connection) {
  const MutexLock lock(mutex_);
  --taken_;
  if (connection) idle_.push_back(std::move(connection));
  returned_.NotifyOne();
}

}  // namespace tidemark::metadata_db_sqlite
