// The questions that Tidemark answers, and the only door to the data plane: DataStore (progress and
// writers of tables), Jobs (jobs and workers), Revisions (storage places). Here: what the committed
// rows mean. Not here: manifests and versions (dataset_store), JSON and HTTP (admin_api), SQL
// (metadata_db).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/data_store/health.h"
#include "tidemark/data_store/jobs.h"
#include "tidemark/data_store/table_progress.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/job.h"
#include "tidemark/model/names.h"

namespace tidemark::metadata_db {
class MetadataStore;
}

namespace tidemark::data_store {

/// The data plane at one moment of the database. All answers taken from one snapshot fit together.
/// Not thread-safe; keep it for one answer only.
class Snapshot {
 public:
  Snapshot() = default;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  virtual ~Snapshot() = default;
};

/// The job that writes a table, if there is one.
struct TableWriterInfo {
  std::string table_name;
  std::optional<JobId> job_id;
  std::optional<JobStatus> job_status;  // Absent also if the job has no state: WRITER_MISSING.
};

/// A table of a dataset version.
struct TableOfVersion {
  DatasetVersion version;
  std::string table_name;
};

/// Thread-safe. Blocks on the metadata database, up to the deadline of the snapshot.
class DataStore {
 public:
  DataStore() = default;
  DataStore(const DataStore&) = delete;
  DataStore& operator=(const DataStore&) = delete;
  virtual ~DataStore() = default;

  /// Sees every commit that had returned before this call.
  /// Errors: kUnavailable.
  virtual Result<std::unique_ptr<Snapshot>> OpenSnapshot(Deadline deadline) = 0;

  /// nullopt if the table has no active revision, which is no error (spec 4.3,
  /// PhysicalTableNotFound).
  /// Errors: kUnavailable (MetadataError: the database query failed), kCorruption (SnapshotFailed:
  /// the rows cannot be made sense of).
  virtual Result<std::optional<TableProgress>> GetTableProgress(Snapshot& snapshot,
                                                                const DatasetVersion& version,
                                                                std::string_view table_name,
                                                                const ProgressRules& rules) = 0;

  /// What is off the canonical chain, and what is missing; nullopt and errors as above. Takes time
  /// as all of the table's files do.
  virtual Result<std::optional<TableGaps>> GetTableGaps(Snapshot& snapshot,
                                                        const DatasetVersion& version,
                                                        std::string_view table_name,
                                                        const ProgressRules& rules) = 0;

  /// How many rows the table has; nullopt and errors as GetTableProgress. Takes time as all of the
  /// table's files do, and more for those whose footers were not read before: up to nearly the
  /// snapshot's deadline, so it is best asked last.
  virtual Result<std::optional<TableRows>> GetTableRows(Snapshot& snapshot,
                                                        const DatasetVersion& version,
                                                        std::string_view table_name,
                                                        const ProgressRules& rules) = 0;

  /// One entry for each registered table with an active revision, by name.
  /// Errors: kUnavailable (DatabaseError).
  virtual Result<std::vector<TableWriterInfo>> GetTablesWriterInfo(
      Snapshot& snapshot, const DatasetVersion& version) = 0;

  /// nullopt if there is no such job.
  /// Errors: kUnavailable.
  virtual Result<std::optional<JobInfo>> GetJob(Snapshot& snapshot, JobId id) = 0;

  /// The tables whose active revision the job writes, whichever dataset they are of, by table name,
  /// then by dataset version.
  /// Errors: kUnavailable.
  virtual Result<std::vector<TableOfVersion>> ListTablesWrittenBy(Snapshot& snapshot, JobId id) = 0;

  /// How the job that writes a table is, if any does.
  /// Errors: kUnavailable.
  virtual Result<JobHealth> GetJobHealth(Snapshot& snapshot, std::optional<JobId> writer) = 0;
};

/// Whether a table's files are kept as an index from one question to the next, so that a question
/// reads those that have come since, and how many rows each of them has. The answers are the same.
/// Where the database does not count the changes of a table all files are read each time.
enum class KeepIndexes : std::uint8_t { kNo, kYes };

/// `store` and `clock` must outlive the result. `clock` tells how long ago a commit or a heartbeat
/// was.
std::unique_ptr<DataStore> MakeDataStore(metadata_db::MetadataStore& store,
                                         const Clock& clock = SystemClock(),
                                         KeepIndexes keep = KeepIndexes::kYes);

}  // namespace tidemark::data_store
