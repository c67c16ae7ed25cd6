#include "memory_write.h"

#include <algorithm>
#include <ranges>

#include "tidemark/metadata_db/write_rules.h"

namespace tidemark::metadata_db {

void MemoryWrite::PutTag(const DatasetVersion& version, std::string_view tag) const {
  const TagKey key{.dataset = version.dataset, .version = std::string(tag)};
  StoredTag& stored =
      state.tags.try_emplace(key, StoredTag{.hash = {}, .created_at = now, .updated_at = {}})
          .first->second;
  stored.hash = version.manifest_hash.hex;
  stored.updated_at = now;
}

Status MemoryWrite::AcquireTable(const TableKey& key, JobId writer,
                                 const std::string& path_if_new) const {
  std::optional<LocationId>& active = state.tables[key];
  // One that leads nowhere is as good as none.
  const LocationId id =
      active && state.revisions.contains(*active) ? *active : FindOrAddRevision(key, path_if_new);
  if (active != id) Activate(active, id);
  const TableRow row = state.MakeTableRow(key, id);
  StoredRevision& revision = state.revisions.at(id);
  TIDEMARK_TRY(
      CheckAcquire(writer, revision.path, {.id = row.writer, .status = row.writer_status}));
  if (revision.writer != writer) {
    revision.writer = writer;
    ++revision.version;
  }
  return {};
}

LocationId MemoryWrite::FindOrAddRevision(const TableKey& key, const std::string& path) const {
  const auto found = std::ranges::find_if(
      state.revisions, [&](const auto& entry) { return entry.second.path == path; });
  if (found != state.revisions.end()) return found->first;
  const LocationId id{++state.last_location_id};
  state.revisions[id] = {.path = path,
                         .writer = std::nullopt,
                         .metadata = RevisionMetadata(key.version, key.table_name)};
  return id;
}

void MemoryWrite::Activate(std::optional<LocationId>& active,
                           std::optional<LocationId> revision) const {
  if (active == revision) return;
  state.BumpVersion(active);
  state.BumpVersion(revision);
  active = revision;
}

Result<FileId> MemoryWrite::CommitFile(JobId writer, const NewFile& file) const {
  const auto location = state.revisions.find(file.location_id);
  if (location == state.revisions.end()) return NoSuchLocation(file.location_id);
  TIDEMARK_TRY(CheckIsWriter(writer, file.location_id, location->second.writer));
  const auto& files = state.files[file.location_id];
  const auto present = std::ranges::find_if(
      files, [&](const auto& row) { return row->file_name == file.file_name; });
  if (present == files.end()) {
    if (IsCondemned(file.location_id, file.file_name)) {
      return metadata_db::IsCondemned(file.location_id, file.file_name);
    }
    return AddFile(file.location_id, file);
  }
  TIDEMARK_TRY(CheckSameFile(file, (*present)->metadata, (*present)->object_size));
  return (*present)->id;
}

FileId MemoryWrite::AddFile(LocationId location, const NewFile& file) const {
  const FileId id{++state.last_file_id};
  state.files[location].push_back(std::make_shared<const StoredFile>(
      StoredFile{{.id = id,
                  .location_id = location,
                  .file_name = file.file_name,
                  .metadata = file.metadata,
                  .object_size = static_cast<std::int64_t>(file.object_size),
                  .object_e_tag = file.object_e_tag,
                  .object_version = std::nullopt,
                  .url = file.url},
                 file.footer}));
  state.BumpVersion(location);
  return id;
}

Result<JobId> MemoryWrite::ScheduleJob(std::string_view node_id,
                                       const JobDescriptor& descriptor) const {
  if (!state.workers.contains(node_id)) return NoSuchWorker(node_id);
  const std::string key = MakeIdempotencyKey(descriptor.kind, descriptor.version);
  const auto found = std::ranges::find_if(
      state.jobs, [&](const auto& entry) { return entry.second.idempotency_key == key; });
  const JobId id = found != state.jobs.end() ? found->first : JobId{++state.last_job_id};
  if (found == state.jobs.end()) {
    state.jobs[id] = {.created_at = now, .idempotency_key = key};
  } else {
    // A job without a state, which no writer of ours leaves behind, is free to be scheduled.
    TIDEMARK_TRY(const auto job, state.FindJob(id));
    if (job) {
      TIDEMARK_TRY(const Outcome outcome, DecideSchedule(*job, descriptor));
      if (outcome == Outcome::kNothingToDo) return id;
    }
  }
  EnterState(id, node_id, JobStatus::kScheduled, PrintJobDescriptor(descriptor));
  return id;
}

void MemoryWrite::EnterState(JobId id, std::string_view node_id, JobStatus status,
                             const std::optional<std::string>& detail) const {
  StoredStatus& stored = state.statuses[id];
  if (stored.status != ToString(status)) state.BumpVersionsWrittenBy(id);
  stored = {
      .node_id = std::string(node_id), .status = std::string(ToString(status)), .updated_at = now};
  state.events[id].push_back({.id = ++state.last_event_id,
                              .created_at = now,
                              .node_id = stored.node_id,
                              .event_type = stored.status,
                              .detail = detail});
}

std::vector<std::string> MemoryWrite::NodesNotGone(SilenceLimit silence) const {
  std::vector<std::string> nodes;
  for (const auto& [node_id, worker] : state.workers) {
    const auto heartbeat_at = ReadStoredTime("heartbeat_at", worker.heartbeat_at);
    if (heartbeat_at && !IsGone(*heartbeat_at, time, silence)) nodes.push_back(node_id);
  }
  return nodes;
}

Result<std::vector<JobId>> MemoryWrite::TakeOverJobs(std::string_view node_id, SilenceLimit silence,
                                                     std::size_t limit) const {
  if (!state.workers.contains(node_id)) return NoSuchWorker(node_id);
  const std::vector<std::string> nodes = NodesNotGone(silence);
  std::vector<JobId> taken;
  for (const JobId id : std::views::keys(state.jobs)) {
    if (taken.size() == limit) break;
    const auto job = state.FindJob(id).value_or(std::nullopt);
    if (!job || job->node_id == node_id) continue;
    if (std::ranges::binary_search(nodes, job->node_id)) continue;
    const auto next = DecideTakeOver(*job);
    if (!next) continue;
    EnterState(id, node_id, next->status, next->detail);
    taken.push_back(id);
  }
  return taken;
}

Result<std::vector<JobId>> MemoryWrite::HandOverJobs(std::string_view node_id,
                                                     SilenceLimit silence) const {
  std::vector<std::string> heirs = NodesNotGone(silence);
  std::erase(heirs, node_id);
  std::vector<JobId> given;
  if (heirs.empty()) return given;
  for (const JobId id : std::views::keys(state.jobs)) {
    const auto job = state.FindJob(id).value_or(std::nullopt);
    if (!job || job->node_id != node_id) continue;
    const auto next = DecideTakeOver(*job);
    if (!next || next->status != JobStatus::kScheduled) continue;
    EnterState(id, PickHeir(id, heirs), next->status, next->detail);
    given.push_back(id);
  }
  return given;
}

void MemoryWrite::DeleteJob(JobId id) const {
  for (StoredRevision& revision : std::views::values(state.revisions)) {
    if (revision.writer != id) continue;
    revision.writer = std::nullopt;
    ++revision.version;
  }
  state.statuses.erase(id);
  state.events.erase(id);
  state.jobs.erase(id);
}

}  // namespace tidemark::metadata_db
