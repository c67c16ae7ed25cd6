#include "child_index.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <numeric>
#include <optional>
#include <vector>

#include "chain_search.h"
#include "tidemark/chain/canonical_chain.h"

namespace tidemark::chain {
namespace {

/// Whether both are adjacent to the same segments.
bool AreAlike(const Segment& a, const Segment& b) {
  return CompareStarts(a, b) == std::strong_ordering::equal &&
         CompareLinks(a, &NetworkRange::prev_hash, b, &NetworkRange::prev_hash) ==
             std::strong_ordering::equal;
}

}  // namespace

ChildIndex::ChildIndex(const std::vector<const Segment*>& by_start)
    : by_start_(by_start),
      entry_of_position_(by_start.size()),
      next_different_(by_start.size()),
      next_free_(by_start.size() + 1) {
  entries_.reserve(by_start.size());
  for (std::size_t i = 0; i < by_start.size(); ++i) {
    entries_.push_back({FirstEightBytes(by_start[i]->ranges.front().prev_hash), i});
  }
  std::ranges::sort(entries_, [&](const Entry& a, const Entry& b) {
    if (a.link_start != b.link_start) return a.link_start < b.link_start;
    const std::strong_ordering links = CompareLinks(SegmentOf(a), &NetworkRange::prev_hash,
                                                    SegmentOf(b), &NetworkRange::prev_hash);
    if (links != std::strong_ordering::equal) return links == std::strong_ordering::less;
    return a.position < b.position;
  });
  for (std::size_t i = entries_.size(); i > 0;) {
    --i;
    entry_of_position_[entries_[i].position] = i;
    const bool is_like_next = i + 1 < entries_.size() &&
                              entries_[i].link_start == entries_[i + 1].link_start &&
                              AreAlike(SegmentOf(entries_[i]), SegmentOf(entries_[i + 1]));
    next_different_[i] = is_like_next ? next_different_[i + 1] : i + 1;
  }
  std::iota(next_free_.begin(), next_free_.end(), std::size_t{0});
}

bool ChildIndex::Take(std::size_t position) {
  const std::size_t entry = entry_of_position_[position];
  if (next_free_[entry] != entry) return false;
  next_free_[entry] = entry + 1;
  return true;
}

std::optional<std::size_t> ChildIndex::TakeFirstChild(const Segment& parent) {
  // Entries that link to one hash are in order of starts: those that begin too early on the first
  // network come first among them.
  const BlockNumber end = parent.ranges.front().blocks.last();
  const auto begin = std::ranges::partition_point(entries_, [&](const Entry& entry) {
    const std::strong_ordering links = CompareToParent(entry, parent);
    if (links != std::strong_ordering::equal) return links == std::strong_ordering::less;
    return SegmentOf(entry).ranges.front().blocks.first() <= end;
  });
  for (std::size_t i = FirstFree(static_cast<std::size_t>(begin - entries_.begin()));
       i < entries_.size(); i = FirstFree(next_different_[i])) {
    const Entry& entry = entries_[i];
    if (CompareToParent(entry, parent) != std::strong_ordering::equal) break;
    if (!IsAdjacent(parent, SegmentOf(entry))) continue;
    Take(entry.position);
    return entry.position;
  }
  return std::nullopt;
}

std::strong_ordering ChildIndex::CompareToParent(const Entry& entry, const Segment& parent) const {
  const std::strong_ordering starts =
      entry.link_start <=> FirstEightBytes(parent.ranges.front().hash);
  if (starts != std::strong_ordering::equal) return starts;
  return CompareLinks(SegmentOf(entry), &NetworkRange::prev_hash, parent, &NetworkRange::hash);
}

std::size_t ChildIndex::FirstFree(std::size_t entry) {
  while (next_free_[entry] != entry) {
    next_free_[entry] = next_free_[next_free_[entry]];
    entry = next_free_[entry];
  }
  return entry;
}

}  // namespace tidemark::chain
