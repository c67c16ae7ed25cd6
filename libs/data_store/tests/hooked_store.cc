#include "hooked_store.h"

#include <utility>

namespace tidemark::data_store {
namespace {

using namespace metadata_db;

class HookedReader final : public MetadataReader {
 public:
  HookedReader(std::unique_ptr<MetadataReader> target, const Hooks& hooks)
      : target_(std::move(target)), hooks_(hooks) {}

  Result<std::optional<ManifestRow>> GetManifest(const ManifestHash& hash) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->GetManifest(hash);
  }
  Result<bool> IsManifestLinked(const DatasetVersion& version) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->IsManifestLinked(version);
  }
  Result<std::optional<TagRow>> GetTag(const DatasetName& dataset, std::string_view tag) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->GetTag(dataset, tag);
  }
  Result<std::vector<TagRow>> ListTags(const DatasetName& dataset) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->ListTags(dataset);
  }
  Result<std::vector<TagRow>> ListAllTags() override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->ListAllTags();
  }
  Result<std::vector<TableRow>> ListTables(const DatasetVersion& version) override {
    TIDEMARK_TRY(hooks_.before_call());
    TIDEMARK_TRY(auto tables, target_->ListTables(version));
    hooks_.edit_tables(tables);
    return tables;
  }
  Result<std::optional<TableRow>> GetTable(const DatasetVersion& version,
                                           std::string_view table_name) override {
    TIDEMARK_TRY(hooks_.before_call());
    TIDEMARK_TRY(auto table, target_->GetTable(version, table_name));
    if (!table) return std::nullopt;
    std::vector<TableRow> tables = {*table};
    hooks_.edit_tables(tables);
    return tables.front();
  }
  Result<std::vector<FileRow>> ListFiles(LocationId location) override {
    TIDEMARK_TRY(hooks_.before_call());
    TIDEMARK_TRY(auto files, target_->ListFiles(location));
    hooks_.edit_files(files);
    return files;
  }
  Result<std::optional<JobRow>> GetJob(JobId id) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->GetJob(id);
  }
  Result<std::vector<JobRow>> ListJobs(const JobFilter& filter) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->ListJobs(filter);
  }
  Result<std::vector<JobEventRow>> ListJobEvents(JobId id) override {
    TIDEMARK_TRY(hooks_.before_call());
    TIDEMARK_TRY(auto events, target_->ListJobEvents(id));
    hooks_.edit_events(events);
    return events;
  }
  Result<std::vector<WorkerRow>> ListWorkers() override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->ListWorkers();
  }

 private:
  std::unique_ptr<MetadataReader> target_;
  const Hooks& hooks_;
};

class HookedStore final : public MetadataStore {
 public:
  HookedStore(MetadataStore& target, const Hooks& hooks) : target_(target), hooks_(hooks) {}

  Result<std::unique_ptr<MetadataReader>> OpenReader(Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    TIDEMARK_TRY(auto reader, target_.OpenReader(deadline));
    return std::make_unique<HookedReader>(std::move(reader), hooks_);
  }
  Status RegisterManifest(const ManifestRow& manifest, Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.RegisterManifest(manifest, deadline);
  }
  Status LinkManifest(const DatasetVersion& version, Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.LinkManifest(version, deadline);
  }
  Status SetVersionTag(const DatasetVersion& version, const SemanticVersion& tag,
                       Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.SetVersionTag(version, tag, deadline);
  }
  Result<std::vector<TableRow>> AcquireTables(const DatasetVersion& version, JobId writer,
                                              const std::vector<TableToWrite>& tables,
                                              Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.AcquireTables(version, writer, tables, deadline);
  }
  Result<std::vector<FileId>> CommitFiles(JobId writer, const std::vector<NewFile>& files,
                                          Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.CommitFiles(writer, files, deadline);
  }
  Result<JobId> ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                            Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.ScheduleJob(node_id, descriptor, deadline);
  }
  Status TransitionJob(JobId id, JobTransition transition, const std::optional<std::string>& detail,
                       Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.TransitionJob(id, transition, detail, deadline);
  }
  Status RegisterWorker(std::string_view node_id, std::string_view info_json,
                        Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.RegisterWorker(node_id, info_json, deadline);
  }
  Status Heartbeat(std::string_view node_id, Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.Heartbeat(node_id, deadline);
  }

 private:
  MetadataStore& target_;
  const Hooks& hooks_;
};

}  // namespace

std::unique_ptr<MetadataStore> MakeHookedStore(MetadataStore& target, const Hooks& hooks) {
  return std::make_unique<HookedStore>(target, hooks);
}

}  // namespace tidemark::data_store
