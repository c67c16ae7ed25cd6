#include "tidemark/chain/missing_ranges.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "chain_search.h"
#include "uncovered.h"

namespace tidemark::chain {
namespace {

/// Requires: `first` <= `last`.
BlockRange RangeOf(BlockNumber first, BlockNumber last) { return *BlockRange::Make(first, last); }

/// The blocks before `fork` in the canonical segment that it leaves.
std::optional<BlockRange> FindDivergence(const Chains& chains) {
  if (chains.fork.empty()) return std::nullopt;
  const BlockNumber fork_start = chains.fork.front()->ranges.front().blocks.first();
  const BlockNumber before{fork_start.value == 0 ? 0 : fork_start.value - 1};
  const auto left = std::ranges::find_if(chains.canonical, [&](const Segment* segment) {
    return segment->ranges.front().blocks.Contains(before);
  });
  if (left == chains.canonical.end()) return std::nullopt;
  return RangeOf((*left)->ranges.front().blocks.first(), before);
}

}  // namespace

std::vector<BlockRange> Uncovered(BlockRange desired, const std::vector<BlockRange>& covered) {
  std::vector<BlockRange> uncovered;
  BlockNumber next = desired.first();
  for (const BlockRange& range : covered) {
    if (range.last() < next) continue;
    if (range.first() > desired.last()) break;
    if (range.first() > next) {
      uncovered.push_back(RangeOf(next, BlockNumber{range.first().value - 1}));
    }
    if (range.last() >= desired.last()) return uncovered;
    next = BlockNumber{range.last().value + 1};  // Does not wrap: it is within `desired`.
  }
  uncovered.push_back(RangeOf(next, desired.last()));
  return uncovered;
}

std::vector<BlockRange> MergeRanges(std::vector<BlockRange> ranges) {
  std::ranges::sort(ranges, {}, &BlockRange::first);
  std::vector<BlockRange> merged;
  for (const BlockRange& range : ranges) {
    if (merged.empty() ||
        (range.first() > merged.back().last() && !merged.back().IsFollowedBy(range))) {
      merged.push_back(range);
    } else {
      BlockRange& grown = merged.back();
      grown = RangeOf(grown.first(), std::max(grown.last(), range.last()));
    }
  }
  return merged;
}

std::vector<BlockRange> MissingRanges(std::span<const Segment> segments, std::string_view network,
                                      BlockRange desired) {
  std::vector<const Segment*> of_network;
  std::vector<BlockRange> covered;
  for (const Segment& segment : segments) {
    if (segment.ranges.size() != 1 || segment.ranges.front().network != network) continue;
    of_network.push_back(&segment);
    covered.push_back(segment.ranges.front().blocks);
  }

  std::vector<BlockRange> missing = Uncovered(desired, MergeRanges(std::move(covered)));
  if (const auto divergence = FindDivergence(FindChainsAmong(of_network))) {
    if (const auto wanted = divergence->Intersect(desired)) missing.push_back(*wanted);
  }
  return MergeRanges(std::move(missing));
}

}  // namespace tidemark::chain
