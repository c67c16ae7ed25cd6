// Committing files whose objects are durable.
#pragma once

#include <span>
#include <stop_token>
#include <vector>

#include "segment_batch.h"
#include "tidemark/base/result.h"
#include "tidemark/model/ids.h"
#include "worker_context.h"

namespace tidemark::worker {

/// Commits all files in one transaction. While the database does not say how a commit ended, the
/// same call is made again, which adds nothing twice; so on success the files are there, and on a
/// failure other than a stop they are not. Ids come back in the order of `segments`.
/// Errors: kUnavailable only when stopped; kConflict if the job is no longer ours, or has lost its
/// tables; kNotFound,
/// kCorruption; kInternal if the database answers for other files.
Result<std::vector<FileId>> CommitUntilKnown(const WorkerContext& context,
                                             const metadata_db::JobClaim& claim,
                                             std::span<const ClosedSegment> segments,
                                             const std::stop_token& stop);

}  // namespace tidemark::worker
