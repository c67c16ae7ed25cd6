// Which blocks a table still has to be given.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "tidemark/model/block_range.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

/// The same blocks in as few ranges as there can be, ascending: neither overlapping nor touching.
std::vector<BlockRange> MergeRanges(std::vector<BlockRange> ranges);

/// Blocks of `desired` to write, merged: those in no segment, canonical or not; and, if there is a
/// fork, those before it in the canonical segment that it leaves, so that a newer file takes that
/// segment's place and the fork links to it.
///
/// Only segments of `network` alone are looked at. Any other one is as good as absent: its blocks
/// are written again, which costs time, while trusting it could leave a hole for ever.
std::vector<BlockRange> MissingRanges(std::span<const Segment> segments, std::string_view network,
                                      BlockRange desired);

}  // namespace tidemark::chain
