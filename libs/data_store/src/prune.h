// Pruning a revision: what its table does without is scheduled to be collected.
#pragma once

#include <optional>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/data_store/revisions.h"

namespace tidemark::data_store {

/// See Revisions::Prune.
Result<std::uint64_t> PruneRevision(metadata_db::MetadataStore& store, LocationId revision,
                                    const PruneQuery& query, Deadline deadline);

}  // namespace tidemark::data_store
