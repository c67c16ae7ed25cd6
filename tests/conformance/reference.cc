#include "reference.h"

#include "reference_model.h"
#include "tidemark/model/segment.h"

namespace tidemark::conformance {
namespace {

std::optional<std::int64_t> ActiveRevision(const std::vector<AmpRow>& rows,
                                           const DatasetVersion& version,
                                           std::string_view table_name) {
  for (const AmpRow& row : rows) {
    if (row.table == "physical_tables" && row.Get("dataset_namespace") == version.dataset.ns &&
        row.Get("dataset_name") == version.dataset.name &&
        row.Get("manifest_hash") == version.manifest_hash.hex &&
        row.Get("table_name") == table_name && row.Get("active_revision_id")) {
      return row.Number("active_revision_id");
    }
  }
  return std::nullopt;
}

// The segments of a revision: what cannot be read is none, nor is a file of several networks where
// there is a start block, which is of one.
std::vector<Segment> SegmentsOf(const std::vector<AmpRow>& rows, std::int64_t revision,
                                bool is_of_one_network) {
  std::vector<Segment> segments;
  for (const AmpRow& row : rows) {
    if (row.table != "file_metadata" || row.Number("location_id") != revision) continue;
    const std::int64_t size = row.Get("object_size") ? row.Number("object_size") : 0;
    const auto metadata = ParseSegmentMetadata(row.Get("metadata").value());
    if (!metadata || size < 0) continue;
    if (is_of_one_network && metadata->ranges.size() > 1) continue;
    segments.push_back({.file_id = FileId{row.Number("id")},
                        .created_at = metadata->created_at,
                        .size_bytes = static_cast<std::uint64_t>(size),
                        .ranges = metadata->ranges});
  }
  return segments;
}

}  // namespace

std::optional<ReferenceProgress> ProgressOf(const std::vector<AmpRow>& rows,
                                            const DatasetVersion& version,
                                            std::string_view table_name,
                                            std::optional<BlockNumber> start_block) {
  const auto revision = ActiveRevision(rows, version, table_name);
  if (!revision) return std::nullopt;
  ReferenceProgress progress{.revision_id = *revision, .start_block = {}, .current_block = {}};
  const std::vector<Segment> canonical =
      chain::reference::FindChains(SegmentsOf(rows, *revision, start_block.has_value())).canonical;
  const std::vector<NetworkRange> synced = chain::reference::SyncedRanges(canonical);
  if (synced.empty()) return progress;
  if (start_block && synced[0].blocks.first() > *start_block) return progress;
  if (synced.size() == 1) {
    progress.start_block = synced[0].blocks.first().value;
    progress.current_block = synced[0].blocks.last().value;
  }
  progress.files_count = canonical.size();
  for (const Segment& segment : canonical) progress.total_size_bytes += segment.size_bytes;
  return progress;
}

}  // namespace tidemark::conformance
