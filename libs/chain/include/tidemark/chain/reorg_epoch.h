// How often a table's chain took another branch.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "tidemark/model/block_range.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

/// The number of times that the canonical chain lost its newest block, if the segments came one by
/// one in the order of their file ids: each time, from then on, another segment of the chain ended
/// otherwise than before. So the end of the chain goes back only where this number rises, as long
/// as no segment is taken away. A compacted file that ends as the files before it did, and segments
/// that make the chain longer, change nothing.
///
/// With a start block, what does not reach back to it is no chain (ReachesBackTo), and cannot lose
/// anything. Takes O(n log n) time, more only where many segments continue the same one or reorgs
/// are deep, and O(n) memory.
std::uint64_t CountReorgs(std::span<const Segment> segments,
                          std::optional<BlockNumber> start_block);

}  // namespace tidemark::chain
