// What is left of a range of blocks.
#pragma once

#include <vector>

#include "tidemark/model/block_range.h"

namespace tidemark::chain {

/// What `covered`, which is merged, leaves of `desired`.
std::vector<BlockRange> Uncovered(BlockRange desired, const std::vector<BlockRange>& covered);

}  // namespace tidemark::chain
