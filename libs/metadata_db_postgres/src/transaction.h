// One transaction on a session of a pool.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "connection_pool.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"

namespace tidemark::metadata_db_postgres {

/// Holds a session, and gives it back at the end; what is not committed by then is undone. Whoever
/// takes the session next waits for that, 200 ms at most, after which it is closed instead. Keeps
/// the pool alive. Not thread-safe.
class Transaction {
 public:
  enum class Kind : std::uint8_t {
    kRead,   // Sees the database as it was when the transaction began.
    kWrite,  // Each of its statements sees what has been committed before it.
  };

  enum class Start : std::uint8_t {
    kNow,
    kWithFirstStatement,  // With which it is sent: one round trip fewer.
  };

  /// A session that turns out to be dead is replaced by a new one, once, as far as that is found
  /// out here.
  static Result<Transaction> Begin(std::shared_ptr<ConnectionPool> pool, Kind kind,
                                   Deadline deadline, Start start = Start::kNow);

  Transaction(Transaction&& other) noexcept = default;
  Transaction& operator=(Transaction&& other) noexcept;
  ~Transaction() { GiveBack(); }

  Connection& connection() { return *session_.connection; }

  /// Errors: kUnavailable, also when what was done may turn out to be kept; its message then says
  /// so.
  Status Commit();

  /// Why the transaction can be tried again from its start, if it can: after a failure, nothing of
  /// it has happened, and it was not what it did that failed.
  enum class Retry : std::uint8_t {
    kNo,
    kLostRace,    // Another transaction was in the way.
    kSessionLost  // The session ended before COMMIT was sent.
  };
  Retry MayBeRetried() const;

 private:
  Transaction(std::shared_ptr<ConnectionPool> pool, Session session)
      : pool_(std::move(pool)), session_(std::move(session)) {}

  Status Open(Kind kind, Start start);
  void GiveBack();

  std::shared_ptr<ConnectionPool> pool_;  // Null after a move.
  Session session_;
  bool is_committing_ = false;
};

}  // namespace tidemark::metadata_db_postgres
