// What the segments of one table amount to, kept up to date while they come and go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/chain/synced_range.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

/// The canonical chain, summed up. Empty but for `reorgs` if there is none, or none that reaches
/// back to the start block.
struct ChainSummary {
  std::vector<NetworkRange> ranges;  // As SyncedRanges.
  ChainTotals totals;                // As SumUp.
  std::uint64_t reorgs = 0;          // As CountReorgs.

  friend bool operator==(const ChainSummary&, const ChainSummary&) = default;
};

/// Of some segments, by the clocks of their writers.
struct CreationTimes {
  UtcTime oldest;
  UtcTime newest;

  friend bool operator==(const CreationTimes&, const CreationTimes&) = default;
};

/// How much a change may do at once: how many segments it may look at, put or take; a place in the
/// middle of a long chain counts as 16. The default takes some milliseconds at worst.
struct RepairLimit {
  static RepairLimit None() { return {.steps = std::numeric_limits<std::size_t>::max()}; }

  std::size_t steps = 1000;
};

/// The segments of one table revision and, at every moment, exactly what FindChains, ReachesBackTo,
/// SumUp, SyncedRanges and CountReorgs say of them.
///
/// Insert of a segment with the greatest file id that continues the chain's newest one takes O(1),
/// amortized, and O(log m) more while m > 0 segments are off the chain; it allocates storage only.
/// Any other with the greatest file id takes O(log n) to find its place, and O(log m) for each
/// segment that enters or leaves the chain.
///
/// The number of reorgs depends on the order of arrival. So where a segment comes late, before k
/// others by file id, or one is removed that has been in the chain, those k are taken out and
/// arrive again. A segment that never was in the chain, as a duplicate or a lost tie, is removed in
/// O(log m). To find a file id in the chain takes O(n/256).
///
/// A change that would do more than its RepairLimit is left to Rebuild: the segments are those
/// that they should be, but needs_rebuild() is true, and there is no summary until then. Rebuild
/// takes O(n log n), as loading does, and belongs on a thread where it harms nobody. As for
/// CountReorgs, all this holds unless many segments continue the same one.
///
/// Memory: a segment of the chain takes 32 bytes a network for its hash, and for its numbers as
/// many bytes as they differ in among 256 neighbours: about 50 in all for what tables are like.
/// Nothing is left out or rounded. One that is off the chain takes about 350.
///
/// Not thread-safe. A moved-from index may only be assigned to or destroyed.
class ChainIndex {
 public:
  explicit ChainIndex(std::optional<BlockNumber> start_block);

  ChainIndex(const ChainIndex&) = delete;
  ChainIndex& operator=(const ChainIndex&) = delete;
  ChainIndex(ChainIndex&& other) noexcept;
  ChainIndex& operator=(ChainIndex&& other) noexcept;
  ~ChainIndex();

  /// Takes the place of a segment with the same file id. Loading is cheapest by file id, and with
  /// RepairLimit::None().
  void Insert(const Segment& segment, RepairLimit limit = {});

  /// Yields how many there were. What goes together is best removed together: then those that came
  /// after the oldest of them arrive again once.
  std::size_t Remove(std::span<const FileId> ids, RepairLimit limit = {});

  bool needs_rebuild() const;
  void Rebuild();

  /// O(1). Errors: kCorruption as ReachesBackTo; kInternal while it needs a rebuild.
  Result<ChainSummary> Summarize() const;

  std::size_t size() const;
  std::optional<FileId> greatest_file_id() const;
  std::vector<FileId> FileIds() const;  // Ascending.

  /// All segments, as they were put in, by file id.
  std::vector<Segment> Segments() const;

  /// The canonical chain, whether it reaches back to the start block or not. Requires:
  /// !needs_rebuild().
  std::vector<Segment> CanonicalSegments() const;

  /// When the canonical chain was written, and the part of it that was created at `since` or later,
  /// in its order; nullopt if it is empty. O(n/256), and O(1) for each segment that is yielded.
  /// Requires: !needs_rebuild().
  std::optional<CreationTimes> CanonicalCreationTimes() const;
  std::vector<Segment> CanonicalSegmentsSince(UtcTime since) const;

  /// What it takes from the allocator, nearly.
  std::size_t memory_bytes() const;

 private:
  class State;

  std::unique_ptr<State> state_;
};

}  // namespace tidemark::chain
