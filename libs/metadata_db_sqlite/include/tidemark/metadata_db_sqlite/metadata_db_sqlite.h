// The metadata database in one SQLite file: what `tidemark solo` runs on. Amp's tables, column for
// column, and our own with the prefix tidemark_. The driver does not show outside this library. Not
// here: what the stored rows must look like and which writes are refused (metadata_db).
#pragma once

#include <filesystem>
#include <memory>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::metadata_db_sqlite {

struct SqliteOptions {
  std::filesystem::path file;  // Created if it is not there; its folder must be.
  // Whether the schema is created or migrated as needed; else a file without it is refused.
  bool auto_migrate = true;
  const Clock& clock = SystemClock();  // Gives every stored time. Outlives the store.
};

/// Opens the database, creating or migrating its schema; other processes may have it open too. A
/// commit is on the disk when its function returns (synchronous=FULL). Up to 16 readers may be open
/// at once; the next one waits. Readers never wait for writers. Damage that opening does not meet
/// is kCorruption of the function that meets it.
/// Errors: kUnavailable if the file cannot be opened or locked; kCorruption if it is no database of
/// ours, is damaged, or was written by a newer Tidemark; kInternal if the program is linked with
/// another SQLite than it was compiled for; kInvalidArgument if the schema is missing or old and
/// must not be migrated.
Result<std::unique_ptr<metadata_db::MetadataStore>> OpenSqliteStore(const SqliteOptions& options,
                                                                    Deadline deadline);

}  // namespace tidemark::metadata_db_sqlite
