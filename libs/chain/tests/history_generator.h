// Made-up tables: segments as years of writing, reorgs, compaction and accidents might leave them.
#pragma once

#include <random>
#include <vector>

#include "tidemark/model/segment.h"

namespace tidemark::chain {

struct History {
  std::vector<Segment> segments;  // In random order; file ids differ.
  BlockRange universe;            // Holds every block; a few dozen.
  BlockRange desired;             // A part of it.
};

/// Gaps, skipped numbers, forks, overlaps, duplicates, compacted files, exact ties, one-block
/// ranges, several networks, numbers up to 2^64-1; now and then segments without ranges or of fewer
/// networks than the others. Few segments, so that the rules meet each other often.
History MakeHistory(std::mt19937_64& random);

}  // namespace tidemark::chain
