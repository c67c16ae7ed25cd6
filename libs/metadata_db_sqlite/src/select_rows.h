// The rows that readers ask for, and that writes decide by.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "connection.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::metadata_db_sqlite {

Result<std::optional<metadata_db::ManifestRow>> SelectManifest(Connection& connection,
                                                               const ManifestHash& hash);
Result<bool> SelectIsLinked(Connection& connection, const DatasetVersion& version);
Result<std::optional<metadata_db::TagRow>> SelectTag(Connection& connection,
                                                     const DatasetName& dataset,
                                                     std::string_view tag);
Result<std::vector<metadata_db::TagRow>> SelectTags(Connection& connection,
                                                    const DatasetName& dataset);
Result<std::vector<metadata_db::TagRow>> SelectAllTags(Connection& connection);

Result<std::vector<metadata_db::TableRow>> SelectTables(Connection& connection,
                                                        const DatasetVersion& version);
Result<std::optional<metadata_db::TableRow>> SelectTable(Connection& connection,
                                                         const DatasetVersion& version,
                                                         std::string_view table_name);
Result<std::vector<metadata_db::FileRow>> SelectFiles(Connection& connection, LocationId location);

Result<std::optional<metadata_db::JobRow>> SelectJob(Connection& connection, JobId id);
Result<std::vector<metadata_db::JobRow>> SelectJobs(Connection& connection,
                                                    const metadata_db::JobFilter& filter);
Result<std::vector<metadata_db::JobEventRow>> SelectJobEvents(Connection& connection, JobId id);

Result<std::vector<metadata_db::WorkerRow>> SelectWorkers(Connection& connection);

}  // namespace tidemark::metadata_db_sqlite
