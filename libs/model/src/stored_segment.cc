#include "tidemark/model/stored_segment.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tidemark {

Result<Segment> ReadStoredSegment(FileId id, std::string_view metadata,
                                  std::optional<std::int64_t> object_size) {
  const auto bad = [](std::string why) {
    return MakeError(ErrorCode::kCorruption, std::move(why));
  };
  const std::int64_t size = object_size.value_or(0);
  if (size < 0) return bad(fmt::format("its size is {}", size));
  TIDEMARK_TRY(SegmentMetadata read, ParseSegmentMetadata(metadata));
  if (read.ranges.empty()) return bad("it has no block range");
  // Ranges are sorted by network, and an answer has one a network.
  if (std::ranges::adjacent_find(read.ranges, {}, &NetworkRange::network) != read.ranges.end()) {
    return bad("it has two block ranges of one network");
  }
  return Segment{.file_id = id,
                 .created_at = read.created_at,
                 .size_bytes = static_cast<std::uint64_t>(size),
                 .ranges = std::move(read.ranges)};
}

}  // namespace tidemark
