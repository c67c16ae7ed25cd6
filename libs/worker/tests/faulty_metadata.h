// A metadata store that fails as planned.
#pragma once

#include <atomic>
#include <chrono>
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
        removal_faults(signal),
        lost_replacements(signal),
        lost_removals(signal),
        store_(store) {}

  /// Counts all calls but those of the node's own row and readers' own; a failing one has no
  /// effect.
  Faults faults;
  /// Counts CommitFiles; a failing one has no effect.
  Faults commit_faults;
  /// Counts CommitFiles and TransitionJob; a failing one takes effect, and its answer is lost.
  Faults lost_answers;
  /// While it is set, CommitFiles says yes and stores nothing.
  std::atomic<bool> loses_commits = false;
  std::atomic<std::uint64_t> lost_commits = 0;
  Faults heartbeat_faults;
  Faults registration_faults;
  /// Counts RemoveFiles; a failing one has no effect.
  Faults removal_faults;
  /// Counts ReplaceFiles; a failing one takes effect, and its answer is lost.
  Faults lost_replacements;
  /// The same for RemoveFiles.
  Faults lost_removals;
  /// Calls of RegisterWorker that had effect.
  std::atomic<std::uint64_t> registrations = 0;

  bool is_read_only() const override { return store_.is_read_only(); }
  Result<std::unique_ptr<metadata_db::MetadataReader>> OpenReader(Deadline deadline) override;
  Status RegisterManifest(const metadata_db::ManifestRow& manifest, Deadline deadline) override;
  Status LinkManifest(const DatasetVersion& version, Deadline deadline) override;
  Status SetVersionTag(const DatasetVersion& version, const SemanticVersion& tag,
                       Deadline deadline) override;
  Result<std::vector<metadata_db::TableRow>> AcquireTables(
      const DatasetVersion& version, const metadata_db::JobClaim& writer,
      const std::vector<metadata_db::TableToWrite>& tables, Deadline deadline) override;
  Result<std::vector<FileId>> CommitFiles(const metadata_db::JobClaim& writer,
                                          const std::vector<metadata_db::NewFile>& files,
                                          Deadline deadline) override;
  Result<JobId> ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                            Deadline deadline) override;
  Status TransitionJob(const metadata_db::JobClaim& claim, metadata_db::JobTransition transition,
                       const std::optional<std::string>& detail, Deadline deadline) override;
  Result<std::vector<JobId>> TakeOverJobs(std::string_view node_id,
                                          metadata_db::SilenceLimit silence, std::size_t limit,
                                          Deadline deadline) override;
  Result<std::vector<JobId>> HandOverJobs(std::string_view node_id,
                                          metadata_db::SilenceLimit silence,
                                          Deadline deadline) override;
  Result<UtcTime> RegisterWorker(std::string_view node_id, std::string_view info_json,
                                 Deadline deadline) override;
  Status Heartbeat(std::string_view node_id, Deadline deadline) override;
  Result<LocationId> RegisterRevision(const metadata_db::TableLocation& location,
                                      Deadline deadline) override;
  Result<std::uint64_t> RestoreFiles(LocationId location,
                                     const std::vector<metadata_db::NewFile>& files,
                                     Deadline deadline) override;
  Status ActivateRevision(const DatasetVersion& version, std::string_view table_name,
                          LocationId revision, Deadline deadline) override;
  Status DeactivateTable(const DatasetVersion& version, std::string_view table_name,
                         Deadline deadline) override;
  Status DeleteJob(JobId id, Deadline deadline) override;
  Result<std::uint64_t> DeleteJobs(const std::vector<JobStatus>& statuses,
                                   Deadline deadline) override;
  Result<bool> LeaseChainHead(std::string_view network, std::string_view owner,
                              std::chrono::milliseconds duration, Deadline deadline) override;
  Status PutChainHead(const metadata_db::ChainHeadRow& head, Deadline deadline) override;
  Result<FileId> ReplaceFiles(const metadata_db::JobClaim& writer, const metadata_db::NewFile& file,
                              const std::vector<FileId>& parents,
                              metadata_db::CollectionDelay delay, Deadline deadline) override;
  Status ScheduleCollection(LocationId location, std::uint64_t version,
                            const std::vector<FileId>& files, metadata_db::CollectionDelay delay,
                            Deadline deadline) override;
  Status RemoveFiles(const std::optional<metadata_db::JobClaim>& writer,
                     const metadata_db::FileRemoval& removal, Deadline deadline) override;
  Result<std::uint64_t> CondemnObjects(LocationId location,
                                       const std::vector<std::string>& file_names,
                                       Deadline deadline) override;
  Status ForgetObjects(const std::vector<metadata_db::CondemnedObject>& objects,
                       Deadline deadline) override;
  Result<std::uint64_t> PruneFeed(std::chrono::milliseconds keep, Deadline deadline) override;

 private:
  metadata_db::MetadataStore& store_;
};

}  // namespace tidemark::worker
