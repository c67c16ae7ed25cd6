#include "tidemark/chain/canonical_chain.h"

#include <algorithm>
#include <compare>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "chain_search.h"
#include "sort_key.h"

namespace tidemark::chain {
namespace {

bool IsAdjacent(const NetworkRange& range, const NetworkRange& next) {
  return range.blocks.last() < next.blocks.first() && range.hash == next.prev_hash &&
         range.network == next.network;
}

std::strong_ordering CompareNumbers(const Segment& a, const Segment& b,
                                    BlockNumber (BlockRange::*number)() const) {
  return std::lexicographical_compare_three_way(
      a.ranges.begin(), a.ranges.end(), b.ranges.begin(), b.ranges.end(),
      [number](const NetworkRange& x, const NetworkRange& y) {
        return (x.blocks.*number)() <=> (y.blocks.*number)();
      });
}

/// The order in which the canonical chain is offered its segments.
bool ComesBefore(const SortKey& a, const SortKey& b) {
  if (a.number != b.number) return a.number < b.number;
  const std::strong_ordering starts = CompareStarts(*a.segment, *b.segment);
  if (starts != std::strong_ordering::equal) return starts == std::strong_ordering::less;
  if (a.created_at != b.created_at) return a.created_at > b.created_at;
  return a.file_id > b.file_id;
}

}  // namespace

std::strong_ordering CompareStarts(const Segment& a, const Segment& b) {
  return CompareNumbers(a, b, &BlockRange::first);
}

std::strong_ordering CompareEnds(const Segment& a, const Segment& b) {
  return CompareNumbers(a, b, &BlockRange::last);
}

bool IsAdjacent(const Segment& segment, const Segment& next) {
  if (segment.ranges.empty()) return false;
  return std::ranges::equal(segment.ranges, next.ranges,
                            [](const NetworkRange& range, const NetworkRange& following) {
                              return IsAdjacent(range, following);
                            });
}

Chains FindChainsAmong(const std::vector<const Segment*>& segments) {
  std::vector<SortKey> keys;
  keys.reserve(segments.size());
  for (const Segment* segment : segments) {
    if (segment->ranges.empty()) continue;
    keys.push_back(MakeSortKey(*segment, segment->ranges.front().blocks.first()));
  }
  std::ranges::sort(keys, ComesBefore);

  Chains chains;
  std::vector<const Segment*> others;
  for (const SortKey& key : keys) {
    const bool extends_chain =
        chains.canonical.empty() || IsAdjacent(*chains.canonical.back(), *key.segment);
    (extends_chain ? chains.canonical : others).push_back(key.segment);
  }
  if (!others.empty()) chains.fork = FindFork(chains.canonical, std::move(others));
  return chains;
}

Chains FindChains(std::span<const Segment> segments) {
  std::vector<const Segment*> pointers;
  pointers.reserve(segments.size());
  for (const Segment& segment : segments) pointers.push_back(&segment);
  return FindChainsAmong(pointers);
}

Result<bool> ReachesBackTo(ChainView chain, BlockNumber start_block) {
  if (chain.empty()) return false;
  const Segment& first = *chain.front();
  if (first.ranges.size() != 1) {
    return MakeError(ErrorCode::kCorruption,
                     fmt::format("file {} covers {} networks, but its table has a start block",
                                 first.file_id.value, first.ranges.size()));
  }
  return first.ranges.front().blocks.first() <= start_block;
}

}  // namespace tidemark::chain
