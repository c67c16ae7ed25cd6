#include "table_snapshot.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "tidemark/chain/chain.h"

namespace tidemark::data_store {
namespace {

Result<FileRun> RunOf(chain::ChainView segments) {
  TIDEMARK_TRY(auto ranges, chain::SyncedRanges(segments));
  const chain::ChainTotals totals = chain::SumUp(segments);
  return FileRun{.ranges = std::move(ranges),
                 .files_count = totals.files_count,
                 .total_size_bytes = totals.size_bytes};
}

/// Stays at 2^64-1 rather than wrap.
std::uint64_t AddUp(std::uint64_t a, std::uint64_t b) {
  return a + std::min(b, std::numeric_limits<std::uint64_t>::max() - a);
}

}  // namespace

Result<TableSnapshot> TableSnapshot::Make(std::vector<Segment> segments, Quarantine quarantine,
                                          const ProgressRules& rules) {
  chain::Chains chains = chain::FindChains(segments);
  if (rules.start_block) {
    TIDEMARK_TRY(const bool counts, chain::ReachesBackTo(chains.canonical, *rules.start_block));
    if (!counts) chains.canonical.clear();
  }
  return TableSnapshot(std::move(segments), std::move(chains), std::move(quarantine),
                       rules.start_block);
}

Result<std::vector<NetworkRange>> TableSnapshot::SyncedRange() const {
  return chain::SyncedRanges(chains_.canonical);
}

std::uint64_t TableSnapshot::CountReorgs() const {
  return chain::CountReorgs(segments_, start_block_);
}

Result<TableGaps> TableSnapshot::FindGaps() const {
  const chain::SegmentRoles roles = chain::AssignRoles(segments_, chains_);
  TableGaps gaps;
  const auto missing = chain::FindGaps(roles, start_block_);
  gaps.missing_count = missing.size();
  for (const chain::NetworkBlocks& blocks : missing) {
    if (gaps.missing.size() == kMaxListedGaps) break;
    gaps.missing.push_back({.network = blocks.network, .blocks = blocks.blocks});
  }
  if (!roles.fork.empty()) {
    TIDEMARK_TRY(gaps.fork, RunOf(roles.fork));
  }
  gaps.islands_count = roles.islands.size();
  for (const chain::Chain& island : roles.islands) {
    TIDEMARK_TRY(FileRun run, RunOf(island));
    gaps.islands_files_count += run.files_count;
    gaps.islands_size_bytes = AddUp(gaps.islands_size_bytes, run.total_size_bytes);
    if (gaps.islands.size() < kMaxListedGaps) gaps.islands.push_back(std::move(run));
  }
  const chain::ChainTotals superseded = chain::SumUp(roles.superseded);
  gaps.superseded_files_count = superseded.files_count;
  gaps.superseded_size_bytes = superseded.size_bytes;
  return gaps;
}

}  // namespace tidemark::data_store
