// A fork is built backwards: from its last segment to the one before, the greatest by end that is
// adjacent, and so on until there is none. That step does not depend on where the walk began, so
// each segment has one parent at most, and the segments off the chain are a forest. Finding every
// parent once, by hash, keeps the search for a fork that may be accepted out of the square of their
// number.

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <vector>

#include "chain_search.h"
#include "sort_key.h"

namespace tidemark::chain {
namespace {

bool EndsFirst(const SortKey& a, const SortKey& b) {
  if (a.number != b.number) return a.number < b.number;
  const std::strong_ordering ends = CompareEnds(*a.segment, *b.segment);
  if (ends != std::strong_ordering::equal) return ends == std::strong_ordering::less;
  if (a.created_at != b.created_at) return a.created_at < b.created_at;
  return a.file_id < b.file_id;
}

void SortByEnd(std::vector<const Segment*>& segments) {
  std::vector<SortKey> keys;
  keys.reserve(segments.size());
  for (const Segment* segment : segments) {
    keys.push_back(MakeSortKey(*segment, segment->ranges.front().blocks.last()));
  }
  std::ranges::sort(keys, EndsFirst);
  std::ranges::transform(keys, segments.begin(), &SortKey::segment);
}

/// Finds the segment that another one continues. Refers to `by_end`, which is sorted by end.
class ParentIndex {
 public:
  explicit ParentIndex(const std::vector<const Segment*>& by_end) : by_end_(by_end) {
    entries_.reserve(by_end.size());
    for (std::size_t i = 0; i < by_end.size(); ++i) {
      entries_.push_back({FirstEightBytes(by_end[i]->ranges.front().hash), i});
    }
    std::ranges::sort(entries_, [this](const Entry& a, const Entry& b) {
      if (a.hash_start != b.hash_start) return a.hash_start < b.hash_start;
      const std::strong_ordering links =
          CompareLinks(SegmentOf(a), &NetworkRange::hash, SegmentOf(b), &NetworkRange::hash);
      if (links != std::strong_ordering::equal) return links == std::strong_ordering::less;
      return a.position < b.position;
    });
    DropDuplicates();
  }

  /// Position of the last segment by end that `child` is adjacent to.
  std::optional<std::size_t> FindParent(const Segment& child) const {
    const BlockNumber child_start = child.ranges.front().blocks.first();
    // Entries of one link are sorted by end, so those that end early enough on the first network
    // come first among them. With one network the last of those is the parent.
    auto entry = std::ranges::partition_point(entries_, [&](const Entry& candidate) {
      const std::strong_ordering links = Compare(candidate, child);
      if (links != std::strong_ordering::equal) return links == std::strong_ordering::less;
      return SegmentOf(candidate).ranges.front().blocks.last() < child_start;
    });
    while (entry != entries_.begin()) {
      --entry;
      if (Compare(*entry, child) != std::strong_ordering::equal) break;
      if (IsAdjacent(SegmentOf(*entry), child)) return entry->position;
    }
    return std::nullopt;
  }

 private:
  struct Entry {
    std::uint64_t hash_start;  // Decides nearly every comparison without a look at the segment.
    std::size_t position;
  };

  const Segment& SegmentOf(const Entry& entry) const { return *by_end_[entry.position]; }

  /// Of segments with the same last blocks only the last one can be a parent. One hash is mostly
  /// one block, so this leaves one entry a hash, and nothing to search through below.
  void DropDuplicates() {
    const auto duplicates =
        std::ranges::unique(entries_ | std::views::reverse, [this](const Entry& a, const Entry& b) {
          return a.hash_start == b.hash_start &&
                 CompareLinks(SegmentOf(a), &NetworkRange::hash, SegmentOf(b),
                              &NetworkRange::hash) == std::strong_ordering::equal &&
                 CompareEnds(SegmentOf(a), SegmentOf(b)) == std::strong_ordering::equal;
        });
    entries_.erase(entries_.begin(), entries_.begin() + std::ranges::ssize(duplicates));
  }

  /// The hashes that an entry offers against those that `child` asks for.
  std::strong_ordering Compare(const Entry& entry, const Segment& child) const {
    const std::strong_ordering starts =
        entry.hash_start <=> FirstEightBytes(child.ranges.front().prev_hash);
    if (starts != std::strong_ordering::equal) return starts;
    return CompareLinks(SegmentOf(entry), &NetworkRange::hash, child, &NetworkRange::prev_hash);
  }

  const std::vector<const Segment*>& by_end_;
  std::vector<Entry> entries_;
};

/// Over the networks that both have, by position.
auto Zip(const Segment& a, const Segment& b) {
  return std::views::iota(std::size_t{0}, std::min(a.ranges.size(), b.ranges.size()));
}

bool EndsPast(const Segment& segment, const Segment& canonical_last) {
  for (const std::size_t i : Zip(segment, canonical_last)) {
    const BlockNumber end = segment.ranges[i].blocks.last();
    const BlockNumber canonical_end = canonical_last.ranges[i].blocks.last();
    if (end != canonical_end) return end > canonical_end;
  }
  return false;
}

/// True if a canonical segment ends with the very same blocks: a fork need not begin before it.
bool DuplicatesCanonical(const Segment& segment, ChainView canonical) {
  const auto end_of = [](const Segment* s) { return s->ranges.front().blocks.last(); };
  // Ends grow along a chain, so at most one of its segments can match.
  const auto found = std::ranges::lower_bound(canonical, end_of(&segment), {}, end_of);
  if (found == canonical.end()) return false;
  return std::ranges::all_of(Zip(segment, **found), [&](std::size_t i) {
    const NetworkRange& range = segment.ranges[i];
    const NetworkRange& canonical_range = (*found)->ranges[i];
    return range.blocks.last() == canonical_range.blocks.last() &&
           range.hash == canonical_range.hash;
  });
}

}  // namespace

Chain FindFork(ChainView canonical, std::vector<const Segment*> others) {
  const Segment& canonical_last = *canonical.back();
  const auto ends_past = [&](const Segment* segment) { return EndsPast(*segment, canonical_last); };
  // Mostly what is off the chain was superseded within it, and there is nothing to search.
  if (std::ranges::none_of(others, ends_past)) return {};

  SortByEnd(others);
  const ParentIndex index(others);
  std::vector<std::optional<std::size_t>> parents(others.size());
  std::vector<std::size_t> roots(others.size());
  for (std::size_t i = 0; i < others.size(); ++i) {
    std::optional<std::size_t> parent = index.FindParent(*others[i]);
    if (parent && DuplicatesCanonical(*others[*parent], canonical)) parent = std::nullopt;
    parents[i] = parent;
    roots[i] = parent ? roots[*parent] : i;  // A parent ends earlier: its root is known.
  }

  for (std::size_t end = others.size(); end > 0; --end) {
    const std::size_t last = end - 1;
    if (!ends_past(others[last])) break;
    if (!Touches(*others[roots[last]], canonical_last)) continue;
    Chain fork;
    for (std::optional<std::size_t> at = last; at; at = parents[*at]) fork.push_back(others[*at]);
    std::ranges::reverse(fork);
    return fork;
  }
  return {};
}

}  // namespace tidemark::chain
