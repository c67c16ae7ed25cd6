// Rows of tables, revisions and files that several writes put.
#pragma once

#include <optional>
#include <string_view>

#include "tidemark/base/result.h"
#include "writes.h"

namespace tidemark::metadata_db_sqlite {

/// Registers the table, or marks it as updated.
Status PutTable(const Write& write, const DatasetVersion& version, std::string_view table_name);
/// Of a registered table.
Status SetActive(const Write& write, const DatasetVersion& version, std::string_view table_name,
                 std::optional<LocationId> revision);
/// A file whose name is not there yet.
Result<FileId> InsertFile(const Write& write, LocationId location,
                          const metadata_db::NewFile& file);

}  // namespace tidemark::metadata_db_sqlite
