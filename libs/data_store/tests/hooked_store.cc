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
  Status VisitFilesAfter(LocationId location, FileId after, const FileVisitor& visit) override {
    TIDEMARK_TRY(hooks_.before_call());
    TIDEMARK_TRY(auto files, target_->ListFiles(location));
    std::erase_if(files, [&](const FileRow& file) { return file.id <= after; });
    hooks_.edit_files(files);
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (i == hooks_.files_before_failure) {
        return MakeError(ErrorCode::kUnavailable, "the visit breaks off");
      }
      visit(FileView::Of(files[i]));
    }
    return {};
  }
  Result<std::vector<FileRow>> ListFiles(LocationId location) override {
    TIDEMARK_TRY(hooks_.before_call());
    TIDEMARK_TRY(auto files, target_->ListFiles(location));
    hooks_.edit_files(files);
    return files;
  }
  Result<std::vector<FooterRow>> ListFooters(LocationId location, std::span<const FileId> files,
                                             std::uint64_t limit_bytes) override {
    TIDEMARK_TRY(hooks_.before_call());
    TIDEMARK_TRY(hooks_.before_footers(files.size(), limit_bytes));
    TIDEMARK_TRY(auto footers, target_->ListFooters(location, files, limit_bytes));
    hooks_.edit_footers(footers);
    return footers;
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
  Result<std::vector<ManifestUseRow>> ListManifests() override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->ListManifests();
  }
  Result<std::vector<TagRow>> ListTagsOfManifest(const ManifestHash& hash) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->ListTagsOfManifest(hash);
  }
  Result<std::vector<TableRow>> ListTablesWrittenBy(JobId writer) override {
    TIDEMARK_TRY(hooks_.before_call());
    TIDEMARK_TRY(auto tables, target_->ListTablesWrittenBy(writer));
    hooks_.edit_tables(tables);
    return tables;
  }
  Result<std::optional<RevisionRow>> GetRevision(LocationId id) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->GetRevision(id);
  }
  Result<std::vector<RevisionRow>> ListRevisions(const RevisionFilter& filter) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->ListRevisions(filter);
  }
  Result<std::optional<FileRow>> GetFile(FileId id) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->GetFile(id);
  }
  Result<std::vector<JobRow>> ListJobsOfVersion(const DatasetVersion& version) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->ListJobsOfVersion(version);
  }
  Result<std::optional<JobEventRow>> GetJobEvent(JobId id, std::int64_t event_id) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->GetJobEvent(id, event_id);
  }
  Result<std::optional<WorkerRow>> GetWorker(std::string_view node_id) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->GetWorker(node_id);
  }
  Result<std::vector<ChainHeadRow>> ListChainHeads() override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->ListChainHeads();
  }
  Result<std::vector<LocationId>> ListLocationsToCollect() override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->ListLocationsToCollect();
  }
  Result<std::optional<Collectable>> GetCollectable(LocationId location) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->GetCollectable(location);
  }
  Result<std::vector<CondemnedObject>> ListCondemnedObjects(std::size_t limit) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_->ListCondemnedObjects(limit);
  }
  Result<std::optional<metadata_db::FeedReading>> ReadFeed(
      const std::optional<metadata_db::FeedPosition>& since) override {
    TIDEMARK_TRY(hooks_.before_call());
    if (!hooks_.has_feed) return std::nullopt;
    TIDEMARK_TRY(auto reading, target_->ReadFeed(since));
    if (reading) hooks_.edit_feed(*reading);
    return reading;
  }

 private:
  std::unique_ptr<MetadataReader> target_;
  const Hooks& hooks_;
};

class HookedStore final : public MetadataStore {
 public:
  HookedStore(MetadataStore& target, const Hooks& hooks) : target_(target), hooks_(hooks) {}

  bool is_read_only() const override { return hooks_.is_read_only || target_.is_read_only(); }
  Result<std::unique_ptr<MetadataReader>> OpenReader(Deadline deadline) override {
    hooks_.see_deadline(deadline);
    TIDEMARK_TRY(hooks_.before_call());
    TIDEMARK_TRY(auto reader, target_.OpenReader(deadline));
    return std::make_unique<HookedReader>(std::move(reader), hooks_);
  }
  bool IsSurelyUnchanged(const metadata_db::FeedPosition& /*since*/) override {
    return hooks_.is_surely_unchanged();
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
  Result<std::vector<TableRow>> AcquireTables(const DatasetVersion& version, const JobClaim& writer,
                                              const std::vector<TableToWrite>& tables,
                                              Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.AcquireTables(version, writer, tables, deadline);
  }
  Result<std::vector<FileId>> CommitFiles(const JobClaim& writer, const std::vector<NewFile>& files,
                                          Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.CommitFiles(writer, files, deadline);
  }
  Result<JobId> ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                            Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.ScheduleJob(node_id, descriptor, deadline);
  }
  Status TransitionJob(const JobClaim& claim, JobTransition transition,
                       const std::optional<std::string>& detail, Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.TransitionJob(claim, transition, detail, deadline);
  }
  Result<std::vector<JobId>> TakeOverJobs(std::string_view node_id, SilenceLimit silence,
                                          std::size_t limit, Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.TakeOverJobs(node_id, silence, limit, deadline);
  }
  Result<std::vector<JobId>> HandOverJobs(std::string_view node_id, SilenceLimit silence,
                                          Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.HandOverJobs(node_id, silence, deadline);
  }
  Result<UtcTime> RegisterWorker(std::string_view node_id, std::string_view info_json,
                                 Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.RegisterWorker(node_id, info_json, deadline);
  }
  Status Heartbeat(std::string_view node_id, Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.Heartbeat(node_id, deadline);
  }
  Result<LocationId> RegisterRevision(const TableLocation& location, Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.RegisterRevision(location, deadline);
  }
  Result<std::uint64_t> RestoreFiles(LocationId location, const std::vector<NewFile>& files,
                                     Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    TIDEMARK_TRY(hooks_.before_restore(files));
    return target_.RestoreFiles(location, files, deadline);
  }
  Status ActivateRevision(const DatasetVersion& version, std::string_view table_name,
                          LocationId revision, Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.ActivateRevision(version, table_name, revision, deadline);
  }
  Status DeactivateTable(const DatasetVersion& version, std::string_view table_name,
                         Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.DeactivateTable(version, table_name, deadline);
  }
  Status DeleteJob(JobId id, Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.DeleteJob(id, deadline);
  }
  Result<std::uint64_t> DeleteJobs(const std::vector<JobStatus>& statuses,
                                   Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.DeleteJobs(statuses, deadline);
  }
  Result<bool> LeaseChainHead(std::string_view network, std::string_view owner,
                              std::chrono::milliseconds duration, Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.LeaseChainHead(network, owner, duration, deadline);
  }
  Status PutChainHead(const ChainHeadRow& head, Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.PutChainHead(head, deadline);
  }
  Result<FileId> ReplaceFiles(const JobClaim& writer, const NewFile& file,
                              const std::vector<FileId>& parents, CollectionDelay delay,
                              Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.ReplaceFiles(writer, file, parents, delay, deadline);
  }
  Status ScheduleCollection(LocationId location, std::uint64_t version,
                            const std::vector<FileId>& files, CollectionDelay delay,
                            Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.ScheduleCollection(location, version, files, delay, deadline);
  }
  Status RemoveFiles(const std::optional<JobClaim>& writer, const FileRemoval& removal,
                     Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.RemoveFiles(writer, removal, deadline);
  }
  Result<std::uint64_t> CondemnObjects(LocationId location,
                                       const std::vector<std::string>& file_names,
                                       Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.CondemnObjects(location, file_names, deadline);
  }
  Status ForgetObjects(const std::vector<CondemnedObject>& objects, Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.ForgetObjects(objects, deadline);
  }
  Result<std::uint64_t> PruneFeed(std::chrono::milliseconds keep, Deadline deadline) override {
    TIDEMARK_TRY(hooks_.before_call());
    return target_.PruneFeed(keep, deadline);
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
