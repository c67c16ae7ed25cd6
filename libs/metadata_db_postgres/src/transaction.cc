#include "transaction.h"

#include <algorithm>
#include <chrono>
#include <string>

#include <fmt/format.h>

#include "postgres_error.h"
#include "tidemark/base/failpoint.h"

namespace tidemark::metadata_db_postgres {
namespace {

using std::chrono::milliseconds;

constexpr Query kBeginRead{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
constexpr Query kBeginWrite{"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"};
constexpr Query kCommit{"COMMIT"};

// In a reading transaction this is the first statement, and so the one that fixes what it sees.
constexpr Query kSetTimeouts{R"sql(
SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true),
  set_config('idle_in_transaction_session_timeout', $3, true))sql"};

// How much sooner than the deadline the server gives up by itself, so that its answer arrives in
// time and the session lives on.
constexpr milliseconds kMarginMax{100};
constexpr int kMarginShare = 10;
// How much later than the deadline it ends a transaction that its client has forgotten.
constexpr milliseconds kForgottenAfter{10'000};

// In milliseconds, as the server takes them; "0" is no limit.
struct Timeouts {
  std::string statement = "0";
  std::string lock = "0";
  std::string idle = "0";
};

Timeouts TimeoutsFor(Deadline deadline) {
  if (deadline.is_never()) return {};
  const milliseconds left = deadline.Remaining();
  const milliseconds statement =
      std::max(left - std::min(kMarginMax, left / kMarginShare), milliseconds(1));
  // A wait for a lock ends first, because "a lock is held" says more than "it took too long".
  const milliseconds lock = std::max(statement - statement / kMarginShare, milliseconds(1));
  return {.statement = std::to_string(statement.count()),
          .lock = std::to_string(lock.count()),
          .idle = std::to_string((left + kForgottenAfter).count())};
}

}  // namespace

Result<Transaction> Transaction::Begin(std::shared_ptr<ConnectionPool> pool, Kind kind,
                                       Deadline deadline, Start start) {
  TIDEMARK_TRY(Session session, pool->Take(ConnectionPool::Want::kAny, deadline));
  Transaction transaction(pool, std::move(session));
  Status started = transaction.Open(kind, start);
  if (!started && transaction.session_.was_idle && transaction.connection().is_broken()) {
    transaction.GiveBack();
    TIDEMARK_TRY(Session fresh, pool->Take(ConnectionPool::Want::kNew, deadline));
    transaction = Transaction(std::move(pool), std::move(fresh));
    started = transaction.Open(kind, start);
  }
  TIDEMARK_TRY(std::move(started));
  return transaction;
}

Transaction& Transaction::operator=(Transaction&& other) noexcept {
  if (this == &other) return *this;
  GiveBack();
  pool_ = std::move(other.pool_);
  session_ = std::move(other.session_);
  is_committing_ = other.is_committing_;
  return *this;
}

Status Transaction::Open(Kind kind, Start start) {
  const Timeouts timeouts = TimeoutsFor(connection().deadline());
  connection().SendWithNext(
      {Statement(kind == Kind::kRead ? kBeginRead : kBeginWrite),
       Statement(kSetTimeouts, timeouts.statement, timeouts.lock, timeouts.idle)});
  if (start == Start::kWithFirstStatement) return {};
  TIDEMARK_TRY(connection().RunAll({}));
  return {};
}

void Transaction::GiveBack() {
  if (!pool_) return;
  pool_->Return(std::move(session_));
  pool_.reset();
}

Status Transaction::Commit() {
  TIDEMARK_FAILPOINT("transaction.before_commit");
  is_committing_ = true;
  const auto committed = connection().Run(kCommit);
  if (committed && committed->command() == kCommit.sql) {
    TIDEMARK_FAILPOINT("transaction.committed");
    return {};
  }
  // COMMIT of a transaction that a swallowed failure has ended says "ROLLBACK".
  if (committed) return MakeError(ErrorCode::kInternal, "a failed transaction was committed");
  if (!connection().is_broken()) return std::unexpected(committed.error());
  return WithContext("whether the change was made is unknown", committed.error());
}

Transaction::Retry Transaction::MayBeRetried() const {
  const Connection& connection = *session_.connection;
  if (!connection.is_broken()) {
    return IsLostRace(connection.sql_state()) ? Retry::kLostRace : Retry::kNo;
  }
  return is_committing_ ? Retry::kNo : Retry::kSessionLost;
}

}  // namespace tidemark::metadata_db_postgres
