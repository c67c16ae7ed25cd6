// Ranges of blocks, taken piece by piece.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "tidemark/model/block_range.h"

namespace tidemark::worker {

/// Takes the first `count` blocks of `rest`, all of it if it has no more; nullopt if nothing is
/// left.
/// Requires: count > 0.
inline std::optional<BlockRange> TakeFirst(std::optional<BlockRange>& rest, std::uint64_t count) {
  if (!rest) return std::nullopt;
  const BlockNumber first = rest->first();
  const BlockNumber end = rest->last();
  // Compared this way round, for first + count could wrap.
  if (end.value - first.value < count) return std::exchange(rest, std::nullopt);
  const BlockNumber last{first.value + (count - 1)};
  rest = *BlockRange::Make(BlockNumber{last.value + 1}, end);
  return *BlockRange::Make(first, last);
}

}  // namespace tidemark::worker
