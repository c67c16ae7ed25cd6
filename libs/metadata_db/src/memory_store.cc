#include "tidemark/metadata_db/memory_store.h"

#include <algorithm>
#include <chrono>
#include <ranges>

#include "memory_state.h"
#include "tidemark/base/mutex.h"
#include "tidemark/metadata_db/write_rules.h"

namespace tidemark::metadata_db {
namespace {

// One write: changes a private copy of the state, which becomes the store's if the write succeeds.
struct Write {
  MemoryState& state;
  UtcTime now;

  void PutTag(const DatasetVersion& version, std::string_view tag) const {
    const TagKey key{.dataset = version.dataset, .version = std::string(tag)};
    const auto [entry, is_new] = state.tags.try_emplace(key, TagRow{.dataset = key.dataset,
                                                                    .version = key.version,
                                                                    .hash = {},
                                                                    .created_at = now,
                                                                    .updated_at = now});
    entry->second.hash = version.manifest_hash;
    entry->second.updated_at = now;
  }

  LocationId FindOrAddRevision(const std::string& path) const {
    for (const auto& [id, revision] : state.revisions) {
      if (revision.path == path) return id;
    }
    const LocationId id{static_cast<std::int64_t>(state.revisions.size()) + 1};
    state.revisions.emplace(id, TableRevision{.path = path, .writer = {}, .files = {}});
    return id;
  }

  void SetStatus(Job& job, JobStatus status, const std::optional<std::string>& detail) const {
    job.row.status = status;
    job.row.updated_at = now;
    if (status == JobStatus::kScheduled) {
      job.row.descriptor = detail;
      ++job.row.attempts;
    }
    job.events.push_back({.id = ++state.last_event_id,
                          .job_id = job.row.id,
                          .created_at = now,
                          .node_id = job.row.node_id,
                          .event_type = std::string(ToString(status)),
                          .detail = detail});
    for (TableRevision& revision : std::views::values(state.revisions)) {
      if (revision.writer == job.row.id) ++revision.version;
    }
  }

  Status AcquireTable(const TableKey& key, JobId writer, const std::string& path_if_new) const {
    std::optional<LocationId>& active = state.tables[key];
    if (!active) {
      active = FindOrAddRevision(path_if_new);
      ++state.revisions.at(*active).version;
    }
    TableRevision& revision = state.revisions.at(*active);
    const TableRow row = state.MakeTableRow(key, active);
    TIDEMARK_TRY(
        CheckAcquire(writer, revision.path, {.id = row.writer, .status = row.writer_status}));
    if (revision.writer != writer) {
      revision.writer = writer;
      ++revision.version;
    }
    return {};
  }

  Result<FileId> CommitFile(JobId writer, const NewFile& file) const {
    const auto location = state.revisions.find(file.location_id);
    if (location == state.revisions.end()) return NoSuchLocation(file.location_id);
    TableRevision& revision = location->second;
    TIDEMARK_TRY(CheckIsWriter(writer, file.location_id, revision.writer));
    const auto present = std::ranges::find_if(
        revision.files, [&](const auto& row) { return row->file_name == file.file_name; });
    if (present != revision.files.end()) {
      TIDEMARK_TRY(CheckSameFile(file, (*present)->metadata, (*present)->object_size));
      return (*present)->id;
    }
    const FileId id{++state.last_file_id};
    revision.files.push_back(std::make_shared<const FileRow>(
        FileRow{.id = id,
                .location_id = file.location_id,
                .file_name = file.file_name,
                .metadata = file.metadata,
                .object_size = static_cast<std::int64_t>(file.object_size),
                .object_e_tag = file.object_e_tag,
                .object_version = std::nullopt,
                .url = file.url}));
    ++revision.version;
    return id;
  }
};

// Footers are not kept, because nothing reads them through this interface.
class MemoryStore final : public MetadataStore {
 public:
  explicit MemoryStore(const Clock& clock) : clock_(clock) {}

  Result<std::unique_ptr<MetadataReader>> OpenReader(Deadline deadline) override {
    TIDEMARK_TRY(CheckDeadline(deadline));
    const MutexLock lock(mutex_);
    return MakeMemoryReader(state_, deadline);
  }

  Status RegisterManifest(const ManifestRow& manifest, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) -> Status {
      write.state.manifests.try_emplace(manifest.hash, manifest);
      return {};
    });
  }

  Status LinkManifest(const DatasetVersion& version, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) -> Status {
      if (!write.state.manifests.contains(version.manifest_hash)) {
        return NoSuchManifest(version.manifest_hash);
      }
      write.state.links.try_emplace(version, write.now);
      write.PutTag(version, "dev");
      return {};
    });
  }

  Status SetVersionTag(const DatasetVersion& version, const SemanticVersion& tag,
                       Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) -> Status {
      if (!write.state.links.contains(version)) return NotLinked(version);
      if (BecomesLatest(tag, write.state.TagsOf(version.dataset))) write.PutTag(version, "latest");
      write.PutTag(version, tag.text());
      return {};
    });
  }

  Result<std::vector<TableRow>> AcquireTables(const DatasetVersion& version, JobId writer,
                                              const std::vector<TableToWrite>& tables,
                                              Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) -> Result<std::vector<TableRow>> {
      if (!write.state.jobs.contains(writer)) return NoSuchJob(writer);
      for (const TableToWrite& table : tables) {
        TIDEMARK_TRY(write.AcquireTable({.version = version, .table_name = table.table_name},
                                        writer, table.path_if_new));
      }
      std::vector<TableRow> rows;
      for (const TableToWrite& table : tables) {
        const TableKey key{.version = version, .table_name = table.table_name};
        rows.push_back(write.state.MakeTableRow(key, write.state.tables.at(key)));
      }
      return rows;
    });
  }

  Result<std::vector<FileId>> CommitFiles(JobId writer, const std::vector<NewFile>& files,
                                          Deadline deadline) override {
    TIDEMARK_TRY(CheckSizes(files));
    return Apply(deadline, [&](const Write& write) -> Result<std::vector<FileId>> {
      const auto job = write.state.jobs.find(writer);
      if (job == write.state.jobs.end()) return NoSuchJob(writer);
      TIDEMARK_TRY(CheckMayCommit(writer, job->second.row.status));
      std::vector<FileId> ids;
      for (const NewFile& file : files) {
        TIDEMARK_TRY(const FileId id, write.CommitFile(writer, file));
        ids.push_back(id);
      }
      return ids;
    });
  }

  Result<JobId> ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                            Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) -> Result<JobId> {
      if (!write.state.workers.contains(node_id)) return NoSuchWorker(node_id);
      auto& jobs = write.state.jobs;
      auto found = std::ranges::find_if(
          jobs, [&](const auto& entry) { return entry.second.version == descriptor.version; });
      if (found == jobs.end()) {
        const JobId id{static_cast<std::int64_t>(jobs.size()) + 1};
        Job job{.row = {.id = id, .node_id = {}, .created_at = write.now, .updated_at = write.now},
                .version = descriptor.version,
                .events = {}};
        found = jobs.emplace(id, std::move(job)).first;
      } else {
        TIDEMARK_TRY(const Outcome outcome, DecideSchedule(found->second.row, descriptor));
        if (outcome == Outcome::kNothingToDo) return found->first;
      }
      found->second.row.node_id = node_id;
      write.SetStatus(found->second, JobStatus::kScheduled, PrintJobDescriptor(descriptor));
      return found->first;
    });
  }

  Status TransitionJob(JobId id, JobTransition transition, const std::optional<std::string>& detail,
                       Deadline deadline) override {
    TIDEMARK_TRY(CheckDetail(transition, detail));
    return Apply(deadline, [&](const Write& write) -> Status {
      const auto found = write.state.jobs.find(id);
      if (found == write.state.jobs.end()) return NoSuchJob(id);
      Job& job = found->second;
      TIDEMARK_TRY(const Outcome outcome, DecideTransition(id, transition, job.row.status));
      if (outcome == Outcome::kNothingToDo) return {};
      TIDEMARK_TRY(const auto stored_detail, DetailAfter(transition, job.row, detail));
      write.SetStatus(job, TargetOf(transition), stored_detail);
      return {};
    });
  }

  Status RegisterWorker(std::string_view node_id, std::string_view info_json,
                        Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) -> Status {
      const auto [entry, is_new] = write.state.workers.try_emplace(std::string(node_id));
      WorkerRow& worker = entry->second;
      worker.node_id = node_id;
      worker.info = info_json;
      worker.heartbeat_at = write.now;
      worker.registered_at = write.now;
      if (is_new) worker.created_at = write.now;
      return {};
    });
  }

  Status Heartbeat(std::string_view node_id, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) -> Status {
      const auto found = write.state.workers.find(node_id);
      if (found == write.state.workers.end()) return NoSuchWorker(node_id);
      found->second.heartbeat_at = write.now;
      return {};
    });
  }

 private:
  // Readers hold the state that they were opened on, so it is replaced, never changed.
  template <class Body>
  std::invoke_result_t<Body, const Write&> Apply(Deadline deadline, const Body& body) {
    TIDEMARK_TRY(CheckDeadline(deadline));
    const MutexLock lock(mutex_);
    auto next = std::make_shared<MemoryState>(*state_);
    // Databases keep microseconds.
    const UtcTime now = std::chrono::floor<std::chrono::microseconds>(clock_.Now());
    auto result = body(Write{.state = *next, .now = now});
    if (result) state_ = std::move(next);
    return result;
  }

  const Clock& clock_;
  Mutex mutex_;
  std::shared_ptr<const MemoryState> state_ TIDEMARK_GUARDED_BY(mutex_) =
      std::make_shared<const MemoryState>();
};

}  // namespace

std::unique_ptr<MetadataStore> MakeMemoryStore(const Clock& clock) {
  return std::make_unique<MemoryStore>(clock);
}

}  // namespace tidemark::metadata_db
