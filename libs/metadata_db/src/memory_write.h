// What the in-memory store's functions do to its state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "memory_state.h"

namespace tidemark::metadata_db {

/// One write: changes a private copy of the state, which becomes the store's if the write succeeds.
/// Errors as MetadataStore documents them.
struct MemoryWrite {
  MemoryState& state;
  UtcTime time;     // Of everything that it writes.
  std::string now;  // The same, as the tables hold it.

  void PutTag(const DatasetVersion& version, std::string_view tag) const;

  Status AcquireTable(const TableKey& key, JobId writer, const std::string& path_if_new) const;
  LocationId FindOrAddRevision(const TableKey& key, const std::string& path) const;
  /// `active` is what the table's row holds.
  void Activate(std::optional<LocationId>& active, std::optional<LocationId> revision) const;
  Result<FileId> CommitFile(JobId writer, const NewFile& file) const;
  FileId AddFile(LocationId location, const NewFile& file) const;
  bool IsCondemned(LocationId location, const std::string& file_name) const;

  Status CheckClaimOf(const JobClaim& writer) const;
  Result<FileId> ReplaceFiles(const JobClaim& writer, const NewFile& file,
                              const std::vector<FileId>& parents, CollectionDelay delay) const;
  Status ScheduleCollection(LocationId location, std::uint64_t version,
                            const std::vector<FileId>& files, CollectionDelay delay) const;
  Status RemoveFiles(const std::optional<JobClaim>& writer, const FileRemoval& removal) const;
  Result<std::uint64_t> CondemnObjects(LocationId location,
                                       const std::vector<std::string>& file_names) const;
  void ForgetObjects(const std::vector<CondemnedObject>& objects) const;

  Result<JobId> ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor) const;
  /// The one place that changes a job's state, so that no change goes without its event.
  void EnterState(JobId id, std::string_view node_id, JobStatus status,
                  const std::optional<std::string>& detail) const;
  Result<std::vector<JobId>> TakeOverJobs(std::string_view node_id, SilenceLimit silence,
                                          std::size_t limit) const;
  Result<std::vector<JobId>> HandOverJobs(std::string_view node_id, SilenceLimit silence) const;
  void DeleteJob(JobId id) const;

 private:
  /// By id.
  std::vector<std::string> NodesNotGone(SilenceLimit silence) const;
  Status CheckMayCollect(LocationId location, const StoredRevision& revision) const;
  void Schedule(LocationId location, const std::vector<FileId>& files, CollectionDelay delay) const;
};

}  // namespace tidemark::metadata_db
