#include "recent_blocks.h"

namespace tidemark::worker {

void RecentBlocks::Add(BlockNumber number, const BlockHash& hash, const BlockHash& parent) {
  parents_.insert_or_assign(parents_.end(), {number, hash}, parent);
  if (parents_.size() > kMax) parents_.erase(parents_.begin());
}

void RecentBlocks::Add(const RecentBlocks& others) {
  for (const auto& [block, parent] : others.parents_) Add(block.first, block.second, parent);
}

std::optional<BlockHash> RecentBlocks::HashOf(BlockNumber number, BlockNumber last,
                                              const BlockHash& hash_of_last) const {
  BlockHash hash = hash_of_last;
  for (BlockNumber block = last; block > number; --block.value) {
    const auto found = parents_.find({block, hash});
    if (found == parents_.end()) return std::nullopt;
    hash = found->second;
  }
  return hash;
}

}  // namespace tidemark::worker
