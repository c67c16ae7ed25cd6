// How fast a chain of one network has been growing.
#pragma once

#include <optional>

#include "tidemark/base/clock.h"
#include "tidemark/chain/canonical_chain.h"
#include "tidemark/chain/chain_index.h"
#include "tidemark/data_store/data_store.h"

namespace tidemark::data_store {

/// The blocks of the files created within the last minute before `now`, a second. Measured from
/// what is committed and at the moment of the question, so that it survives restarts and a writer
/// that has died shows a falling speed. nullopt for an empty chain. Requires: one network.
std::optional<CommitRate> MeasureCommitRate(chain::ChainView chain, UtcTime now);
/// The same of the index's canonical chain.
std::optional<CommitRate> MeasureCommitRate(const chain::ChainIndex& index, UtcTime now);

}  // namespace tidemark::data_store
