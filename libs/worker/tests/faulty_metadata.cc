#include "faulty_metadata.h"

#include <optional>
#include <utility>

namespace tidemark::worker {

using metadata_db::MetadataReader;

Result<std::unique_ptr<MetadataReader>> FaultyMetadata::OpenReader(Deadline deadline) {
  if (auto error = faults.Count("OpenReader")) return std::unexpected(*std::move(error));
  return store_.OpenReader(deadline);
}

Status FaultyMetadata::RegisterManifest(const metadata_db::ManifestRow& manifest,
                                        Deadline deadline) {
  return store_.RegisterManifest(manifest, deadline);
}

Status FaultyMetadata::LinkManifest(const DatasetVersion& version, Deadline deadline) {
  return store_.LinkManifest(version, deadline);
}

Status FaultyMetadata::SetVersionTag(const DatasetVersion& version, const SemanticVersion& tag,
                                     Deadline deadline) {
  return store_.SetVersionTag(version, tag, deadline);
}

Result<std::vector<metadata_db::TableRow>> FaultyMetadata::AcquireTables(
    const DatasetVersion& version, const metadata_db::JobClaim& writer,
    const std::vector<metadata_db::TableToWrite>& tables, Deadline deadline) {
  if (auto error = faults.Count("AcquireTables")) return std::unexpected(*std::move(error));
  return store_.AcquireTables(version, writer, tables, deadline);
}

Result<std::vector<FileId>> FaultyMetadata::CommitFiles(
    const metadata_db::JobClaim& writer, const std::vector<metadata_db::NewFile>& files,
    Deadline deadline) {
  if (auto error = faults.Count("CommitFiles")) return std::unexpected(*std::move(error));
  if (auto error = commit_faults.Count("CommitFiles")) return std::unexpected(*std::move(error));
  if (loses_commits) {
    ++lost_commits;
    return std::vector<FileId>(files.size(), FileId{INT64_MAX});
  }
  auto ids = store_.CommitFiles(writer, files, deadline);
  if (auto error = lost_answers.Count("CommitFiles")) return std::unexpected(*std::move(error));
  return ids;
}

Result<JobId> FaultyMetadata::ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                                          Deadline deadline) {
  return store_.ScheduleJob(node_id, descriptor, deadline);
}

Status FaultyMetadata::TransitionJob(const metadata_db::JobClaim& claim,
                                     metadata_db::JobTransition transition,
                                     const std::optional<std::string>& detail, Deadline deadline) {
  if (auto error = faults.Count("TransitionJob")) return std::unexpected(*std::move(error));
  Status status = store_.TransitionJob(claim, transition, detail, deadline);
  if (auto error = lost_answers.Count("TransitionJob")) return std::unexpected(*std::move(error));
  return status;
}

Result<std::vector<JobId>> FaultyMetadata::TakeOverJobs(std::string_view node_id,
                                                        metadata_db::SilenceLimit silence,
                                                        std::size_t limit, Deadline deadline) {
  if (auto error = faults.Count("TakeOverJobs")) return std::unexpected(*std::move(error));
  return store_.TakeOverJobs(node_id, silence, limit, deadline);
}

Result<std::vector<JobId>> FaultyMetadata::HandOverJobs(std::string_view node_id,
                                                        metadata_db::SilenceLimit silence,
                                                        Deadline deadline) {
  if (auto error = faults.Count("HandOverJobs")) return std::unexpected(*std::move(error));
  return store_.HandOverJobs(node_id, silence, deadline);
}

Result<UtcTime> FaultyMetadata::RegisterWorker(std::string_view node_id, std::string_view info_json,
                                               Deadline deadline) {
  if (auto error = registration_faults.Count("RegisterWorker"))
    return std::unexpected(*std::move(error));
  ++registrations;
  return store_.RegisterWorker(node_id, info_json, deadline);
}

Status FaultyMetadata::Heartbeat(std::string_view node_id, Deadline deadline) {
  if (auto error = heartbeat_faults.Count("Heartbeat")) return std::unexpected(*std::move(error));
  return store_.Heartbeat(node_id, deadline);
}

Result<LocationId> FaultyMetadata::RegisterRevision(const metadata_db::TableLocation& location,
                                                    Deadline deadline) {
  return store_.RegisterRevision(location, deadline);
}

Result<std::uint64_t> FaultyMetadata::RestoreFiles(LocationId location,
                                                   const std::vector<metadata_db::NewFile>& files,
                                                   Deadline deadline) {
  return store_.RestoreFiles(location, files, deadline);
}

Status FaultyMetadata::ActivateRevision(const DatasetVersion& version, std::string_view table_name,
                                        LocationId revision, Deadline deadline) {
  return store_.ActivateRevision(version, table_name, revision, deadline);
}

Status FaultyMetadata::DeactivateTable(const DatasetVersion& version, std::string_view table_name,
                                       Deadline deadline) {
  return store_.DeactivateTable(version, table_name, deadline);
}

Status FaultyMetadata::DeleteJob(JobId id, Deadline deadline) {
  return store_.DeleteJob(id, deadline);
}

Result<std::uint64_t> FaultyMetadata::DeleteJobs(const std::vector<JobStatus>& statuses,
                                                 Deadline deadline) {
  return store_.DeleteJobs(statuses, deadline);
}

Result<bool> FaultyMetadata::LeaseChainHead(std::string_view network, std::string_view owner,
                                            std::chrono::milliseconds duration, Deadline deadline) {
  return store_.LeaseChainHead(network, owner, duration, deadline);
}

Status FaultyMetadata::PutChainHead(const metadata_db::ChainHeadRow& head, Deadline deadline) {
  return store_.PutChainHead(head, deadline);
}

Result<FileId> FaultyMetadata::ReplaceFiles(const metadata_db::JobClaim& writer,
                                            const metadata_db::NewFile& file,
                                            const std::vector<FileId>& parents,
                                            metadata_db::CollectionDelay delay, Deadline deadline) {
  if (auto error = faults.Count("ReplaceFiles")) return std::unexpected(*std::move(error));
  auto id = store_.ReplaceFiles(writer, file, parents, delay, deadline);
  if (auto error = lost_answers.Count("ReplaceFiles")) return std::unexpected(*std::move(error));
  if (auto error = lost_replacements.Count("ReplaceFiles")) {
    return std::unexpected(*std::move(error));
  }
  return id;
}

Status FaultyMetadata::ScheduleCollection(LocationId location, std::uint64_t version,
                                          const std::vector<FileId>& files,
                                          metadata_db::CollectionDelay delay, Deadline deadline) {
  if (auto error = faults.Count("ScheduleCollection")) return std::unexpected(*std::move(error));
  return store_.ScheduleCollection(location, version, files, delay, deadline);
}

Status FaultyMetadata::RemoveFiles(const std::optional<metadata_db::JobClaim>& writer,
                                   const metadata_db::FileRemoval& removal, Deadline deadline) {
  if (auto error = faults.Count("RemoveFiles")) return std::unexpected(*std::move(error));
  if (auto error = removal_faults.Count("RemoveFiles")) return std::unexpected(*std::move(error));
  Status removed = store_.RemoveFiles(writer, removal, deadline);
  if (auto error = lost_answers.Count("RemoveFiles")) return std::unexpected(*std::move(error));
  if (auto error = lost_removals.Count("RemoveFiles")) return std::unexpected(*std::move(error));
  return removed;
}

Result<std::uint64_t> FaultyMetadata::CondemnObjects(LocationId location,
                                                     const std::vector<std::string>& file_names,
                                                     Deadline deadline) {
  if (auto error = faults.Count("CondemnObjects")) return std::unexpected(*std::move(error));
  return store_.CondemnObjects(location, file_names, deadline);
}

Status FaultyMetadata::ForgetObjects(const std::vector<metadata_db::CondemnedObject>& objects,
                                     Deadline deadline) {
  if (auto error = faults.Count("ForgetObjects")) return std::unexpected(*std::move(error));
  return store_.ForgetObjects(objects, deadline);
}

Result<std::uint64_t> FaultyMetadata::PruneFeed(std::chrono::milliseconds keep, Deadline deadline) {
  if (auto error = faults.Count("PruneFeed")) return std::unexpected(*std::move(error));
  return store_.PruneFeed(keep, deadline);
}

}  // namespace tidemark::worker
