#include "memory_state.h"

#include <algorithm>
#include <ranges>

namespace tidemark::metadata_db {

Result<ManifestRow> MemoryState::MakeManifestRow(const std::string& hash,
                                                 const StoredManifest& stored) {
  TIDEMARK_TRY(auto read_hash, ReadStoredHash("hash", hash));
  return ManifestRow{.hash = std::move(read_hash), .path = stored.path, .kind = stored.kind};
}

Result<TagRow> MemoryState::MakeTagRow(const TagKey& key, const StoredTag& stored) {
  TIDEMARK_TRY(auto hash, ReadStoredHash("hash", stored.hash));
  TIDEMARK_TRY(const UtcTime created_at, ReadStoredTime("created_at", stored.created_at));
  TIDEMARK_TRY(const UtcTime updated_at, ReadStoredTime("updated_at", stored.updated_at));
  return TagRow{.dataset = key.dataset,
                .version = key.version,
                .hash = std::move(hash),
                .created_at = created_at,
                .updated_at = updated_at};
}

std::vector<TagRow> MemoryState::TagsOf(const DatasetName& dataset) const {
  std::vector<TagRow> rows;
  for (const auto& [key, tag] : tags) {
    if (key.dataset == dataset) AddIfReadable(MakeTagRow(key, tag), rows);
  }
  return rows;
}

TableRow MemoryState::MakeTableRow(const TableKey& key, std::optional<LocationId> active) const {
  TableRow row{.version = key.version, .table_name = key.table_name, .active_revision = active};
  const auto revision = active ? revisions.find(*active) : revisions.end();
  if (revision == revisions.end()) return row;
  row.path = revision->second.path;
  row.writer = revision->second.writer;
  row.revision_version = revision->second.version;
  row.removed_reorgs = revision->second.removed_reorgs;
  if (!row.writer) return row;
  const auto status = statuses.find(*row.writer);
  if (status != statuses.end()) row.writer_status = ParseJobStatus(status->second.status);
  return row;
}

RevisionRow MemoryState::MakeRevisionRow(LocationId id, const StoredRevision& stored) const {
  const auto active = std::views::values(tables);
  RevisionRow row{.id = id,
                  .path = stored.path,
                  .is_active = std::ranges::find(active, std::optional(id)) != active.end(),
                  .writer = stored.writer,
                  .metadata = stored.metadata};
  if (!row.writer) return row;
  const auto status = statuses.find(*row.writer);
  if (status != statuses.end()) row.writer_status = ParseJobStatus(status->second.status);
  return row;
}

Result<std::optional<JobRow>> MemoryState::FindJob(JobId id) const {
  const auto job = jobs.find(id);
  const auto status = statuses.find(id);
  if (job == jobs.end() || status == statuses.end()) return std::nullopt;
  TIDEMARK_TRY(const UtcTime created_at, ReadStoredTime("created_at", job->second.created_at));
  TIDEMARK_TRY(const UtcTime updated_at, ReadStoredTime("updated_at", status->second.updated_at));
  JobRow row{.id = id,
             .node_id = status->second.node_id,
             .status = ParseJobStatus(status->second.status),
             .created_at = created_at,
             .updated_at = updated_at};
  const auto of_job = events.find(id);
  if (of_job == events.end()) return row;
  for (const StoredEvent& event : of_job->second) {
    if (event.event_type != ToString(JobStatus::kScheduled)) continue;
    ++row.attempts;
    if (event.detail) row.descriptor = event.detail;
  }
  return row;
}

Result<JobEventRow> MemoryState::MakeEventRow(JobId job, const StoredEvent& stored) {
  TIDEMARK_TRY(const UtcTime created_at, ReadStoredTime("created_at", stored.created_at));
  return JobEventRow{.id = stored.id,
                     .job_id = job,
                     .created_at = created_at,
                     .node_id = stored.node_id,
                     .event_type = stored.event_type,
                     .detail = stored.detail};
}

Result<WorkerRow> MemoryState::MakeWorkerRow(const std::string& node_id,
                                             const StoredWorker& stored) {
  TIDEMARK_TRY(const UtcTime heartbeat_at, ReadStoredTime("heartbeat_at", stored.heartbeat_at));
  TIDEMARK_TRY(const UtcTime created_at, ReadStoredTime("created_at", stored.created_at));
  TIDEMARK_TRY(const UtcTime registered_at, ReadStoredTime("registered_at", stored.registered_at));
  return WorkerRow{.node_id = node_id,
                   .heartbeat_at = heartbeat_at,
                   .created_at = created_at,
                   .registered_at = registered_at,
                   .info = stored.info};
}

std::shared_ptr<const FileRow> MemoryState::FindFile(LocationId location, FileId id) const {
  const auto of_location = files.find(location);
  if (of_location == files.end()) return nullptr;
  const auto found = std::ranges::lower_bound(of_location->second, id, {},
                                              [](const auto& file) { return file->id; });
  return found != of_location->second.end() && (*found)->id == id ? *found : nullptr;
}

void MemoryState::BumpVersion(std::optional<LocationId> revision) {
  const auto found = revision ? revisions.find(*revision) : revisions.end();
  if (found != revisions.end()) ++found->second.version;
}

void MemoryState::BumpVersionsWrittenBy(JobId writer) {
  for (StoredRevision& revision : std::views::values(revisions)) {
    if (revision.writer == writer) ++revision.version;
  }
}

}  // namespace tidemark::metadata_db
