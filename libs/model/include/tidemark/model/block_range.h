// Block numbers, and runs of them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "tidemark/base/result.h"

namespace tidemark {

/// Height of a block in its chain; genesis is 0. A type of its own, so that a height, a count of
/// blocks and a Unix time cannot stand in for one another.
struct BlockNumber {
  std::uint64_t value = 0;
  friend constexpr auto operator<=>(const BlockNumber&, const BlockNumber&) = default;
};

/// An unbroken run of blocks, both ends included, never empty.
///
/// The ends are included because a segment file names its first and last block, and because a
/// half-open range could not hold block 2^64-1. A gap with no blocks in it is an absent range
/// (std::nullopt), not an empty one.
class BlockRange {
 public:
  /// Errors: kInvalidArgument if `last` < `first`.
  static Result<BlockRange> Make(BlockNumber first, BlockNumber last);
  static BlockRange Single(BlockNumber block) { return BlockRange(block, block); }

  BlockNumber first() const { return first_; }
  BlockNumber last() const { return last_; }

  bool Contains(BlockNumber block) const { return first_ <= block && block <= last_; }

  /// True if `next` starts at the very block after this range ends. Two ranges that touch hold no
  /// block in common and none is missing between them.
  bool IsFollowedBy(const BlockRange& next) const;

  /// The blocks in both ranges, or nullopt if there are none.
  std::optional<BlockRange> Intersect(const BlockRange& other) const;

  friend bool operator==(const BlockRange&, const BlockRange&) = default;

 private:
  BlockRange(BlockNumber first, BlockNumber last) : first_(first), last_(last) {}

  BlockNumber first_;
  BlockNumber last_;  // Never below first_.
};

}  // namespace tidemark
