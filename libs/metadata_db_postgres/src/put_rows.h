// Rows that several writes lock or put.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tidemark/base/result.h"
#include "writes.h"

namespace tidemark::metadata_db_postgres {

/// The job, locked until the transaction ends; nullopt also if it has no state.
Result<std::optional<metadata_db::JobRow>> LockJob(const Write& write, JobId id);

/// A revision that is locked until the transaction ends.
struct LockedRevision {
  LocationId id;
  std::optional<JobId> writer;
};
/// Those of `ids` that there are, by id.
Result<std::vector<LockedRevision>> LockRevisions(const Write& write,
                                                  const std::vector<LocationId>& ids);

/// Registers the table, or marks it as updated.
Status PutTable(const Write& write, const DatasetVersion& version, std::string_view table_name);
/// Of a registered table.
Status SetActive(const Write& write, const DatasetVersion& version, std::string_view table_name,
                 std::optional<LocationId> revision);

/// Adds files, in their order; the id of each, or nullopt where its name was there already, or
/// is that of a condemned object.
Result<std::vector<std::optional<FileId>>> InsertFiles(
    const Write& write, const std::vector<const metadata_db::NewFile*>& files);

}  // namespace tidemark::metadata_db_postgres
