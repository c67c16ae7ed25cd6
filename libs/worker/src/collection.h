// Which files of a location may go, and their going.
#pragma once

#include <optional>
#include <vector>

#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/ids.h"
#include "worker_context.h"

namespace tidemark::worker {

/// A location, and on whose behalf it is collected.
struct CollectionTarget {
  LocationId location;
  /// Of the job that writes it. Absent: nobody does.
  std::optional<metadata_db::JobClaim> writer;
  /// Of its dataset, if it has one: where its chain has to begin to count.
  std::optional<BlockNumber> start_block;
};

/// Removes the rows of files whose time has come, at most some thousand, and condemns their
/// objects; yields the files that are gone. One that is in the canonical chain stays, for the chain
/// may have come back to it since it was scheduled; so does one whose row cannot be read. The
/// number of reorganisations that the location tells stays what it was. Errors: kConflict if the
/// location changed meanwhile, or is somebody else's; kUnavailable, also when the files may be
/// gone.
Result<std::vector<FileId>> CollectLocation(const WorkerContext& context,
                                            const CollectionTarget& target);

}  // namespace tidemark::worker
