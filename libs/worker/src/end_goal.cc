#include "end_goal.h"

#include <fmt/format.h>

namespace tidemark::worker {

bool NeedsHead(const EndBlock& end) {
  return std::holds_alternative<EndBlock::BehindLatest>(end.value);
}

Result<EndGoal> ResolveEndBlock(const EndBlock& end, BlockNumber start,
                                std::optional<BlockNumber> head) {
  if (std::holds_alternative<EndBlock::Continuous>(end.value)) return EndBlock::Continuous{};

  BlockNumber goal;
  if (const auto* number = std::get_if<BlockNumber>(&end.value)) {
    goal = *number;
  } else {
    if (!head) return NothingToWrite{};
    const std::uint64_t behind = std::get<EndBlock::BehindLatest>(end.value).blocks;
    if (head->value < behind) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("the end is {} blocks before the chain head, which is only {}",
                                   behind, head->value));
    }
    goal = BlockNumber{head->value - behind};
  }
  if (goal < start) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("end block {} is before the dataset's start block {}", goal.value,
                                 start.value));
  }
  return goal;
}

}  // namespace tidemark::worker
