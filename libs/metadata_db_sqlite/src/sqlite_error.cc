#include "sqlite_error.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace tidemark::metadata_db_sqlite {
namespace {

constexpr int kPrimaryCodeMask = 0xff;

ErrorCode ToErrorCode(int primary_code) {
  switch (primary_code) {
    // Another process holds the lock, the deadline passed, or the machine refuses: time may help.
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
    case SQLITE_NOMEM:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return ErrorCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kCorruption;
    // A text or blob over SQLite's limit of 10^9 bytes.
    case SQLITE_TOOBIG:
      return ErrorCode::kInvalidArgument;
    // Writes check the rules before they write, so a broken constraint is a bug too.
    default:
      return ErrorCode::kInternal;
  }
}

std::string_view Reason(sqlite3* database, int result_code) {
  switch (result_code & kPrimaryCodeMask) {
    case SQLITE_BUSY:
      return "another process has locked the database";
    case SQLITE_INTERRUPT:
      return "the deadline passed";
    default:
      return database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result_code);
  }
}

}  // namespace

Error ToError(sqlite3* database, int result_code, std::string_view action) {
  return {.code = ToErrorCode(result_code & kPrimaryCodeMask),
          .message = fmt::format("{}: {} (SQLite result {})", action, Reason(database, result_code),
                                 result_code)};
}

}  // namespace tidemark::metadata_db_sqlite
