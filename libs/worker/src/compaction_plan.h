// Which files of a table to make one.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "segment_ledger.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/ids.h"

namespace tidemark::worker {

struct CompactionLimits {
  std::uint64_t margin_blocks = 0;  // The newest blocks of the chain, whose files are left alone.
  std::uint64_t blocks_max = 0;     // Of the merged file.
  std::uint64_t bytes_max = 0;      // Of its parents, together.
};

/// A run of links, each adjacent to the next, to be made one file; nullopt if there is none that is
/// worth it: one that covers at least kFanIn times as many blocks as the largest of its files. So a
/// row is written again O(log n) times while its chain grows to n blocks. The smallest files go
/// first, among those the oldest, at most kFilesMax at once. Those of `left_alone` stay as they
/// are.
std::optional<std::vector<ChainLink>> PlanCompaction(std::span<const ChainLink> chain,
                                                     const CompactionLimits& limits,
                                                     const std::set<FileId>& left_alone = {});

inline constexpr std::uint64_t kFanIn = 16;
inline constexpr std::size_t kFilesMax = 1024;

}  // namespace tidemark::worker
