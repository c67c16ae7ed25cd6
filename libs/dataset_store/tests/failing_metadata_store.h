// A metadata store that can be told to fail.
#pragma once

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
      const DatasetVersion& version, JobId writer,
      const std::vector<metadata_db::TableToWrite>& tables, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.AcquireTables(version, writer, tables, deadline);
  }
  Result<std::vector<FileId>> CommitFiles(JobId writer,
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
  Status TransitionJob(JobId id, metadata_db::JobTransition transition,
                       const std::optional<std::string>& detail, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.TransitionJob(id, transition, detail, deadline);
  }
  Status RegisterWorker(std::string_view node_id, std::string_view info_json,
                        Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.RegisterWorker(node_id, info_json, deadline);
  }
  Status Heartbeat(std::string_view node_id, Deadline deadline) override {
    TIDEMARK_TRY(Check());
    return target_.Heartbeat(node_id, deadline);
  }

 private:
  Status Check() {
    if (first_failing_call && calls++ >= *first_failing_call) return std::unexpected(failure);
    return {};
  }

  metadata_db::MetadataStore& target_;
};

}  // namespace tidemark::dataset_store
