// The committed segments of one table, in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/bytes.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/segment.h"

namespace tidemark::worker {

/// One segment of the canonical chain.
struct ChainLink {
  BlockRange blocks;
  BlockHash hash;  // Of the last block.
  FileId file_id = {};
  std::uint64_t size_bytes = 0;
};

/// What the table has, kept up to date by its only writer. Not thread-safe.
class SegmentLedger {
 public:
  /// Only segments of `network` alone count: the blocks of any other one are written again.
  SegmentLedger(std::string network, std::vector<Segment> committed);

  /// A segment that was just committed. O(1) if it is the last by its start, as it is while the
  /// chain grows; else all segments are chained again.
  void Add(Segment segment);

  /// Forgets segments whose files were removed.
  void Remove(const std::vector<FileId>& files);

  /// Blocks of `desired` that are in no segment, canonical or not; ascending, merged.
  std::vector<BlockRange> Gaps(BlockRange desired) const;

  /// In chain order; empty if there is no segment.
  const std::vector<ChainLink>& canonical() const { return canonical_; }

  /// Hash of the block `last` if a canonical segment ends with it.
  std::optional<BlockHash> HashOfLast(BlockNumber last) const;

  /// The least last block of the segments that hold `block`: how far the file reaches that should
  /// have continued the chain there. nullopt if there is none.
  std::optional<BlockNumber> EarliestEndAround(BlockNumber block) const;

  /// A creation time for the next segment: `now`, unless the clock has stepped back. Among segments
  /// with the same start the newest one counts, so the replacement of an orphaned file must never
  /// be as old as that file.
  UtcTime NextCreatedAt(UtcTime now) const;

 private:
  /// Everything that follows from the segments.
  void Rebuild();
  void RebuildCanonical();

  std::string network_;
  std::vector<Segment> segments_;
  std::vector<BlockRange> covered_;  // Merged.
  std::vector<ChainLink> canonical_;
  std::optional<BlockNumber> greatest_start_;
  std::optional<UtcTime> newest_created_at_;
};

}  // namespace tidemark::worker
