// Connections that take turns.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "connection.h"
#include "tidemark/base/fair_semaphore.h"
#include "tidemark/base/mutex.h"
#include "tidemark/base/result.h"

namespace tidemark::metadata_db_sqlite {

/// Opens connections as they are needed, up to a limit, and keeps them. Whoever has waited longest
/// is next. Thread-safe.
class ConnectionPool {
 public:
  ConnectionPool(std::filesystem::path file, Connection::Access access, std::size_t capacity);

  /// Waits for a free connection, whose deadline it sets.
  /// Errors: kUnavailable if none is free by the deadline, or as Connection::Open.
  Result<std::unique_ptr<Connection>> Take(Deadline deadline);

  /// Gives back what Take yielded; null for a connection that had to be closed.
  void Return(std::unique_ptr<Connection> connection);

 private:
  std::unique_ptr<Connection> TakeIdle();

  const std::filesystem::path file_;
  const Connection::Access access_;
  FairSemaphore places_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::metadata_db_sqlite
