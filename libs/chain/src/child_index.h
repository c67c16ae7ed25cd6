// Finds the segment that continues another one.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tidemark/model/segment.h"

namespace tidemark::chain {

/// Segments to be taken out one by one, never twice. Refers to `by_start`, which is in the order of
/// SortByStart and must outlive it.
class ChildIndex {
 public:
  explicit ChildIndex(const std::vector<const Segment*>& by_start);

  /// Takes the segment at a position; false if it is gone.
  bool Take(std::size_t position);

  /// Takes the first segment that is adjacent to `parent`, and yields its position.
  std::optional<std::size_t> TakeFirstChild(const Segment& parent);

 private:
  /// The first entry from `entry` on that is not taken; the number of entries if there is none.
  std::size_t FirstFree(std::size_t entry);

  struct Entry {
    std::uint64_t link_start;  // Of the hash that the segment names as its parent.
    std::size_t position;
  };

  const Segment& SegmentOf(const Entry& entry) const { return *by_start_[entry.position]; }

  /// What an entry links to against the hashes of `parent`.
  std::strong_ordering CompareToParent(const Entry& entry, const Segment& parent) const;

  const std::vector<const Segment*>& by_start_;
  std::vector<Entry> entries_;  // By what they link to, then by start.
  std::vector<std::size_t> entry_of_position_;
  // For each entry, the first one behind it that links elsewhere or has another start: those
  // between are adjacent to a parent if it is.
  std::vector<std::size_t> next_different_;
  // For each entry, and one behind the last: itself if it is free, else a later one. Paths are cut
  // as they are walked, so that entries that were taken are not passed again and again.
  std::vector<std::size_t> next_free_;
};

}  // namespace tidemark::chain
