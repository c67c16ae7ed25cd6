// A range of blocks, cut into partitions for several writers.
#pragma once

#include <cstdint>
#include <optional>

#include "tidemark/base/mutex.h"
#include "tidemark/model/block_range.h"

namespace tidemark::worker {

/// Hands out partitions in ascending order, so that the holes which several writers leave for a
/// while are near the end of what is written. Thread-safe.
class PartitionQueue {
 public:
  struct Limits {
    std::uint16_t writers = 1;     // How many may be at work at once; 0 counts as 1.
    std::uint64_t min_blocks = 1;  // Of a partition, unless the range has fewer; 0 counts as 1.
    std::uint64_t max_blocks = 1;  // Of a partition; below min_blocks it counts as that.
  };

  PartitionQueue(BlockRange blocks, const Limits& limits);

  /// How many writers have something to do: from 1 to Limits::writers. With one, the whole range is
  /// its partition.
  std::uint64_t writers() const { return writers_; }

  /// nullopt after the last.
  std::optional<BlockRange> Take();

 private:
  std::uint64_t writers_ = 1;
  std::uint64_t size_ = 1;  // Of a partition, in blocks.
  Mutex mutex_;
  std::optional<BlockRange> rest_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::worker
