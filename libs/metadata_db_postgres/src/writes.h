// What the store's functions do inside their transaction. Errors as MetadataStore documents them.
//
// Transactions of many servers and workers run at once. Each locks the rows that it decides by
// before it reads them, in this order: the job, tables by name, paths to add, revisions by
// ascending id, versions by ascending id. So no two wait for each other. Who holds a job's row is
// the only one to change its state, to give it revisions or to add its files.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connection.h"
#include "ownership.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::metadata_db_postgres {

/// An open transaction that may write.
struct Write {
  Connection& connection;
  // Of everything that it writes. Absent: the database's time at each statement.
  std::optional<UtcTime> now;
};

Status RegisterManifest(const Write& write, const metadata_db::ManifestRow& manifest);
Status LinkManifest(const Write& write, const DatasetVersion& version);
Status SetVersionTag(const Write& write, const DatasetVersion& version, const SemanticVersion& tag);

Result<std::vector<metadata_db::TableRow>> AcquireTables(
    const Write& write, const DatasetVersion& version, const metadata_db::JobClaim& writer,
    const std::vector<metadata_db::TableToWrite>& tables);
Result<std::vector<FileId>> CommitFiles(const Write& write, const metadata_db::JobClaim& writer,
                                        const std::vector<metadata_db::NewFile>& files);

Result<LocationId> RegisterRevision(const Write& write, const metadata_db::TableLocation& location);
Result<std::uint64_t> RestoreFiles(const Write& write, LocationId location,
                                   const std::vector<metadata_db::NewFile>& files);
Status ActivateRevision(const Write& write, const DatasetVersion& version,
                        std::string_view table_name, LocationId revision);
Status DeactivateTable(const Write& write, const DatasetVersion& version,
                       std::string_view table_name);

Result<JobId> ScheduleJob(const Write& write, std::string_view node_id,
                          const JobDescriptor& descriptor);
Status TransitionJob(const Write& write, const metadata_db::JobClaim& claim,
                     metadata_db::JobTransition transition,
                     const std::optional<std::string>& detail);
Result<std::vector<JobId>> TakeOverJobs(const Write& write, std::string_view node_id,
                                        metadata_db::SilenceLimit silence, std::size_t limit);
Result<std::vector<JobId>> HandOverJobs(const Write& write, std::string_view node_id,
                                        metadata_db::SilenceLimit silence);
Status DeleteJob(const Write& write, JobId id);
Result<std::uint64_t> DeleteJobs(const Write& write, const std::vector<JobStatus>& statuses);

Result<UtcTime> RegisterWorker(const Write& write, std::string_view node_id,
                               std::string_view info_json);
Status Heartbeat(const Write& write, std::string_view node_id);

Result<bool> LeaseChainHead(const Write& write, std::string_view network, std::string_view owner,
                            std::chrono::milliseconds duration);
Status PutChainHead(const Write& write, const metadata_db::ChainHeadRow& head);

Result<FileId> ReplaceFiles(const Write& write, const metadata_db::JobClaim& writer,
                            const metadata_db::NewFile& file, const std::vector<FileId>& parents,
                            metadata_db::CollectionDelay delay);
Status ScheduleCollection(const Write& write, LocationId location, std::uint64_t version,
                          const std::vector<FileId>& files, metadata_db::CollectionDelay delay);
Status RemoveFiles(const Write& write, const std::optional<metadata_db::JobClaim>& writer,
                   const metadata_db::FileRemoval& removal);
Result<std::uint64_t> CondemnObjects(const Write& write, LocationId location,
                                     const std::vector<std::string>& file_names);
Status ForgetObjects(const Write& write, const std::vector<metadata_db::CondemnedObject>& objects);

Result<std::uint64_t> PruneFeed(const Write& write, std::chrono::milliseconds keep);

}  // namespace tidemark::metadata_db_postgres
