// What a chain amounts to.
#pragma once

#include <cstdint>
#include <vector>

#include "tidemark/base/result.h"
#include "tidemark/chain/canonical_chain.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

/// The blocks that a chain covers, one range a network, by network: from the first block of its
/// first segment to the last block of its last one, with that block's hash and time. Empty for an
/// empty chain. Errors: kInternal if the ends cannot be those of one chain: other networks, or
/// reversed.
Result<std::vector<NetworkRange>> SyncedRanges(ChainView chain);

struct ChainTotals {
  std::uint64_t files_count = 0;
  std::uint64_t size_bytes = 0;  // Stays at 2^64-1 rather than wrap.

  friend bool operator==(const ChainTotals&, const ChainTotals&) = default;
};

ChainTotals SumUp(ChainView chain);

}  // namespace tidemark::chain
