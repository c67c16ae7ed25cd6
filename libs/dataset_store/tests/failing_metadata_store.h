// A metadata store that can be told to fail.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::dataset_store {

/// Passes every call on to `target`, but fails with `failure` from the call on whose number,
/// counted from 0, is `first_failing_call`.
class FailingMetadataStore final : public metadata_db::MetadataStore {
 public:
  explicit FailingMetadataStore(metadata_db::MetadataStore& target) : target_(target) {}

  Error failure{ErrorCode::kUnavailable, "SQLITE_BUSY at /secret/path.db"};
  std::optional<int> first_failing_call;
  int calls = 0;

  bool is_read_only() const override { return target_.is_read_only(); }
  Result<std::unique_ptr<metadata_db::MetadataReader>> OpenReader(Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.OpenReader(deadline);
  }
  Status RegisterManifest(const metadata_db::ManifestRow& manifest, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.RegisterManifest(manifest, deadline);
  }
  Status LinkManifest(const DatasetVersion& version, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.LinkManifest(version, deadline);
  }
  Status SetVersionTag(const DatasetVersion& version, const SemanticVersion& tag,
                       Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.SetVersionTag(version, tag, deadline);
  }
  Result<std::vector<metadata_db::TableRow>> AcquireTables(
      const DatasetVersion& version, const metadata_db::JobClaim& writer,
      const std::vector<metadata_db::TableToWrite>& tables, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.AcquireTables(version, writer, tables, deadline);
  }
  Result<std::vector<FileId>> CommitFiles(const metadata_db::JobClaim& writer,
                                          const std::vector<metadata_db::NewFile>& files,
                                          Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.CommitFiles(writer, files, deadline);
  }
  Result<JobId> ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                            Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.ScheduleJob(node_id, descriptor, deadline);
  }
  Status TransitionJob(const metadata_db::JobClaim& claim, metadata_db::JobTransition transition,
                       const std::optional<std::string>& detail, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.TransitionJob(claim, transition, detail, deadline);
  }
  Result<std::vector<JobId>> TakeOverJobs(std::string_view node_id,
                                          metadata_db::SilenceLimit silence, std::size_t limit,
                                          Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.TakeOverJobs(node_id, silence, limit, deadline);
  }
  Result<std::vector<JobId>> HandOverJobs(std::string_view node_id,
                                          metadata_db::SilenceLimit silence,
                                          Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.HandOverJobs(node_id, silence, deadline);
  }
  Result<UtcTime> RegisterWorker(std::string_view node_id, std::string_view info_json,
                                 Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.RegisterWorker(node_id, info_json, deadline);
  }
  Status Heartbeat(std::string_view node_id, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.Heartbeat(node_id, deadline);
  }
  Result<LocationId> RegisterRevision(const metadata_db::TableLocation& location,
                                      Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.RegisterRevision(location, deadline);
  }
  Result<std::uint64_t> RestoreFiles(LocationId location,
                                     const std::vector<metadata_db::NewFile>& files,
                                     Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.RestoreFiles(location, files, deadline);
  }
  Status ActivateRevision(const DatasetVersion& version, std::string_view table_name,
                          LocationId revision, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.ActivateRevision(version, table_name, revision, deadline);
  }
  Status DeactivateTable(const DatasetVersion& version, std::string_view table_name,
                         Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.DeactivateTable(version, table_name, deadline);
  }
  Status DeleteJob(JobId id, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.DeleteJob(id, deadline);
  }
  Result<std::uint64_t> DeleteJobs(const std::vector<JobStatus>& statuses,
                                   Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.DeleteJobs(statuses, deadline);
  }
  Result<bool> LeaseChainHead(std::string_view network, std::string_view owner,
                              std::chrono::milliseconds duration, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.LeaseChainHead(network, owner, duration, deadline);
  }
  Status PutChainHead(const metadata_db::ChainHeadRow& head, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.PutChainHead(head, deadline);
  }
  Result<FileId> ReplaceFiles(const metadata_db::JobClaim& writer, const metadata_db::NewFile& file,
                              const std::vector<FileId>& parents,
                              metadata_db::CollectionDelay delay, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.ReplaceFiles(writer, file, parents, delay, deadline);
  }
  Status ScheduleCollection(LocationId location, std::uint64_t version,
                            const std::vector<FileId>& files, metadata_db::CollectionDelay delay,
                            Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.ScheduleCollection(location, version, files, delay, deadline);
  }
  Status RemoveFiles(const std::optional<metadata_db::JobClaim>& writer,
                     const metadata_db::FileRemoval& removal, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.RemoveFiles(writer, removal, deadline);
  }
  Result<std::uint64_t> CondemnObjects(LocationId location,
                                       const std::vector<std::string>& file_names,
                                       Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.CondemnObjects(location, file_names, deadline);
  }
  Status ForgetObjects(const std::vector<metadata_db::CondemnedObject>& objects,
                       Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.ForgetObjects(objects, deadline);
  }
  Result<std::uint64_t> PruneFeed(std::chrono::milliseconds keep, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.PruneFeed(keep, deadline);
  }

 private:
  Status Check() {
    if (first_failing_call && calls++ >= *first_failing_call) return std::unexpected(failure);
    return {};
  }

  metadata_db::MetadataStore& target_;
};

}  // namespace tidemark::dataset_store
