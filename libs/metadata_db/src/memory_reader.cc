#include <algorithm>
#include <ranges>
#include <set>
#include <span>
#include <tuple>

#include "event_detail.h"
#include "memory_state.h"
#include "tidemark/metadata_db/write_rules.h"

namespace tidemark::metadata_db {
namespace {

bool Matches(const JobFilter& filter, const StoredStatus& status) {
  if (filter.statuses && std::ranges::find(*filter.statuses, ParseJobStatus(status.status)) ==
                             filter.statuses->end()) {
    return false;
  }
  return !filter.node_id || *filter.node_id == status.node_id;
}

bool IsFull(const auto& rows, std::optional<std::size_t> limit) {
  return limit && rows.size() >= *limit;
}

class MemoryReader final : public MetadataReader {
 public:
  MemoryReader(std::shared_ptr<const MemoryState> state, UtcTime now, Deadline deadline)
      : state_(std::move(state)), now_(now), deadline_(deadline) {}

  Result<std::optional<ManifestRow>> GetManifest(const ManifestHash& hash) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto found = state_->manifests.find(hash.hex);
    if (found == state_->manifests.end()) return std::nullopt;
    return MemoryState::MakeManifestRow(found->first, found->second);
  }

  Result<bool> IsManifestLinked(const DatasetVersion& version) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    return state_->links.contains(version);
  }

  Result<std::optional<TagRow>> GetTag(const DatasetName& dataset, std::string_view tag) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto found = state_->tags.find({.dataset = dataset, .version = std::string(tag)});
    if (found == state_->tags.end()) return std::nullopt;
    return MemoryState::MakeTagRow(found->first, found->second);
  }

  Result<std::vector<TagRow>> ListTags(const DatasetName& dataset) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    return state_->TagsOf(dataset);
  }

  Result<std::vector<TagRow>> ListAllTags() override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<TagRow> rows;
    for (const auto& [key, tag] : state_->tags) {
      AddIfReadable(MemoryState::MakeTagRow(key, tag), rows);
    }
    return rows;
  }

  Result<std::vector<ManifestUseRow>> ListManifests() override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<ManifestRow> manifests;
    for (const auto& [hash, manifest] : state_->manifests) {
      AddIfReadable(MemoryState::MakeManifestRow(hash, manifest), manifests);
    }
    std::vector<ManifestUseRow> rows;
    for (ManifestRow& manifest : manifests) {
      const auto uses =
          std::ranges::count(state_->links, manifest.hash, &DatasetVersion::manifest_hash);
      rows.push_back(
          {.manifest = std::move(manifest), .dataset_count = static_cast<std::uint64_t>(uses)});
    }
    return rows;
  }

  Result<std::vector<TagRow>> ListTagsOfManifest(const ManifestHash& hash) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<TagRow> rows;
    for (const auto& [key, tag] : state_->tags) {
      if (tag.hash == hash.hex) AddIfReadable(MemoryState::MakeTagRow(key, tag), rows);
    }
    return rows;
  }

  Result<std::vector<TableRow>> ListTables(const DatasetVersion& version) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<TableRow> rows;
    for (const auto& [key, active] : state_->tables) {
      if (key.version == version) rows.push_back(state_->MakeTableRow(key, active));
    }
    return rows;
  }

  Result<std::optional<TableRow>> GetTable(const DatasetVersion& version,
                                           std::string_view table_name) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto found =
        state_->tables.find({.version = version, .table_name = std::string(table_name)});
    if (found == state_->tables.end()) return std::nullopt;
    return state_->MakeTableRow(found->first, found->second);
  }

  Result<std::vector<TableRow>> ListTablesWrittenBy(JobId writer) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<TableRow> rows;
    for (const auto& [key, active] : state_->tables) {
      TableRow row = state_->MakeTableRow(key, active);
      if (row.writer == writer) rows.push_back(std::move(row));
    }
    std::ranges::sort(rows, {},
                      [](const TableRow& row) { return std::tie(row.table_name, row.version); });
    return rows;
  }

  Result<std::optional<RevisionRow>> GetRevision(LocationId id) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto found = state_->revisions.find(id);
    if (found == state_->revisions.end()) return std::nullopt;
    return state_->MakeRevisionRow(id, found->second);
  }

  Result<std::vector<RevisionRow>> ListRevisions(const RevisionFilter& filter) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<RevisionRow> rows;
    for (const auto& [id, revision] : state_->revisions | std::views::reverse) {
      if (IsFull(rows, filter.limit)) break;
      RevisionRow row = state_->MakeRevisionRow(id, revision);
      if (filter.is_active.value_or(row.is_active) == row.is_active) rows.push_back(std::move(row));
    }
    return rows;
  }

  Result<std::vector<FileRow>> ListFiles(LocationId location) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<FileRow> rows;
    const auto found = state_->files.find(location);
    if (found == state_->files.end()) return rows;
    rows.reserve(found->second.size());
    for (const auto& file : found->second) rows.push_back(*file);
    return rows;
  }

  Status VisitFilesAfter(LocationId location, FileId after, const FileVisitor& visit) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto found = state_->files.find(location);
    if (found == state_->files.end()) return {};
    const auto first = std::ranges::upper_bound(found->second, after, {},
                                                [](const auto& file) { return file->id; });
    for (const auto& file : std::ranges::subrange(first, found->second.end())) {
      visit(FileView::Of(*file));
    }
    return {};
  }

  Result<std::vector<FooterRow>> ListFooters(LocationId location, std::span<const FileId> files,
                                             std::uint64_t limit_bytes) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const std::set<FileId> wanted(files.begin(), files.end());
    std::vector<FooterRow> rows;
    const auto found = state_->files.find(location);
    if (found == state_->files.end()) return rows;
    for (const auto& file : found->second) {
      const std::optional<std::string>& footer = file->footer;
      if (!footer || !wanted.contains(file->id)) continue;
      rows.push_back({.file_id = file->id,
                      .file_name = file->file_name,
                      .size_bytes = footer->size(),
                      .footer = footer->size() <= limit_bytes ? footer : std::nullopt});
    }
    return rows;
  }

  Result<std::optional<FileRow>> GetFile(FileId id) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    for (const auto& files : std::views::values(state_->files)) {
      const auto found =
          std::ranges::lower_bound(files, id, {}, [](const auto& file) { return file->id; });
      if (found != files.end() && (*found)->id == id) return **found;
    }
    return std::nullopt;
  }

  Result<std::optional<JobRow>> GetJob(JobId id) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    return state_->FindJob(id);
  }

  Result<std::vector<JobRow>> ListJobs(const JobFilter& filter) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<JobRow> rows;
    for (const auto& [id, status] : state_->statuses | std::views::reverse) {
      if (IsFull(rows, filter.limit)) break;
      if (filter.before && id >= *filter.before) continue;
      if (Matches(filter, status)) AddJob(id, rows);
    }
    return rows;
  }

  Result<std::vector<JobRow>> ListJobsOfVersion(const DatasetVersion& version) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<std::pair<std::int64_t, JobId>> found;  // By first event.
    for (const auto& [id, events] : state_->events) {
      const auto first = std::ranges::find_if(events, [&](const StoredEvent& event) {
        return event.event_type == ToString(JobStatus::kScheduled) && event.detail &&
               ReadScheduledVersion(*event.detail) == version;
      });
      if (first != events.end()) found.emplace_back(first->id, id);
    }
    std::ranges::sort(found);
    std::vector<JobRow> rows;
    for (const JobId id : std::views::values(found)) AddJob(id, rows);
    return rows;
  }

  Result<std::vector<JobEventRow>> ListJobEvents(JobId id) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<JobEventRow> rows;
    const auto found = state_->events.find(id);
    if (found == state_->events.end()) return rows;
    for (const StoredEvent& event : found->second) {
      AddIfReadable(MemoryState::MakeEventRow(id, event), rows);
    }
    return rows;
  }

  Result<std::optional<JobEventRow>> GetJobEvent(JobId id, std::int64_t event_id) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto of_job = state_->events.find(id);
    if (of_job == state_->events.end()) return std::nullopt;
    const auto found = std::ranges::find(of_job->second, event_id, &StoredEvent::id);
    if (found == of_job->second.end()) return std::nullopt;
    return MemoryState::MakeEventRow(id, *found);
  }

  Result<std::vector<WorkerRow>> ListWorkers() override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<WorkerRow> rows;
    for (const auto& [node_id, worker] : state_->workers) {
      AddIfReadable(MemoryState::MakeWorkerRow(node_id, worker), rows);
    }
    return rows;
  }

  Result<std::optional<WorkerRow>> GetWorker(std::string_view node_id) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto found = state_->workers.find(node_id);
    if (found == state_->workers.end()) return std::nullopt;
    return MemoryState::MakeWorkerRow(found->first, found->second);
  }

  Result<std::vector<ChainHeadRow>> ListChainHeads() override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto rows = std::views::values(state_->heads);
    return std::vector<ChainHeadRow>(rows.begin(), rows.end());
  }

  Result<std::vector<LocationId>> ListLocationsToCollect() override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::set<LocationId> locations;
    for (const StoredSchedule& entry : std::views::values(state_->schedule)) {
      if (entry.expiration <= now_) locations.insert(entry.location);
    }
    return std::vector<LocationId>(locations.begin(), locations.end());
  }

  Result<std::optional<Collectable>> GetCollectable(LocationId location) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto revision = state_->revisions.find(location);
    if (revision == state_->revisions.end()) return std::nullopt;
    Collectable collectable{.version = revision->second.version, .expired = {}};
    for (const auto& [file, entry] : state_->schedule) {
      if (entry.location == location && entry.expiration <= now_) {
        collectable.expired.push_back(file);
      }
    }
    return collectable;
  }

  Result<std::vector<CondemnedObject>> ListCondemnedObjects(std::size_t limit) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<CondemnedObject> objects;
    for (const auto& [key, stored] : state_->condemned) {
      if (objects.size() == limit) break;
      if (stored.deleted_at) continue;
      objects.push_back(
          {.location = key.location, .path = stored.path, .file_name = key.file_name});
    }
    return objects;
  }

  Result<std::optional<FeedReading>> ReadFeed(const std::optional<FeedPosition>& since) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    return metadata_db::ReadFeed(*state_, since);
  }

 private:
  void AddJob(JobId id, std::vector<JobRow>& rows) const {
    auto found = state_->FindJob(id);
    if (!found) return ReportRowLeftOut(found.error());
    if (auto job = *std::move(found)) rows.push_back(*std::move(job));
  }

  const std::shared_ptr<const MemoryState> state_;
  const UtcTime now_;
  const Deadline deadline_;
};

}  // namespace

std::unique_ptr<MetadataReader> MakeMemoryReader(std::shared_ptr<const MemoryState> state,
                                                 UtcTime now, Deadline deadline) {
  return std::make_unique<MemoryReader>(std::move(state), now, deadline);
}

}  // namespace tidemark::metadata_db
