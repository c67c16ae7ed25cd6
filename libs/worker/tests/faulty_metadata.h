// A metadata store that fails as planned.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "faults.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::worker {

/// Passes everything on to another store. Thread-safe.
class FaultyMetadata final : public metadata_db::MetadataStore {
 public:
  FaultyMetadata(metadata_db::MetadataStore& store, Signal& signal)
      : faults(signal),
        commit_faults(signal),
        lost_answers(signal),
        heartbeat_faults(signal),
        registration_faults(signal),
        store_(store) {}

  /// Counts all calls but those of the node's own row and readers' own; a failing one has no
  /// effect.
  Faults faults;
  /// Counts CommitFiles; a failing one has no effect.
  Faults commit_faults;
  /// Counts CommitFiles and TransitionJob; a failing one takes effect, and its answer is lost.
  Faults lost_answers;
  Faults heartbeat_faults;
  Faults registration_faults;
  /// Calls of RegisterWorker that had effect.
  std::atomic<std::uint64_t> registrations = 0;

  Result<std::unique_ptr<metadata_db::MetadataReader>> OpenReader(Deadline deadline) override;
  Status RegisterManifest(const metadata_db::ManifestRow& manifest, Deadline deadline) override;
  Status LinkManifest(const DatasetVersion& version, Deadline deadline) override;
  Status SetVersionTag(const DatasetVersion& version, const SemanticVersion& tag,
                       Deadline deadline) override;
  Result<std::vector<metadata_db::TableRow>> AcquireTables(
      const DatasetVersion& version, JobId writer,
      const std::vector<metadata_db::TableToWrite>& tables, Deadline deadline) override;
  Result<std::vector<FileId>> CommitFiles(JobId writer,
                                          const std::vector<metadata_db::NewFile>& files,
                                          Deadline deadline) override;
  Result<JobId> ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                            Deadline deadline) override;
  Status TransitionJob(JobId id, metadata_db::JobTransition transition,
                       const std::optional<std::string>& detail, Deadline deadline) override;
  Status RegisterWorker(std::string_view node_id, std::string_view info_json,
                        Deadline deadline) override;
  Status Heartbeat(std::string_view node_id, Deadline deadline) override;

 private:
  metadata_db::MetadataStore& store_;
};

}  // namespace tidemark::worker
