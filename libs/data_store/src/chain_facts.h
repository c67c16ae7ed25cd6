// What the files of one table come to.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "table_snapshot.h"
#include "tidemark/base/clock.h"
#include "tidemark/chain/synced_range.h"
#include "tidemark/data_store/table_progress.h"
#include "tidemark/model/segment.h"

namespace tidemark::data_store {

/// Of the canonical chain: empty, but for `reorgs`, if there is none that the rules let count.
struct ChainFacts {
  std::vector<NetworkRange> ranges;
  chain::ChainTotals totals;
  std::uint64_t reorgs = 0;
  Quarantine quarantine;
  std::optional<CommitRate> rate;  // Absent too where the chain covers several networks.
};

/// Errors: as SyncedRange.
Result<ChainFacts> FactsOf(const TableSnapshot& snapshot, UtcTime now);

}  // namespace tidemark::data_store
