// What the store's functions do inside their transaction. Errors as MetadataStore documents them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connection.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::metadata_db_sqlite {

/// An open transaction that may write.
struct Write {
  Connection& connection;
  std::string now;  // The time of everything that it writes, RFC 3339.
};

Status RegisterManifest(const Write& write, const metadata_db::ManifestRow& manifest);
Status LinkManifest(const Write& write, const DatasetVersion& version);
Status SetVersionTag(const Write& write, const DatasetVersion& version, const SemanticVersion& tag);

Result<std::vector<metadata_db::TableRow>> AcquireTables(
    const Write& write, const DatasetVersion& version, JobId writer,
    const std::vector<metadata_db::TableToWrite>& tables);
Result<std::vector<FileId>> CommitFiles(const Write& write, JobId writer,
                                        const std::vector<metadata_db::NewFile>& files);

Result<JobId> ScheduleJob(const Write& write, std::string_view node_id,
                          const JobDescriptor& descriptor);
Status TransitionJob(const Write& write, JobId id, metadata_db::JobTransition transition,
                     const std::optional<std::string>& detail);

Status RegisterWorker(const Write& write, std::string_view node_id, std::string_view info_json);
Status Heartbeat(const Write& write, std::string_view node_id);

}  // namespace tidemark::metadata_db_sqlite
