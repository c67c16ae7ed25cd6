// The reader of the SQLite store.
#pragma once

#include <memory>

#include "tidemark/metadata_db/metadata_store.h"
#include "transaction.h"

namespace tidemark::metadata_db_sqlite {

/// Reads inside `snapshot`, which it ends when it goes.
std::unique_ptr<metadata_db::MetadataReader> MakeSqliteReader(Transaction snapshot);

}  // namespace tidemark::metadata_db_sqlite
