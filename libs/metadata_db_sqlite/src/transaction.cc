#include "transaction.h"

#include <utility>

#include "tidemark/base/failpoint.h"

namespace tidemark::metadata_db_sqlite {
namespace {

constexpr Query kBeginRead{"BEGIN DEFERRED"};
// A deferred transaction fixes what it sees at its first read.
constexpr Query kFixSnapshot{"SELECT 1 FROM sqlite_schema LIMIT 1"};
// Takes the write lock at once: a transaction that reads first could find itself unable to write.
constexpr Query kBeginWrite{"BEGIN IMMEDIATE"};
constexpr Query kCommit{"COMMIT"};

}  // namespace

Result<Transaction> Transaction::Begin(std::shared_ptr<ConnectionPool> pool, Kind kind,
                                       Deadline deadline) {
  TIDEMARK_TRY(auto connection, pool->Take(deadline));
  Transaction transaction(std::move(pool), std::move(connection));
  switch (kind) {
    case Kind::kRead:
      TIDEMARK_TRY(transaction.connection().Run(kBeginRead));
      TIDEMARK_TRY(transaction.connection().Run(kFixSnapshot));
      break;
    case Kind::kWrite:
      TIDEMARK_TRY(transaction.connection().Run(kBeginWrite));
      break;
  }
  return transaction;
}

Transaction::~Transaction() {
  if (!connection_) return;
  if (!connection_->RollBack()) connection_.reset();
  pool_->Return(std::move(connection_));
}

Status Transaction::Commit() {
  TIDEMARK_FAILPOINT("transaction.before_commit");
  TIDEMARK_TRY(connection_->Run(kCommit));
  TIDEMARK_FAILPOINT("transaction.committed");
  return {};
}

}  // namespace tidemark::metadata_db_sqlite
