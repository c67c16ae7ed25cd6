#include "commit_rate.h"

#include <algorithm>
#include <chrono>

namespace tidemark::data_store {
namespace {

constexpr std::chrono::seconds kLongestWindow{60};

/// As a double, since the whole range of block numbers has one block more than 64 bits count.
double BlockCount(const Segment& segment) {
  const BlockRange& blocks = segment.ranges.front().blocks;
  return static_cast<double>(blocks.last().value - blocks.first().value) + 1;
}

/// At least a second: the first file of a table must not show an endless speed. A writer's clock
/// may also be ahead of ours.
std::chrono::seconds WindowSince(UtcTime oldest, UtcTime now) {
  return std::clamp(std::chrono::ceil<std::chrono::seconds>(now - oldest), std::chrono::seconds(1),
                    kLongestWindow);
}

}  // namespace

std::optional<CommitRate> MeasureCommitRate(chain::ChainView chain, UtcTime now) {
  if (chain.empty()) return std::nullopt;
  UtcTime oldest = chain.front()->created_at;
  UtcTime newest = oldest;
  for (const Segment* segment : chain) {
    oldest = std::min(oldest, segment->created_at);
    newest = std::max(newest, segment->created_at);
  }
  const auto window = WindowSince(oldest, now);
  double blocks = 0;
  for (const Segment* segment : chain) {
    if (segment->created_at >= now - window) blocks += BlockCount(*segment);
  }
  return CommitRate{.blocks_per_second = blocks / static_cast<double>(window.count()),
                    .window = window,
                    .last_commit_at = newest};
}

std::optional<CommitRate> MeasureCommitRate(const chain::ChainIndex& index, UtcTime now) {
  const auto times = index.CanonicalCreationTimes();
  if (!times) return std::nullopt;
  const auto window = WindowSince(times->oldest, now);
  double blocks = 0;
  for (const Segment& segment : index.CanonicalSegmentsSince(now - window)) {
    blocks += BlockCount(segment);
  }
  return CommitRate{.blocks_per_second = blocks / static_cast<double>(window.count()),
                    .window = window,
                    .last_commit_at = times->newest};
}

}  // namespace tidemark::data_store
