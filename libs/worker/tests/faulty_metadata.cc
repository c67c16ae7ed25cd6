#include "faulty_metadata.h"

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
    const DatasetVersion& version, JobId writer,
    const std::vector<metadata_db::TableToWrite>& tables, Deadline deadline) {
  if (auto error = faults.Count("AcquireTables")) return std::unexpected(*std::move(error));
  return store_.AcquireTables(version, writer, tables, deadline);
}

Result<std::vector<FileId>> FaultyMetadata::CommitFiles(
    JobId writer, const std::vector<metadata_db::NewFile>& files, Deadline deadline) {
  if (auto error = faults.Count("CommitFiles")) return std::unexpected(*std::move(error));
  if (auto error = commit_faults.Count("CommitFiles")) return std::unexpected(*std::move(error));
  auto ids = store_.CommitFiles(writer, files, deadline);
  if (auto error = lost_answers.Count("CommitFiles")) return std::unexpected(*std::move(error));
  return ids;
}

Result<JobId> FaultyMetadata::ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                                          Deadline deadline) {
  return store_.ScheduleJob(node_id, descriptor, deadline);
}

Status FaultyMetadata::TransitionJob(JobId id, metadata_db::JobTransition transition,
                                     const std::optional<std::string>& detail, Deadline deadline) {
  if (auto error = faults.Count("TransitionJob")) return std::unexpected(*std::move(error));
  Status status = store_.TransitionJob(id, transition, detail, deadline);
  if (auto error = lost_answers.Count("TransitionJob")) return std::unexpected(*std::move(error));
  return status;
}

Status FaultyMetadata::RegisterWorker(std::string_view node_id, std::string_view info_json,
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

}  // namespace tidemark::worker
