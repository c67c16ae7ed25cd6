// One transaction on a connection of a pool.
#pragma once

#include <cstdint>
#include <memory>

#include "connection_pool.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"

namespace tidemark::metadata_db_sqlite {

/// Holds a connection, and gives it back at the end; what is not committed by then is undone. Keeps
/// the pool alive. Not thread-safe.
class Transaction {
 public:
  enum class Kind : std::uint8_t {
    kRead,   // Sees the database as it was when the transaction began.
    kWrite,  // The only one of its kind, in all processes.
  };

  static Result<Transaction> Begin(std::shared_ptr<ConnectionPool> pool, Kind kind,
                                   Deadline deadline);

  Transaction(Transaction&&) = default;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Connection& connection() { return *connection_; }

  /// Errors: kUnavailable, also when what was done may turn out to be kept.
  Status Commit();

 private:
  Transaction(std::shared_ptr<ConnectionPool> pool, std::unique_ptr<Connection> connection)
      : pool_(std::move(pool)), connection_(std::move(connection)) {}

  std::shared_ptr<ConnectionPool> pool_;
  std::unique_ptr<Connection> connection_;  // Null after a move.
};

}  // namespace tidemark::metadata_db_sqlite
