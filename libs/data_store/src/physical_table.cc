#include "physical_table.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tidemark/base/log.h"
#include "tidemark/model/segment.h"

namespace tidemark::data_store {
namespace {

/// Errors: kCorruption, saying why the row cannot count as progress.
Result<Segment> ReadSegment(const metadata_db::FileRow& row) {
  const std::int64_t size = row.object_size.value_or(0);
  if (size < 0) return MakeError(ErrorCode::kCorruption, fmt::format("size is {}", size));
  TIDEMARK_TRY(SegmentMetadata metadata, ParseSegmentMetadata(row.metadata));
  if (metadata.ranges.empty()) return MakeError(ErrorCode::kCorruption, "no block range");
  // Ranges are sorted by network, and an answer has one a network.
  if (std::ranges::adjacent_find(metadata.ranges, {}, &NetworkRange::network) !=
      metadata.ranges.end()) {
    return MakeError(ErrorCode::kCorruption, "two block ranges of one network");
  }
  return Segment{.file_id = row.id,
                 .created_at = metadata.created_at,
                 .size_bytes = static_cast<std::uint64_t>(size),
                 .ranges = std::move(metadata.ranges)};
}

}  // namespace

Result<std::optional<PhysicalTable>> PhysicalTable::GetActive(metadata_db::MetadataReader& reader,
                                                              const DatasetVersion& version,
                                                              std::string_view table_name) {
  TIDEMARK_TRY(const auto row, reader.GetTable(version, table_name));
  if (!row || !row->active_revision) return std::nullopt;
  return PhysicalTable(*row->active_revision, row->revision_version);
}

Result<TableSnapshot> PhysicalTable::Snapshot(metadata_db::MetadataReader& reader,
                                              const ProgressRules& rules) const {
  TIDEMARK_TRY(const auto rows, reader.ListFiles(revision_id_));
  std::vector<Segment> segments;
  segments.reserve(rows.size());
  std::uint64_t quarantined_files = 0;
  const metadata_db::FileRow* first_bad_row = nullptr;
  std::string first_reason;
  for (const metadata_db::FileRow& row : rows) {
    Result<Segment> segment = ReadSegment(row);
    if (segment) {
      segments.push_back(*std::move(segment));
      continue;
    }
    if (++quarantined_files == 1) {
      first_bad_row = &row;
      first_reason = std::move(segment).error().message;
    }
  }
  if (first_bad_row != nullptr) {
    Log(LogLevel::kWarning, "files_quarantined",
        {{"location_id", revision_id_.value},
         {"count", quarantined_files},
         {"first_file", first_bad_row->file_name},
         {"reason", first_reason}});
  }
  return TableSnapshot::Make(std::move(segments), quarantined_files, rules);
}

}  // namespace tidemark::data_store
