#include "connection.h"

#include <string>

#include <fmt/format.h>
#include <sqlite3.h>

#include "sqlite_error.h"
#include "tidemark/metadata_db/write_rules.h"

namespace tidemark::metadata_db_sqlite {
namespace {

// Instructions of SQLite's virtual machine between two looks at the clock: some microseconds.
constexpr int kInstructionsBetweenLooks = 1000;

int HasPassed(void* deadline) {
  return static_cast<const Deadline*>(deadline)->HasPassed() ? 1 : 0;
}

}  // namespace

void Connection::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

void Connection::Finalize::operator()(sqlite3_stmt* prepared) const { sqlite3_finalize(prepared); }

Result<std::unique_ptr<Connection>> Connection::Open(const std::filesystem::path& file,
                                                     Access access, Deadline deadline) {
  std::unique_ptr<Connection> connection(new Connection());
  const int create = access == Access::kWrite ? SQLITE_OPEN_CREATE : 0;
  sqlite3* database = nullptr;
  const int result_code = sqlite3_open_v2(
      file.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE | create, nullptr);
  // Even a failed open yields a connection to close.
  connection->database_.reset(database);
  if (result_code != SQLITE_OK) return std::unexpected(ToError(database, result_code, "open"));
  connection->SetDeadline(deadline);
  TIDEMARK_TRY(connection->Configure(access));
  return connection;
}

Status Connection::Configure(Access access) {
  sqlite3* const database = database_.get();
  sqlite3_progress_handler(database, kInstructionsBetweenLooks, &HasPassed, &deadline_);
  // Keeps a statement from damaging the file's structure, whatever its SQL says.
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  // FULL: in WAL mode nothing less makes a commit survive a power cut. The log, which grows while a
  // reader lives, is cut back to 64 MB once it can be.
  TIDEMARK_TRY(RunScript("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864"));
  if (access == Access::kRead) return RunScript("PRAGMA query_only = ON");
  return {};
}

void Connection::SetDeadline(Deadline deadline) {
  deadline_ = deadline;
  sqlite3_busy_timeout(database_.get(), static_cast<int>(deadline.Remaining().count()));
}

void Connection::WaitForNoLock() {
  deadline_ = Deadline::Never();
  sqlite3_busy_timeout(database_.get(), 0);
}

Result<Statement> Connection::Prepare(const Query& query) {
  TIDEMARK_TRY(metadata_db::CheckDeadline(deadline_));
  auto& prepared = prepared_[&query];
  if (!prepared) {
    sqlite3_stmt* statement = nullptr;
    const int result_code = sqlite3_prepare_v3(database_.get(), query.sql, -1,
                                               SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (result_code != SQLITE_OK) {
      return std::unexpected(ToError(database_.get(), result_code, "prepare a statement"));
    }
    prepared.reset(statement);
  }
  return Statement(prepared.get());
}

Status Connection::RunScript(const char* script) {
  const int result_code = sqlite3_exec(database_.get(), script, nullptr, nullptr, nullptr);
  if (result_code == SQLITE_OK) return {};
  return std::unexpected(ToError(database_.get(), result_code, "run a script on the database"));
}

bool Connection::RollBack() {
  // An error such as a full disk may have ended the transaction already.
  if (sqlite3_get_autocommit(database_.get()) != 0) return true;
  SetDeadline(Deadline::Never());
  return RunScript("ROLLBACK").has_value();
}

bool Connection::is_locked_out() const {
  return (sqlite3_errcode(database_.get()) & 0xff) == SQLITE_BUSY;
}

std::int64_t Connection::last_insert_id() const {
  return sqlite3_last_insert_rowid(database_.get());
}

}  // namespace tidemark::metadata_db_sqlite
