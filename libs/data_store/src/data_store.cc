#include "tidemark/data_store/data_store.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "commit_rate.h"
#include "physical_table.h"
#include "tidemark/chain/synced_range.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::data_store {
namespace {

/// One reader: that is what makes the answers of one snapshot fit together.
class ReaderSnapshot final : public Snapshot {
 public:
  explicit ReaderSnapshot(std::unique_ptr<metadata_db::MetadataReader> reader)
      : reader_(std::move(reader)) {}

  metadata_db::MetadataReader& reader() { return *reader_; }

 private:
  std::unique_ptr<metadata_db::MetadataReader> reader_;
};

Result<metadata_db::MetadataReader*> ReaderOf(Snapshot& snapshot) {
  auto* const ours = dynamic_cast<ReaderSnapshot*>(&snapshot);
  if (ours == nullptr) {
    return MakeError(ErrorCode::kInternal, "the snapshot is not one of a data store");
  }
  return &ours->reader();
}

Result<TableProgress> ProgressOf(const PhysicalTable& table, const TableSnapshot& snapshot,
                                 UtcTime now) {
  TIDEMARK_TRY(std::vector<NetworkRange> ranges, snapshot.SyncedRange());
  const chain::ChainTotals totals = chain::SumUp(snapshot.CanonicalSegments());
  const BlockRange* const blocks = ranges.size() == 1 ? &ranges.front().blocks : nullptr;
  return TableProgress{
      .start_block = blocks != nullptr ? std::optional(blocks->first()) : std::nullopt,
      .current_block = blocks != nullptr ? std::optional(blocks->last()) : std::nullopt,
      .files_count = totals.files_count,
      .total_size_bytes = totals.size_bytes,
      .ranges = std::move(ranges),
      .revision_id = table.revision_id(),
      .version = table.version(),
      .quarantined_files = snapshot.quarantined_files(),
      .rate =
          blocks != nullptr ? MeasureCommitRate(snapshot.CanonicalSegments(), now) : std::nullopt};
}

class MetadataDataStore final : public DataStore {
 public:
  MetadataDataStore(metadata_db::MetadataStore& store, const Clock& clock)
      : store_(store), clock_(clock) {}

  Result<std::unique_ptr<Snapshot>> OpenSnapshot(Deadline deadline) override {
    TIDEMARK_TRY(auto reader, store_.OpenReader(deadline));
    return std::make_unique<ReaderSnapshot>(std::move(reader));
  }

  Result<std::optional<TableProgress>> GetTableProgress(Snapshot& snapshot,
                                                        const DatasetVersion& version,
                                                        std::string_view table_name,
                                                        const ProgressRules& rules) override {
    auto progress = ComputeProgress(snapshot, version, table_name, rules);
    if (progress) return progress;
    return WithContext(
        fmt::format("progress of table {} of {}", table_name, ToString(version.dataset)),
        std::move(progress).error());
  }

  Result<std::vector<TableWriterInfo>> GetTablesWriterInfo(Snapshot& snapshot,
                                                           const DatasetVersion& version) override {
    TIDEMARK_TRY(auto* const reader, ReaderOf(snapshot));
    auto tables = reader->ListTables(version);
    if (!tables) {
      return WithContext(fmt::format("writers of the tables of {}", ToString(version.dataset)),
                         std::move(tables).error());
    }
    std::vector<TableWriterInfo> writers;
    for (metadata_db::TableRow& table : *tables) {
      if (!table.active_revision) continue;
      writers.push_back({.table_name = std::move(table.table_name),
                         .job_id = table.writer,
                         .job_status = table.writer_status});
    }
    return writers;
  }

 private:
  Result<std::optional<TableProgress>> ComputeProgress(Snapshot& snapshot,
                                                       const DatasetVersion& version,
                                                       std::string_view table_name,
                                                       const ProgressRules& rules) const {
    TIDEMARK_TRY(auto* const reader, ReaderOf(snapshot));
    TIDEMARK_TRY(const auto table, PhysicalTable::GetActive(*reader, version, table_name));
    if (!table) return std::nullopt;
    TIDEMARK_TRY(const auto table_snapshot, table->Snapshot(*reader, rules));
    return ProgressOf(*table, table_snapshot, clock_.Now());
  }

  metadata_db::MetadataStore& store_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<DataStore> MakeDataStore(metadata_db::MetadataStore& store, const Clock& clock) {
  return std::make_unique<MetadataDataStore>(store, clock);
}

}  // namespace tidemark::data_store
