#include "prune.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tidemark/chain/canonical_chain.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/model/stored_segment.h"

namespace tidemark::data_store {
namespace {

// Somebody may restore files meanwhile; nobody does it all the time.
constexpr int kTriesMax = 3;

std::vector<Segment> ReadSegments(const std::vector<metadata_db::FileRow>& rows) {
  std::vector<Segment> segments;
  segments.reserve(rows.size());
  for (const metadata_db::FileRow& row : rows) {
    auto segment = ReadStoredSegment(row.id, row.metadata, row.object_size);
    // What cannot be read may be anything, and stays.
    if (segment) segments.push_back(*std::move(segment));
  }
  return segments;
}

std::vector<FileId> FindOffChain(const std::vector<Segment>& segments,
                                 std::optional<BlockNumber> before_block) {
  std::set<FileId> canonical;
  for (const Segment* segment : chain::FindChains(segments).canonical) {
    canonical.insert(segment->file_id);
  }
  std::vector<FileId> files;
  for (const Segment& segment : segments) {
    const bool is_before = std::ranges::all_of(segment.ranges, [&](const NetworkRange& range) {
      return !before_block || range.blocks.last() < *before_block;
    });
    if (is_before && !canonical.contains(segment.file_id)) files.push_back(segment.file_id);
  }
  return files;
}

}  // namespace

Result<std::uint64_t> PruneRevision(metadata_db::MetadataStore& store, LocationId revision,
                                    const PruneQuery& query, Deadline deadline) {
  for (int tries = 1;; ++tries) {
    std::vector<FileId> files;
    std::uint64_t version = 0;
    {
      TIDEMARK_TRY(const auto reader, store.OpenReader(deadline));
      TIDEMARK_TRY(const auto collectable, reader->GetCollectable(revision));
      if (!collectable) {
        return MakeError(ErrorCode::kNotFound, fmt::format("no revision {}", revision.value));
      }
      version = collectable->version;
      TIDEMARK_TRY(const auto rows, reader->ListFiles(revision));
      files = FindOffChain(ReadSegments(rows), query.before_block);
    }
    Status scheduled = store.ScheduleCollection(revision, version, files, query.delay, deadline);
    if (scheduled) return files.size();
    TIDEMARK_TRY(const auto reader, store.OpenReader(deadline));
    TIDEMARK_TRY(const auto present, reader->GetCollectable(revision));
    const bool has_changed = present && present->version != version;
    if (scheduled.error().code != ErrorCode::kConflict || !has_changed || tries == kTriesMax) {
      return std::unexpected(std::move(scheduled).error());
    }
  }
}

}  // namespace tidemark::data_store
