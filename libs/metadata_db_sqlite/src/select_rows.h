// The rows that readers ask for, and that writes decide by.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
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
Result<std::vector<metadata_db::ManifestUseRow>> SelectManifests(Connection& connection);
Result<std::vector<metadata_db::TagRow>> SelectTagsOfManifest(Connection& connection,
                                                              const ManifestHash& hash);

Result<std::vector<metadata_db::TableRow>> SelectTables(Connection& connection,
                                                        const DatasetVersion& version);
Result<std::optional<metadata_db::TableRow>> SelectTable(Connection& connection,
                                                         const DatasetVersion& version,
                                                         std::string_view table_name);
Result<std::vector<metadata_db::TableRow>> SelectTablesWrittenBy(Connection& connection,
                                                                 JobId writer);
Result<std::optional<metadata_db::RevisionRow>> SelectRevision(Connection& connection,
                                                               LocationId id);
Result<std::vector<metadata_db::RevisionRow>> SelectRevisions(
    Connection& connection, const metadata_db::RevisionFilter& filter);
Result<std::vector<metadata_db::FileRow>> SelectFiles(Connection& connection, LocationId location);
Status VisitFiles(Connection& connection, LocationId location, FileId after,
                  const metadata_db::FileVisitor& visit);
Result<std::optional<metadata_db::FileRow>> SelectFile(Connection& connection, FileId id);
Result<std::vector<metadata_db::FooterRow>> SelectFooters(Connection& connection,
                                                          LocationId location,
                                                          std::span<const FileId> files,
                                                          std::uint64_t limit_bytes);

Result<std::optional<metadata_db::JobRow>> SelectJob(Connection& connection, JobId id);
Result<std::vector<metadata_db::JobRow>> SelectJobs(Connection& connection,
                                                    const metadata_db::JobFilter& filter);
Result<std::vector<metadata_db::JobRow>> SelectJobsOfVersion(Connection& connection,
                                                             const DatasetVersion& version);
Result<std::vector<metadata_db::JobEventRow>> SelectJobEvents(Connection& connection, JobId id);
Result<std::optional<metadata_db::JobEventRow>> SelectJobEvent(Connection& connection, JobId id,
                                                               std::int64_t event_id);

Result<std::vector<metadata_db::WorkerRow>> SelectWorkers(Connection& connection);
Result<std::optional<metadata_db::WorkerRow>> SelectWorker(Connection& connection,
                                                           std::string_view node_id);

Result<std::vector<metadata_db::ChainHeadRow>> SelectChainHeads(Connection& connection);

Result<std::vector<LocationId>> SelectLocationsToCollect(Connection& connection);
Result<std::optional<metadata_db::Collectable>> SelectCollectable(Connection& connection,
                                                                  LocationId location);
Result<std::vector<metadata_db::CondemnedObject>> SelectCondemnedObjects(Connection& connection,
                                                                         std::size_t limit);
Result<bool> SelectIsCondemned(Connection& connection, LocationId location,
                               std::string_view file_name);

/// Where the feed is now.
Result<metadata_db::FeedPosition> SelectFeedPosition(Connection& connection);
Result<metadata_db::FeedReading> ReadFeed(Connection& connection,
                                          const std::optional<metadata_db::FeedPosition>& since);

}  // namespace tidemark::metadata_db_sqlite
