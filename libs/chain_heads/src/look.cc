#include "look.h"

#include <algorithm>

#include <fmt/format.h>

#include "tidemark/providers/block_source.h"

namespace tidemark::chain_heads {
namespace {

TagOutcome LookAt(const LookTask& task, const LookTask::Tag& tag, std::chrono::milliseconds timeout,
                  const Clock& clock, const std::stop_token& stop) {
  const auto preferred = std::ranges::find(task.providers, tag.preferred, &HeadProvider::name) -
                         task.providers.begin();
  const auto count = task.providers.size();
  TagOutcome outcome{.tag = tag.tag, .source = {}, .at = {}, .found = HeadProblem{}};
  HeadProblem problem{.code = HeadProblemCode::kProviderUnreachable, .detail = {}};
  for (std::size_t turn = 0; turn < count && !stop.stop_requested(); ++turn) {
    const HeadProvider& provider =
        task.providers[(static_cast<std::size_t>(preferred) + turn) % count];
    const auto answer = provider.source->FetchHead(tag.tag, Deadline::After(timeout), stop);
    outcome.source = provider.name;
    outcome.at = clock.Now();
    if (!problem.detail.empty()) problem.detail += "; ";
    if (!answer) {
      problem.detail += fmt::format("{}: {}", provider.name, answer.error().message);
    } else if (const std::optional<ChainHead>& head = *answer) {
      outcome.found = *head;
      return outcome;
    } else {
      // Believed only if no other one has a block.
      problem.code = HeadProblemCode::kNoBlock;
      problem.detail += fmt::format("{} has no {} block", provider.name, ToString(tag.tag));
    }
  }
  outcome.found = std::move(problem);
  return outcome;
}

/// A finalized block is on the chain of the latest one and not above it. Asked for in this order,
/// an honest node cannot seem to break that.
void CheckAgainstEachOther(std::vector<TagOutcome>& outcomes) {
  const auto finalized = std::ranges::find(outcomes, HeadTag::kFinalized, &TagOutcome::tag);
  const auto latest = std::ranges::find(outcomes, HeadTag::kLatest, &TagOutcome::tag);
  if (finalized == outcomes.end() || latest == outcomes.end()) return;
  const auto* final_head = std::get_if<ChainHead>(&finalized->found);
  const auto* latest_head = std::get_if<ChainHead>(&latest->found);
  if (final_head == nullptr || latest_head == nullptr || finalized->source != latest->source) {
    return;
  }
  if (final_head->number < latest_head->number ||
      (final_head->number == latest_head->number && final_head->hash == latest_head->hash)) {
    return;
  }
  finalized->found =
      HeadProblem{.code = HeadProblemCode::kProviderUnreachable,
                  .detail = fmt::format("{} contradicts itself: block {} is final, block {} latest",
                                        finalized->source, final_head->number.value,
                                        latest_head->number.value)};
}

}  // namespace

std::vector<TagOutcome> Look(const LookTask& task, std::chrono::milliseconds timeout,
                             const Clock& clock, const std::stop_token& stop) {
  std::vector<TagOutcome> outcomes;
  for (const HeadTag tag : {HeadTag::kFinalized, HeadTag::kLatest}) {
    const auto wanted = std::ranges::find(task.tags, tag, &LookTask::Tag::tag);
    if (wanted != task.tags.end()) {
      outcomes.push_back(LookAt(task, *wanted, timeout, clock, stop));
    }
  }
  // An interrupted call looks like one that failed.
  if (stop.stop_requested()) return {};
  CheckAgainstEachOther(outcomes);
  return outcomes;
}

}  // namespace tidemark::chain_heads
