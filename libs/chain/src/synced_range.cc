#include "tidemark/chain/synced_range.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace tidemark::chain {

Result<std::vector<NetworkRange>> SyncedRanges(ChainView chain) {
  std::vector<NetworkRange> synced;
  if (chain.empty()) return synced;
  const Segment& first = *chain.front();
  const Segment& last = *chain.back();
  const auto no_chain = [&] {
    return MakeError(ErrorCode::kInternal, fmt::format("files {} and {} are not ends of one chain",
                                                       first.file_id.value, last.file_id.value));
  };
  if (first.ranges.size() != last.ranges.size()) return no_chain();

  synced.reserve(first.ranges.size());
  for (std::size_t i = 0; i < first.ranges.size(); ++i) {
    const NetworkRange& start = first.ranges[i];
    const NetworkRange& end = last.ranges[i];
    const Result<BlockRange> blocks = BlockRange::Make(start.blocks.first(), end.blocks.last());
    if (start.network != end.network || !blocks) return no_chain();
    synced.push_back({.network = start.network,
                      .blocks = *blocks,
                      .hash = end.hash,
                      .prev_hash = start.prev_hash,
                      .timestamp_s = end.timestamp_s});
  }
  return synced;
}

ChainTotals SumUp(ChainView chain) {
  ChainTotals totals{.files_count = chain.size()};
  for (const Segment* segment : chain) {
    const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - totals.size_bytes;
    totals.size_bytes += std::min(segment->size_bytes, room);
  }
  return totals;
}

}  // namespace tidemark::chain
