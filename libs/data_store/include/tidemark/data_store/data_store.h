// The questions that Tidemark answers, and the only door to the data plane: DataStore (progress and
// writers of tables), Jobs (jobs and workers). Here: what the committed rows mean. Not here:
// manifests and versions (dataset_store), JSON and HTTP (admin_api), SQL (metadata_db).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/job.h"
#include "tidemark/model/names.h"
#include "tidemark/model/segment.h"

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

/// How fast a table is being committed, by the creation times of the files of its canonical chain.
struct CommitRate {
  double blocks_per_second = 0;
  /// What the rate is an average over: the last minute, or less for a table that is younger.
  std::chrono::seconds window{0};
  UtcTime last_commit_at;  // The newest creation time.

  friend bool operator==(const CommitRate&, const CommitRate&) = default;
};

/// Sync progress of one table that has an active revision (spec 4.3).
struct TableProgress {
  /// Ends of the synced range, both included. Absent if there is no canonical chain, or if the
  /// table covers several networks: then `ranges` tells.
  std::optional<BlockNumber> start_block;
  std::optional<BlockNumber> current_block;
  std::uint64_t files_count = 0;       // Of the canonical chain.
  std::uint64_t total_size_bytes = 0;  // Of the canonical chain.

  std::vector<NetworkRange> ranges;  // One a network, by network; empty if there is no chain.
  LocationId revision_id;
  std::uint64_t version = 0;            // Rises with every change of the table's rows.
  std::uint64_t quarantined_files = 0;  // Rows that cannot be read, left out of everything above.
  std::optional<CommitRate> rate;  // Absent if there is no chain, or if it covers several networks.
};

/// The job that writes a table, if there is one.
struct TableWriterInfo {
  std::string table_name;
  std::optional<JobId> job_id;
  std::optional<JobStatus> job_status;
};

/// What the dataset's definition says about progress.
struct ProgressRules {
  /// Raw datasets have one: a chain that begins later counts as no chain (amp-facts 4.5).
  std::optional<BlockNumber> start_block;
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

  /// One entry for each registered table with an active revision, by name.
  /// Errors: kUnavailable (DatabaseError).
  virtual Result<std::vector<TableWriterInfo>> GetTablesWriterInfo(
      Snapshot& snapshot, const DatasetVersion& version) = 0;
};

/// `store` and `clock` must outlive the result. `clock` tells how long ago a commit was.
std::unique_ptr<DataStore> MakeDataStore(metadata_db::MetadataStore& store,
                                         const Clock& clock = SystemClock());

}  // namespace tidemark::data_store
