// What became of every segment of a table, and which blocks are in none of them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tidemark/chain/canonical_chain.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

/// Every segment of a table, each in one place.
struct SegmentRoles {
  Chain canonical;
  Chain fork;                  // The best one off the canonical chain, as FindChains yields it.
  std::vector<Chain> islands;  // Runs of linked segments behind a gap, by start.
  Chain superseded;            // The rest: duplicates, lost ties, older forks, compacted parents.
};

/// Sorts out the segments that `chains`, which is FindChains of the same segments, leaves. Where
/// the canonical chain does not count (ReachesBackTo), pass it empty: then it is the first island.
///
/// What is left falls into runs as the canonical chain does: from the first segment by start, each
/// later one that is adjacent to the run's end. A run is an island if there is a hole between the
/// canonical chain and its first segment, and if it begins behind the fork and the island before.
/// A segment without ranges is superseded. Takes O(n log n) time and O(n) memory, unless one
/// hash stands for many blocks of several networks.
SegmentRoles AssignRoles(std::span<const Segment> segments, Chains chains);

/// Blocks of one network.
struct NetworkBlocks {
  std::string network;
  BlockRange blocks;

  friend bool operator==(const NetworkBlocks&, const NetworkBlocks&) = default;
};

/// The block numbers in no segment, by network, merged and ascending: from behind the canonical
/// chain to the highest block that any segment has. Numbers that linked segments skip are not
/// missing. Without a canonical chain the search begins at `start_block`; on a network that the
/// chain does not have, and without a start block, at its lowest block.
std::vector<NetworkBlocks> FindGaps(const SegmentRoles& roles,
                                    std::optional<BlockNumber> start_block);

}  // namespace tidemark::chain
