#include "chain_facts.h"

#include <utility>

#include "commit_rate.h"

namespace tidemark::data_store {

Result<ChainFacts> FactsOf(const TableSnapshot& snapshot, UtcTime now) {
  TIDEMARK_TRY(std::vector<NetworkRange> ranges, snapshot.SyncedRange());
  const bool has_rate = ranges.size() == 1;
  return ChainFacts{
      .ranges = std::move(ranges),
      .totals = chain::SumUp(snapshot.CanonicalSegments()),
      .reorgs = snapshot.CountReorgs(),
      .quarantine = snapshot.quarantine(),
      .rate = has_rate ? MeasureCommitRate(snapshot.CanonicalSegments(), now) : std::nullopt};
}

}  // namespace tidemark::data_store
