#include <algorithm>
#include <ranges>

#include "memory_state.h"
#include "tidemark/metadata_db/write_rules.h"

namespace tidemark::metadata_db {
namespace {

bool Matches(const JobFilter& filter, const JobRow& job) {
  if (filter.statuses &&
      std::ranges::find(*filter.statuses, job.status) == filter.statuses->end()) {
    return false;
  }
  if (filter.node_id && *filter.node_id != job.node_id) return false;
  return !filter.before || job.id < *filter.before;
}

class MemoryReader final : public MetadataReader {
 public:
  MemoryReader(std::shared_ptr<const MemoryState> state, Deadline deadline)
      : state_(std::move(state)), deadline_(deadline) {}

  Result<std::optional<ManifestRow>> GetManifest(const ManifestHash& hash) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto found = state_->manifests.find(hash);
    if (found == state_->manifests.end()) return std::nullopt;
    return found->second;
  }

  Result<bool> IsManifestLinked(const DatasetVersion& version) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    return state_->links.contains(version);
  }

  Result<std::optional<TagRow>> GetTag(const DatasetName& dataset, std::string_view tag) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto found = state_->tags.find({.dataset = dataset, .version = std::string(tag)});
    if (found == state_->tags.end()) return std::nullopt;
    return found->second;
  }

  Result<std::vector<TagRow>> ListTags(const DatasetName& dataset) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    return state_->TagsOf(dataset);
  }

  Result<std::vector<TagRow>> ListAllTags() override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto rows = std::views::values(state_->tags);
    return std::vector<TagRow>(rows.begin(), rows.end());
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
    const TableKey key{.version = version, .table_name = std::string(table_name)};
    const auto found = state_->tables.find(key);
    if (found == state_->tables.end()) return std::nullopt;
    return state_->MakeTableRow(key, found->second);
  }

  Result<std::vector<FileRow>> ListFiles(LocationId location) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<FileRow> rows;
    const auto found = state_->revisions.find(location);
    if (found == state_->revisions.end()) return rows;
    rows.reserve(found->second.files.size());
    for (const auto& file : found->second.files) rows.push_back(*file);
    return rows;
  }

  Result<std::optional<JobRow>> GetJob(JobId id) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto found = state_->jobs.find(id);
    if (found == state_->jobs.end()) return std::nullopt;
    return found->second.row;
  }

  Result<std::vector<JobRow>> ListJobs(const JobFilter& filter) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    std::vector<JobRow> rows;
    for (const Job& job : std::views::values(state_->jobs) | std::views::reverse) {
      if (filter.limit && rows.size() >= *filter.limit) break;
      if (Matches(filter, job.row)) rows.push_back(job.row);
    }
    return rows;
  }

  Result<std::vector<JobEventRow>> ListJobEvents(JobId id) override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto found = state_->jobs.find(id);
    if (found == state_->jobs.end()) return std::vector<JobEventRow>();
    return found->second.events;
  }

  Result<std::vector<WorkerRow>> ListWorkers() override {
    TIDEMARK_TRY(CheckDeadline(deadline_));
    const auto rows = std::views::values(state_->workers);
    return std::vector<WorkerRow>(rows.begin(), rows.end());
  }

 private:
  const std::shared_ptr<const MemoryState> state_;
  const Deadline deadline_;
};

}  // namespace

TableRow MemoryState::MakeTableRow(const TableKey& key, std::optional<LocationId> active) const {
  TableRow row{.version = key.version, .table_name = key.table_name, .active_revision = active};
  if (!active) return row;
  const TableRevision& revision = revisions.at(*active);
  row.path = revision.path;
  row.writer = revision.writer;
  if (revision.writer) row.writer_status = jobs.at(*revision.writer).row.status;
  row.revision_version = revision.version;
  return row;
}

std::vector<TagRow> MemoryState::TagsOf(const DatasetName& dataset) const {
  std::vector<TagRow> rows;
  for (const auto& [key, tag] : tags) {
    if (key.dataset == dataset) rows.push_back(tag);
  }
  return rows;
}

std::unique_ptr<MetadataReader> MakeMemoryReader(std::shared_ptr<const MemoryState> state,
                                                 Deadline deadline) {
  return std::make_unique<MemoryReader>(std::move(state), deadline);
}

}  // namespace tidemark::metadata_db
