#include "collection.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

#include "tidemark/base/log.h"
#include "tidemark/chain/canonical_chain.h"
#include "tidemark/chain/reorg_epoch.h"
#include "tidemark/model/stored_segment.h"

namespace tidemark::worker {
namespace {

// Bounds the transaction; the rest follows in the next round.
constexpr std::size_t kAtOnceMax = 4096;

// A table may have a million files; their rows come in one answer.
constexpr std::chrono::seconds kLoadTimeout{60};

/// The segments that count for answers about the table: a raw table is of one network.
std::vector<Segment> ReadSegments(const std::vector<metadata_db::FileRow>& rows) {
  std::vector<Segment> segments;
  segments.reserve(rows.size());
  for (const metadata_db::FileRow& row : rows) {
    auto segment = ReadStoredSegment(row.id, row.metadata, row.object_size);
    if (segment && segment->ranges.size() == 1) segments.push_back(*std::move(segment));
  }
  return segments;
}

/// Those of `expired` that the table does without.
std::vector<FileId> ChooseGarbage(const std::vector<Segment>& segments,
                                  const std::vector<FileId>& expired) {
  std::set<FileId> superseded;
  for (const Segment& segment : segments) superseded.insert(segment.file_id);
  for (const Segment* segment : chain::FindChains(segments).canonical) {
    superseded.erase(segment->file_id);
  }
  std::vector<FileId> garbage;
  for (const FileId file : expired) {
    if (garbage.size() == kAtOnceMax) break;
    if (superseded.contains(file)) garbage.push_back(file);
  }
  return garbage;
}

/// By how many the reorganisations that the segments tell of become fewer without the garbage.
std::int64_t CountLostReorgs(std::vector<Segment> segments, const std::vector<FileId>& garbage,
                             std::optional<BlockNumber> start_block) {
  const std::uint64_t before = chain::CountReorgs(segments, start_block);
  std::erase_if(segments, [&](const Segment& segment) {
    return std::ranges::binary_search(garbage, segment.file_id);
  });
  return static_cast<std::int64_t>(before) -
         static_cast<std::int64_t>(chain::CountReorgs(segments, start_block));
}

}  // namespace

Result<std::vector<FileId>> CollectLocation(const WorkerContext& context,
                                            const CollectionTarget& target) {
  metadata_db::FileRemoval removal{.location = target.location};
  std::vector<Segment> segments;
  {
    TIDEMARK_TRY(const auto reader, context.metadata.OpenReader(Deadline::After(kLoadTimeout)));
    TIDEMARK_TRY(const auto collectable, reader->GetCollectable(target.location));
    if (!collectable || collectable->expired.empty()) return std::vector<FileId>();
    removal.version = collectable->version;
    TIDEMARK_TRY(const auto rows, reader->ListFiles(target.location));
    segments = ReadSegments(rows);
    removal.files = ChooseGarbage(segments, collectable->expired);
  }
  if (removal.files.empty()) return std::vector<FileId>();
  removal.lost_reorgs = CountLostReorgs(std::move(segments), removal.files, target.start_block);
  TIDEMARK_TRY(context.metadata.RemoveFiles(target.writer, removal, Deadline::After(kLoadTimeout)));
  Log(LogLevel::kInfo, "files_collected",
      {{"location_id", target.location.value}, {"files", removal.files.size()}});
  return std::move(removal.files);
}

}  // namespace tidemark::worker
