// The seam between Tidemark and its metadata database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/job_transition.h"
#include "tidemark/metadata_db/rows.h"

namespace tidemark::metadata_db {

/// Which jobs ListJobs yields.
struct JobFilter {
  std::optional<std::vector<JobStatus>> statuses = std::nullopt;  // Absent: all.
  std::optional<std::string> node_id = std::nullopt;              // Absent: every node.
  std::optional<JobId> before = std::nullopt;                     // Only ids below this one.
  std::optional<std::size_t> limit = std::nullopt;                // Absent: all.
};

/// The database as it was at one moment: everything read through one reader fits together.
/// Not thread-safe. Keep it for one answer only; a reader that lives holds the database's log back.
/// Errors of every function: kUnavailable (no answer by the deadline it was opened with, or the
/// database is gone), kCorruption (a row breaks the schema's own rules).
class MetadataReader {
 public:
  MetadataReader() = default;
  MetadataReader(const MetadataReader&) = delete;
  MetadataReader& operator=(const MetadataReader&) = delete;
  virtual ~MetadataReader() = default;

  virtual Result<std::optional<ManifestRow>> GetManifest(const ManifestHash& hash) = 0;
  /// Whether the manifest is one of this dataset's, not merely known.
  virtual Result<bool> IsManifestLinked(const DatasetVersion& version) = 0;
  virtual Result<std::optional<TagRow>> GetTag(const DatasetName& dataset,
                                               std::string_view tag) = 0;
  /// All tags of one dataset, "latest" and "dev" among them, in text order.
  virtual Result<std::vector<TagRow>> ListTags(const DatasetName& dataset) = 0;
  /// All tags of all datasets, by dataset, then in text order.
  virtual Result<std::vector<TagRow>> ListAllTags() = 0;

  /// The tables of a dataset version that have been registered, by name.
  virtual Result<std::vector<TableRow>> ListTables(const DatasetVersion& version) = 0;
  virtual Result<std::optional<TableRow>> GetTable(const DatasetVersion& version,
                                                   std::string_view table_name) = 0;
  /// By file id, ascending.
  virtual Result<std::vector<FileRow>> ListFiles(LocationId location) = 0;

  virtual Result<std::optional<JobRow>> GetJob(JobId id) = 0;
  /// Newest id first.
  virtual Result<std::vector<JobRow>> ListJobs(const JobFilter& filter) = 0;
  /// Oldest first.
  virtual Result<std::vector<JobEventRow>> ListJobEvents(JobId id) = 0;

  /// By node id.
  virtual Result<std::vector<WorkerRow>> ListWorkers() = 0;
};

/// A table that a job is about to write.
struct TableToWrite {
  std::string table_name;
  std::string path_if_new;  // Of the revision to create if the table has no active one.
};

/// A file whose object is already durable.
struct NewFile {
  LocationId location_id;
  std::string file_name;
  std::string metadata;  // JSON: PrintSegmentMetadata.
  std::uint64_t object_size = 0;
  std::optional<std::string> object_e_tag = std::nullopt;
  std::string url;     // Of the revision's folder.
  std::string footer;  // Parquet metadata block, its length and magic; goes to footer_cache.
};

/// Datasets, tables, files, jobs and workers, stored. Thread-safe. Every function is one
/// transaction: after a failure nothing of it has happened, except that a commit whose outcome is
/// unknown fails with kUnavailable; all functions may then be called again with the same arguments.
/// Errors of every function: kUnavailable, kCorruption.
class MetadataStore {
 public:
  MetadataStore() = default;
  MetadataStore(const MetadataStore&) = delete;
  MetadataStore& operator=(const MetadataStore&) = delete;
  virtual ~MetadataStore() = default;

  /// The reader sees everything whose function had returned before this call.
  virtual Result<std::unique_ptr<MetadataReader>> OpenReader(Deadline deadline) = 0;

  /// Adds the manifest unless it is there.
  virtual Status RegisterManifest(const ManifestRow& manifest, Deadline deadline) = 0;
  /// Makes a registered manifest one of the dataset's, and its tag "dev" point at it.
  /// Errors: kNotFound if the manifest is not registered.
  virtual Status LinkManifest(const DatasetVersion& version, Deadline deadline) = 0;
  /// Points the version's tag at a linked manifest. "latest" follows unless the dataset has a
  /// greater version; pre-releases count like any other.
  /// Errors: kNotFound if the manifest is not linked to the dataset.
  virtual Status SetVersionTag(const DatasetVersion& version, const SemanticVersion& tag,
                               Deadline deadline) = 0;

  /// Makes sure that each table is registered and has an active revision, and that the job writes
  /// it. The rows come back in the order of `tables`. A path that has a revision already is that
  /// revision.
  /// Errors: kNotFound if there is no such job; kConflict if another job that is not terminal
  /// writes one of the revisions.
  virtual Result<std::vector<TableRow>> AcquireTables(const DatasetVersion& version, JobId writer,
                                                      const std::vector<TableToWrite>& tables,
                                                      Deadline deadline) = 0;
  /// Adds files, all or none. A file that is there already, with the same metadata and size, is
  /// left as it is. Ids come back in the order of `files`.
  /// Errors: kConflict if the job is not the writer of every location, if the job is terminal, or
  /// if a name is taken by a file with other content; kNotFound if there is no such job or
  /// location; kInvalidArgument if a size is over 2^63-1.
  virtual Result<std::vector<FileId>> CommitFiles(JobId writer, const std::vector<NewFile>& files,
                                                  Deadline deadline) = 0;

  /// Gives the version's job to `node_id`: a new job, or the one it has had, which keeps its id. An
  /// active job (SCHEDULED, RUNNING) with an equal descriptor is left alone.
  /// Errors: kNotFound if there is no such worker; kConflict if the job is active with another
  /// descriptor, or is being stopped.
  virtual Result<JobId> ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                                    Deadline deadline) = 0;
  /// Moves the job along one edge of its state machine, and logs the event. A stop request for a
  /// job that is stopping or terminal succeeds and changes nothing.
  /// `detail`: the error object for kFail and kFailForGood, else absent.
  /// Errors: kNotFound if there is no such job; kConflict, naming the state that it is in;
  /// kInvalidArgument if `detail` is absent for a failure, or present for anything else.
  virtual Status TransitionJob(JobId id, JobTransition transition,
                               const std::optional<std::string>& detail, Deadline deadline) = 0;

  /// Adds the worker, or renews its registration and info. Counts as a heartbeat.
  virtual Status RegisterWorker(std::string_view node_id, std::string_view info_json,
                                Deadline deadline) = 0;
  /// Errors: kNotFound if the worker never registered.
  virtual Status Heartbeat(std::string_view node_id, Deadline deadline) = 0;
};

}  // namespace tidemark::metadata_db
