#include "table_snapshot.h"

#include <utility>
#include <vector>

#include "tidemark/chain/chain.h"

namespace tidemark::data_store {

Result<TableSnapshot> TableSnapshot::Make(std::vector<Segment> segments,
                                          std::uint64_t quarantined_files,
                                          const ProgressRules& rules) {
  chain::Chain canonical = chain::FindChains(segments).canonical;
  if (rules.start_block) {
    TIDEMARK_TRY(const bool counts, chain::ReachesBackTo(canonical, *rules.start_block));
    if (!counts) canonical.clear();
  }
  return TableSnapshot(std::move(segments), std::move(canonical), quarantined_files);
}

Result<std::vector<NetworkRange>> TableSnapshot::SyncedRange() const {
  return chain::SyncedRanges(canonical_);
}

}  // namespace tidemark::data_store
