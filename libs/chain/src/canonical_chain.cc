#include "tidemark/chain/canonical_chain.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
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

std::strong_ordering CompareLinks(const Segment& a, HashField hash_of_a, const Segment& b,
                                  HashField hash_of_b) {
  return std::lexicographical_compare_three_way(
      a.ranges.begin(), a.ranges.end(), b.ranges.begin(), b.ranges.end(),
      [&](const NetworkRange& x, const NetworkRange& y) {
        const std::strong_ordering hashes = x.*hash_of_a <=> y.*hash_of_b;
        return hashes != std::strong_ordering::equal ? hashes : x.network <=> y.network;
      });
}

std::uint64_t FirstEightBytes(const BlockHash& hash) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(value); ++i) value = value << 8U | hash.bytes[i];
  return value;
}

bool Touches(const Segment& first, const Segment& canonical_last) {
  const std::size_t networks = std::min(first.ranges.size(), canonical_last.ranges.size());
  for (std::size_t i = 0; i < networks; ++i) {
    const BlockRange& blocks = first.ranges[i].blocks;
    const BlockRange& canonical_blocks = canonical_last.ranges[i].blocks;
    if (blocks.first() > canonical_blocks.last() && !canonical_blocks.IsFollowedBy(blocks)) {
      return false;
    }
  }
  return true;
}

void SortByStart(std::vector<const Segment*>& segments) {
  std::vector<SortKey> keys;
  keys.reserve(segments.size());
  for (const Segment* segment : segments) {
    keys.push_back(MakeSortKey(*segment, segment->ranges.front().blocks.first()));
  }
  std::ranges::sort(keys, ComesBefore);
  std::ranges::transform(keys, segments.begin(), &SortKey::segment);
}

bool IsAdjacent(const Segment& segment, const Segment& next) {
  if (segment.ranges.empty()) return false;
  return std::ranges::equal(segment.ranges, next.ranges,
                            [](const NetworkRange& range, const NetworkRange& following) {
                              return IsAdjacent(range, following);
                            });
}

Chains FindChainsAmong(std::vector<const Segment*> segments) {
  std::erase_if(segments, [](const Segment* segment) { return segment->ranges.empty(); });
  SortByStart(segments);
  Chains chains;
  std::vector<const Segment*> others;
  for (const Segment* segment : segments) {
    const bool extends_chain =
        chains.canonical.empty() || IsAdjacent(*chains.canonical.back(), *segment);
    (extends_chain ? chains.canonical : others).push_back(segment);
  }
  if (!others.empty()) chains.fork = FindFork(chains.canonical, std::move(others));
  return chains;
}

Chains FindChains(std::span<const Segment> segments) {
  std::vector<const Segment*> pointers;
  pointers.reserve(segments.size());
  for (const Segment& segment : segments) pointers.push_back(&segment);
  return FindChainsAmong(std::move(pointers));
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
