// Which of a table's segments count.
#pragma once

#include <span>
#include <vector>

#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

/// Segments in chain order, each adjacent to the next. Points at segments that somebody else keeps.
using Chain = std::vector<const Segment*>;
using ChainView = std::span<const Segment* const>;

struct Chains {
  Chain canonical;  // Empty if no segment has a range.
  Chain fork;       // Ends past the canonical chain and leaves it; empty if there is none.
};

/// True if `next` continues `segment`: both cover the same networks, one at least, and on each of
/// them `next` begins after `segment` ends and names its last block as parent. Numbers may be
/// skipped, hashes may not.
bool IsAdjacent(const Segment& segment, const Segment& next);

/// The canonical chain of one table and the best fork off it, pointing into `segments`.
///
/// The canonical chain begins with the first segment by start, and takes every later one that is
/// adjacent to its end so far, without looking back: among segments with the same start the newest
/// counts, then the one with the greatest file id. So the order of `segments` means nothing, as
/// long as no two have the same file id.
///
/// The fork is the one with the greatest end, past the canonical chain's, among those that begin
/// within it or at the very next block; the newest where ends are equal.
///
/// A segment without ranges is adjacent to nothing and in neither chain. Starts and ends compare
/// network by network; where one segment's are the beginning of another's, it comes first.
/// Takes O(n log n) time and O(n) memory, unless one hash stands for many blocks
/// of several networks, as a hash of zeroes may.
Chains FindChains(std::span<const Segment> segments);

/// True if the chain begins at `start_block` or before. The chain of a dataset that has a start
/// block counts only then; an empty one never does. Errors: kCorruption if the chain covers several
/// networks, since the block is of one.
Result<bool> ReachesBackTo(ChainView chain, BlockNumber start_block);

}  // namespace tidemark::chain
