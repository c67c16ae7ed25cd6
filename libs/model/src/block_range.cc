#include "tidemark/model/block_range.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace tidemark {

Result<BlockRange> BlockRange::Make(BlockNumber first, BlockNumber last) {
  if (last < first) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("a block range cannot go from {} down to {}", first.value, last.value));
  }
  return BlockRange(first, last);
}

bool BlockRange::IsFollowedBy(const BlockRange& next) const {
  // Nothing follows the last representable block; without this test last + 1 would wrap to genesis.
  if (last_.value == std::numeric_limits<std::uint64_t>::max()) return false;
  return next.first_.value == last_.value + 1;
}

std::optional<BlockRange> BlockRange::Intersect(const BlockRange& other) const {
  const BlockNumber first = std::max(first_, other.first_);
  const BlockNumber last = std::min(last_, other.last_);
  if (last < first) return std::nullopt;
  return BlockRange(first, last);
}

}  // namespace tidemark
