// A dataset version, its job and its files in a metadata store in memory, ready to be asked about.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hooked_store.h"
#include "tidemark/base/clock.h"
#include "tidemark/data_store/data_store.h"
#include "tidemark/data_store/jobs.h"
#include "tidemark/metadata_db/metadata_db.h"
#include "tidemark/model/model.h"

namespace tidemark::data_store {

/// Stands still until it is moved.
class ManualClock final : public Clock {
 public:
  UtcTime Now() const override { return now_; }
  SteadyTime SteadyNow() const override { return SteadyTime(now_.time_since_epoch()); }
  void Advance(std::chrono::nanoseconds duration) { now_ += duration; }

 private:
  UtcTime now_ = std::chrono::sys_days{std::chrono::January / 2 / 2026};
};

/// The version of dataset `eth/<name>` whose manifest hash is all the digit 1.
DatasetVersion MakeVersion(std::string_view name);
JobDescriptor MakeDescriptor(const DatasetVersion& version);

/// Metadata JSON of a segment, as a worker writes it.
std::string MetadataOf(const Segment& segment, std::string_view file_name);

class DataLake {
 public:
  DataLake();

  ManualClock clock;
  Hooks hooks;
  std::unique_ptr<metadata_db::MetadataStore> memory = metadata_db::MakeMemoryStore(clock);
  /// What the objects under test see: `memory` through `hooks`.
  std::unique_ptr<metadata_db::MetadataStore> store = MakeHookedStore(*memory, hooks);
  /// Reads all files for each question, because `hooks` may edit them behind the versions' back.
  std::unique_ptr<DataStore> data = MakeDataStore(*store, SystemClock(), KeepIndexes::kNo);
  std::unique_ptr<Jobs> jobs = MakeJobs(*store, clock);

  DatasetVersion version = MakeVersion("mainnet");
  JobId job;

  /// Makes sure that the table has an active revision, which the job writes.
  metadata_db::TableRow Acquire(const std::string& table);
  /// Commits a file with any metadata. Files are named 1.parquet, 2.parquet ...
  void CommitRow(const std::string& table, const std::string& metadata, std::uint64_t size_bytes);
  /// Commits segments written in the notation of tests/data/chain/chains.txt, without file ids.
  void Commit(const std::string& table, std::string_view segments);

  /// Commits one segment in place of other files, which are removed.
  void Replace(const std::string& table, const std::vector<FileId>& parents,
               std::string_view segment);

  /// Through a snapshot of its own.
  Result<std::optional<TableProgress>> GetProgress(std::string_view table,
                                                   const ProgressRules& rules = {});
  Result<std::vector<TableWriterInfo>> GetWriters();

 private:
  metadata_db::NewFile MakeFile(const std::string& table, const std::string& metadata,
                                std::uint64_t size_bytes);

  int files_ = 0;
};

}  // namespace tidemark::data_store
