// Where a job ends.
#pragma once

#include <optional>
#include <variant>

#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/job.h"

namespace tidemark::worker {

/// The chain that the job's end counts from has no block yet.
struct NothingToWrite {
  friend bool operator==(const NothingToWrite&, const NothingToWrite&) = default;
};

/// An end block as a number, fixed for the rest of the run; Continuous: never.
using EndGoal = std::variant<EndBlock::Continuous, NothingToWrite, BlockNumber>;

/// Whether the answer depends on the chain head.
bool NeedsHead(const EndBlock& end);

/// `head`: the chain's newest block, absent if it has none or if it is not needed.
/// Errors: kInvalidArgument if the job would end before `start`.
Result<EndGoal> ResolveEndBlock(const EndBlock& end, BlockNumber start,
                                std::optional<BlockNumber> head);

}  // namespace tidemark::worker
