// SQLite's failures as ours.
#pragma once

#include <string_view>

#include "tidemark/base/result.h"

struct sqlite3;

namespace tidemark::metadata_db_sqlite {

/// The one place where a result code of SQLite becomes an ErrorCode. `database` may be null, when
/// there is no connection to ask for details; `action` says what was being done.
Error ToError(sqlite3* database, int result_code, std::string_view action);

}  // namespace tidemark::metadata_db_sqlite
