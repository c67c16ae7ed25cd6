#include "commit_watch.h"

#include <utility>

#include "select_rows.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::FeedPosition;

constexpr Query kCountCommits{"PRAGMA data_version"};

Result<std::int64_t> CountCommits(Connection& connection) {
  TIDEMARK_TRY(Statement row, connection.Start(kCountCommits));
  TIDEMARK_TRY(const bool is_there, row.Step());
  if (!is_there) return MakeError(ErrorCode::kInternal, "SQLite does not count commits");
  return row.Int64(0);
}

}  // namespace

Result<bool> CommitWatch::MayHaveChanged(const FeedPosition& since, Deadline deadline) {
  const MutexLock lock(mutex_);
  auto may_have_changed = Look(since, deadline);
  if (!may_have_changed) {
    known_.reset();
    connection_.reset();
  }
  return may_have_changed;
}

bool CommitWatch::IsSurelyUnchanged(const FeedPosition& since) {
  if (!mutex_.TryLock()) return false;
  const MutexLock lock(mutex_, MutexLock::Locked::kAlready);
  if (!connection_ || !known_ || known_->position != since) return false;
  connection_->WaitForNoLock();
  const auto commits = CountCommits(*connection_);
  return commits && *commits == known_->commits;
}

Result<bool> CommitWatch::Look(const FeedPosition& since, Deadline deadline) {
  if (!connection_) {
    TIDEMARK_TRY(connection_, Connection::Open(file_, Connection::Access::kRead, deadline));
  }
  connection_->SetDeadline(deadline);
  TIDEMARK_TRY(const std::int64_t before, CountCommits(*connection_));
  if (!known_ || known_->commits != before) {
    known_.reset();
    TIDEMARK_TRY(auto position, SelectFeedPosition(*connection_));
    TIDEMARK_TRY(const std::int64_t after, CountCommits(*connection_));
    // Otherwise the position may be of either moment, or half of each.
    if (before != after) return true;
    known_.emplace(before, std::move(position));
  }
  return known_->position != since;
}

}  // namespace tidemark::metadata_db_sqlite
