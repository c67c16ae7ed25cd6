#include "job_run.h"

#include <optional>
#include <utility>

#include "retry_budget.h"
#include "tidemark/base/log.h"
#include "tidemark/base/wait.h"

namespace tidemark::worker {

JobRun::JobRun(const WorkerContext& context, metadata_db::JobRow job)
    : context_(context), job_(std::move(job)) {}

JobOutcome JobRun::Run(const std::stop_token& stop) {
  RetryBudget retries({.base = context_.options.retry_base, .max = context_.options.retry_max});
  std::uint64_t commits = 0;
  while (!stop.stop_requested()) {
    auto outcome = Step(stop);
    const std::uint64_t commits_before = std::exchange(commits, rounds_ ? rounds_->commits() : 0);
    const bool is_idle = outcome && *outcome == RoundOutcome::kIdle;
    if (commits != commits_before || is_idle) retries.Reset();
    if (!outcome) {
      if (stop.stop_requested()) break;
      Error error = std::move(outcome).error();
      // What ends the run is told by whoever ran it.
      if (error.code != ErrorCode::kUnavailable) {
        return JobFailure{.position = position_, .error = std::move(error)};
      }
      Log(LogLevel::kWarning, "job_round_failed",
          {{"job_id", job_.id.value},
           {"step", ToString(position_.step)},
           {"error", error.message}});
      if (!retries.WaitForNext(stop)) {
        return JobFailure{.position = position_, .error = std::move(error)};
      }
      continue;
    }
    switch (*outcome) {
      case RoundOutcome::kAdvanced:
        break;
      case RoundOutcome::kDone:
        return JobCompleted{};
      case RoundOutcome::kIdle:
        WaitFor(rounds_->PollInterval(), stop);
        break;
    }
  }
  return JobInterrupted{};
}

Result<RoundOutcome> JobRun::Step(const std::stop_token& stop) {
  if (loaded_at_ != context_.database_returns) rounds_.reset();
  return rounds_ ? rounds_->RunOne(stop) : SetUp(stop);
}

Result<RoundOutcome> JobRun::SetUp(const std::stop_token& stop) {
  position_.blocks.reset();
  loaded_at_ = context_.database_returns;
  TIDEMARK_TRY(auto setup, SetUpJob(context_, job_, position_.step));
  position_.step = JobStep::kResolveEndBlock;
  std::optional<BlockNumber> newest;
  if (NeedsHead(setup.descriptor.end_block)) {
    TIDEMARK_TRY(const auto head, FetchHead(setup, stop));
    if (head) newest = head->number;
  }
  const auto end = ResolveEndBlock(setup.descriptor.end_block, setup.dataset.start_block, newest);
  if (!end) {
    position_.step = JobStep::kInvalidEndBlock;
    return std::unexpected(end.error());
  }
  if (std::holds_alternative<NothingToWrite>(*end)) return RoundOutcome::kDone;
  rounds_ = std::make_unique<JobRounds>(
      context_, JobRounds::Job{.claim = ClaimOf(job_), .end = *end}, std::move(setup), position_);
  return RoundOutcome::kAdvanced;
}

}  // namespace tidemark::worker
