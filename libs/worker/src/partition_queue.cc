#include "partition_queue.h"

#include <algorithm>
#include <utility>

#include "block_pieces.h"

namespace tidemark::worker {
namespace {

// Blocks differ a lot in what they hold: with several partitions a writer, one that got full ones
// does not keep the rest waiting at the end.
constexpr std::uint64_t kPartitionsPerWriter = 4;

}  // namespace

PartitionQueue::PartitionQueue(BlockRange blocks, const Limits& limits) : rest_(blocks) {
  const std::uint64_t beyond_first = blocks.last().value - blocks.first().value;  // Cannot wrap.
  const std::uint64_t min = std::max<std::uint64_t>(limits.min_blocks, 1);
  const std::uint64_t most_writers = std::max<std::uint64_t>(limits.writers, 1);
  size_ = std::clamp(beyond_first / (most_writers * kPartitionsPerWriter) + 1, min,
                     std::max(min, limits.max_blocks));
  writers_ = std::min(beyond_first / size_, most_writers - 1) + 1;
}

std::optional<BlockRange> PartitionQueue::Take() {
  const MutexLock lock(mutex_);
  return writers_ == 1 ? std::exchange(rest_, std::nullopt) : TakeFirst(rest_, size_);
}

}  // namespace tidemark::worker
