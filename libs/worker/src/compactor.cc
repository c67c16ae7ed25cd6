#include "compactor.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "tidemark/base/failpoint.h"
#include "tidemark/base/log.h"
#include "tidemark/base/random.h"
#include "tidemark/parquet_io/segment_footer.h"
#include "tidemark/parquet_io/segment_merge.h"

namespace tidemark::worker {
namespace {

constexpr std::chrono::seconds kLoadTimeout{60};

std::unexpected<Error> NotWhatItsRowSays(std::string_view path) {
  return MakeError(ErrorCode::kCorruption, fmt::format("{} is not what its row says", path));
}

/// The segment that the parents are together.
/// Errors: kCorruption if they are not one chain.
Result<NetworkRange> JoinRanges(const std::vector<SegmentMetadata>& parents) {
  NetworkRange joined = parents.front().ranges.front();
  for (std::size_t i = 1; i < parents.size(); ++i) {
    const NetworkRange& next = parents[i].ranges.front();
    if (next.prev_hash != joined.hash || next.blocks.first() <= joined.blocks.last() ||
        next.network != joined.network) {
      return MakeError(
          ErrorCode::kCorruption,
          fmt::format("{} does not continue {}", parents[i].filename, parents[i - 1].filename));
    }
    TIDEMARK_TRY(joined.blocks, BlockRange::Make(joined.blocks.first(), next.blocks.last()));
    joined.hash = next.hash;
    joined.timestamp_s = next.timestamp_s;
  }
  return joined;
}

}  // namespace

Compactor::~Compactor() {
  abandoned_.request_stop();
  if (writing_.valid()) writing_.wait();
}

Status Compactor::RunOne() {
  const auto interval = context_.options.compact_interval;
  if (interval.count() == 0) return {};
  if (writing_.valid()) {
    if (writing_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return {};
    const auto [merged, damaged] = writing_.get();
    if (merged) return Commit(*merged);
    if (damaged) damaged_.insert(*damaged);
    Log(LogLevel::kWarning, "compaction_failed",
        {{"job_id", job_.claim.job.value},
         {"table", ToString(tables_[merge_->table].table)},
         {"error", merged.error().message}});
    next_merge_ = context_.clock.SteadyNow() + interval;
    return {};
  }
  if (context_.clock.SteadyNow() >= next_merge_) BeginMerge();
  return {};
}

void Compactor::BeginMerge() {
  const WorkerOptions& options = context_.options;
  const CompactionLimits limits{.margin_blocks = options.compact_margin_blocks,
                                .blocks_max = options.segment_max_blocks,
                                .bytes_max = options.compact_max_bytes};
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    const std::size_t number = (next_table_ + i) % tables_.size();
    const TableTarget& table = tables_[number];
    auto parents = PlanCompaction(table.ledger.canonical(), limits, damaged_);
    if (!parents) continue;
    next_table_ = number + 1;
    merge_ = Merge{.table = number,
                   .parents = *std::move(parents),
                   .created_at = table.ledger.NextCreatedAt(context_.clock.Now())};
    writing_ = std::async(std::launch::async, [this, merge = *merge_, &table] {
      std::optional<FileId> reading;
      auto merged = Write(merge, table, reading);
      const bool may_mend = merged || merged.error().code == ErrorCode::kUnavailable;
      return Outcome{.merged = std::move(merged), .damaged = may_mend ? std::nullopt : reading};
    });
    return;
  }
  next_merge_ = context_.clock.SteadyNow() + options.compact_interval;
}

bool Compactor::IsUpToDate() const {
  const auto& chain = tables_[merge_->table].ledger.canonical();
  const auto first = std::ranges::find(chain, merge_->parents.front().file_id, &ChainLink::file_id);
  const auto left = static_cast<std::size_t>(chain.end() - first);
  return left >= merge_->parents.size() &&
         std::ranges::equal(merge_->parents, std::span(first, merge_->parents.size()), {},
                            &ChainLink::file_id, &ChainLink::file_id);
}

Status Compactor::Commit(const ClosedSegment& merged) {
  TableTarget& table = tables_[merge_->table];
  if (!IsUpToDate()) {
    Log(LogLevel::kInfo, "compaction_out_of_date", {{"file_name", merged.file.file_name}});
    return {};
  }
  std::vector<FileId> parents;
  for (const ChainLink& parent : merge_->parents) parents.push_back(parent.file_id);
  TIDEMARK_FAILPOINT_NO_THROW("compaction.before_rows");
  const auto id =
      context_.metadata.ReplaceFiles(job_.claim, merged.file, parents,
                                     context_.options.collect_delay, Deadline::After(kLoadTimeout));
  if (!id) {
    if (id.error().code == ErrorCode::kUnavailable) {
      ++context_.database_returns;
      return std::unexpected(id.error());
    }
    Log(LogLevel::kWarning, "compaction_failed",
        {{"job_id", job_.claim.job.value},
         {"table", ToString(table.table)},
         {"error", id.error().message}});
    next_merge_ = context_.clock.SteadyNow() + context_.options.compact_interval;
    return {};
  }
  TIDEMARK_FAILPOINT_NO_THROW("compaction.answered");
  table.ledger.Add({.file_id = *id,
                    .created_at = merged.metadata.created_at,
                    .size_bytes = merged.file.object_size,
                    .ranges = merged.metadata.ranges});
  Log(LogLevel::kInfo, "files_compacted",
      {{"job_id", job_.claim.job.value},
       {"table", ToString(table.table)},
       {"files", parents.size()},
       {"file_name", merged.file.file_name}});
  return {};
}

Result<std::vector<metadata_db::FileRow>> Compactor::ReadRows(const Merge& merge,
                                                              const TableTarget& table) const {
  TIDEMARK_TRY(const auto reader, context_.metadata.OpenReader(Deadline::After(kLoadTimeout)));
  std::vector<metadata_db::FileRow> rows;
  for (const ChainLink& parent : merge.parents) {
    TIDEMARK_TRY(auto row, reader->GetFile(parent.file_id));
    if (!row || row->location_id != table.location || row->object_size.value_or(-1) < 0) {
      return MakeError(ErrorCode::kConflict, "a file to be compacted has no sound row");
    }
    rows.push_back(*std::move(row));
  }
  return rows;
}

Result<ClosedSegment> Compactor::Write(const Merge& merge, const TableTarget& table,
                                       std::optional<FileId>& reading) const {
  TIDEMARK_TRY(const auto rows, ReadRows(merge, table));
  const std::string name =
      fmt::format("{:09}-{:016x}.parquet", merge.parents.front().blocks.first().value, RandomU64());
  const std::string path = table.path + "/" + name;
  TIDEMARK_TRY(const auto sink, context_.data.OpenWriter(path));
  TIDEMARK_TRY(const auto merger, parquet_io::SegmentMerger::Open(table.table, *sink));
  std::vector<SegmentMetadata> parents;
  parquet_io::Ancestry ancestry;
  for (const metadata_db::FileRow& row : rows) {
    if (abandoned_.stop_requested()) {
      return MakeError(ErrorCode::kUnavailable, "the worker is stopping");
    }
    reading = row.id;
    const std::string parent = table.path + "/" + row.file_name;
    const auto size = static_cast<std::uint64_t>(row.object_size.value_or(0));
    TIDEMARK_TRY(const std::string bytes, context_.data.Read(parent, size));
    TIDEMARK_TRY(const auto footer,
                 parquet_io::ParseSegmentFooter(
                     bytes, {.path = parent, .table_name = ToString(table.table)}));
    TIDEMARK_TRY(auto metadata, ParseSegmentMetadata(row.metadata));
    if (bytes.size() != size || footer.metadata != metadata || metadata.ranges.size() != 1 ||
        metadata.ranges.front().network != job_.network) {
      return NotWhatItsRowSays(parent);
    }
    const std::uint64_t rows_before = merger->row_count();
    TIDEMARK_TRY(merger->Append(bytes));
    if (merger->row_count() - rows_before != footer.row_count) return NotWhatItsRowSays(parent);
    ancestry.parent_file_ids.push_back(row.id);
    ancestry.generation = std::max(ancestry.generation, footer.generation.value_or(0) + 1);
    parents.push_back(std::move(metadata));
  }
  reading.reset();
  TIDEMARK_TRY(auto range, JoinRanges(parents));
  SegmentMetadata metadata{.table = std::string(ToString(table.table)),
                           .filename = name,
                           .created_at = merge.created_at,
                           .ranges = {std::move(range)}};
  TIDEMARK_TRY(auto footer, merger->Close(metadata, ancestry));
  TIDEMARK_TRY(auto object, sink->Finish());
  // What a reader will find there.
  TIDEMARK_TRY(const auto stored, parquet_io::ReadSegmentFooter(context_.data, {.path = path}));
  if (stored.metadata != metadata || stored.row_count != merger->row_count()) {
    return NotWhatItsRowSays(path);
  }
  TIDEMARK_FAILPOINT("compaction.durable");
  return ClosedSegment{.file = {.location_id = table.location,
                                .file_name = name,
                                .metadata = PrintSegmentMetadata(metadata),
                                .object_size = object.size_bytes,
                                .object_e_tag = std::move(object.e_tag),
                                .url = context_.data.UrlOf(table.path) + "/",
                                .footer = std::move(footer)},
                       .metadata = std::move(metadata)};
}

}  // namespace tidemark::worker
