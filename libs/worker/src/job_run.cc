#include "job_run.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "back_off.h"
#include "interruptible_wait.h"
#include "tidemark/base/log.h"

namespace tidemark::worker {
namespace {

// Nets below the source, which has limits of its own for each request.
constexpr std::chrono::minutes kHeadTimeout{1};
constexpr std::chrono::minutes kProbeTimeout{2};

// Nodes behind one address that disagree would have us write the same blocks in turns, as fast as
// the disk allows. A chain that was reorganised needs fewer repairs than this in a row.
constexpr std::uint64_t kRepairsAtOnceMax = 3;

Result<std::optional<providers::ChainHead>> FetchHead(const JobSetup& setup,
                                                      const std::stop_token& stop) {
  const auto tag = setup.dataset.finalized_blocks_only ? providers::HeadTag::kFinalized
                                                       : providers::HeadTag::kLatest;
  return setup.source->FetchHead(tag, Deadline::After(kHeadTimeout), stop);
}

}  // namespace

JobRun::JobRun(const WorkerContext& context, metadata_db::JobRow job)
    : context_(context),
      job_(std::move(job)),
      pacing_({.min = context.options.head_poll_min, .max = context.options.head_poll_max}) {}

JobOutcome JobRun::Run(const std::stop_token& stop) {
  RetryBudget retries({.base = context_.options.retry_base, .max = context_.options.retry_max});
  std::uint64_t commits = 0;
  while (!stop.stop_requested()) {
    auto progress = Step(stop);
    const std::uint64_t commits_before =
        std::exchange(commits, materialiser_ ? materialiser_->commits() : 0);
    const bool is_idle = progress && *progress == Progress::kIdle;
    if (commits != commits_before || is_idle) retries.Reset();
    if (!progress) {
      if (stop.stop_requested()) break;
      Error error = std::move(progress).error();
      Log(LogLevel::kWarning, "job_round_failed",
          {{"job_id", job_.id.value}, {"step", ToString(step_)}, {"error", error.message}});
      if (error.code != ErrorCode::kUnavailable || !retries.WaitForNext(stop)) {
        return JobFailure{.step = step_, .error = std::move(error), .blocks = blocks_};
      }
      continue;
    }
    switch (*progress) {
      case Progress::kAdvanced:
        break;
      case Progress::kDone:
        return JobCompleted{};
      case Progress::kIdle:
        WaitFor(pacing_.PollInterval(context_.clock.SteadyNow()), stop);
        break;
    }
  }
  return JobInterrupted{};
}

Result<JobRun::Progress> JobRun::Step(const std::stop_token& stop) {
  if (setup_) return RunRound(stop);
  TIDEMARK_TRY(SetUp(stop));
  return std::holds_alternative<NothingToWrite>(end_) ? Progress::kDone : Progress::kAdvanced;
}

Status JobRun::SetUp(const std::stop_token& stop) {
  blocks_.reset();
  TIDEMARK_TRY(auto setup, SetUpJob(context_, job_, step_));
  step_ = JobStep::kResolveEndBlock;
  std::optional<BlockNumber> newest;
  if (NeedsHead(setup.descriptor.end_block)) {
    TIDEMARK_TRY(const auto head, FetchHead(setup, stop));
    if (head) newest = head->number;
  }
  auto end = ResolveEndBlock(setup.descriptor.end_block, setup.dataset.start_block, newest);
  if (!end) {
    step_ = JobStep::kInvalidEndBlock;
    return std::unexpected(std::move(end).error());
  }
  end_ = *end;
  setup_ = std::move(setup);
  materialiser_.emplace(context_,
                        Materialiser::Job{.id = job_.id, .network = setup_->dataset.network},
                        *setup_->source, setup_->tables);
  return {};
}

Result<JobRun::Progress> JobRun::RunRound(const std::stop_token& stop) {
  step_ = JobStep::kLatestBlock;
  blocks_.reset();
  TIDEMARK_TRY(const auto head, FetchHead(*setup_, stop));
  const BlockNumber start = setup_->dataset.start_block;
  if (!head) return Progress::kIdle;
  pacing_.Observe(head->number, context_.clock.SteadyNow());
  if (head->number < start) return Progress::kIdle;

  const auto* end = std::get_if<BlockNumber>(&end_);
  const BlockNumber last = end != nullptr ? std::min(*end, head->number) : head->number;
  Round round{.desired = *BlockRange::Make(start, last),
              .head = *head,
              .hashes = {{head->number, head->hash}}};
  step_ = JobStep::kMissingRanges;
  blocks_ = round.desired;
  TIDEMARK_TRY(const auto runs, Plan(round, stop));
  if (runs.empty()) return ReachesEnd(round) ? Progress::kDone : Progress::kIdle;

  step_ = JobStep::kPartitionTask;
  for (const BlockRun& run : runs) {
    blocks_ = run.blocks;
    TIDEMARK_TRY(const auto outcome, materialiser_->Write(run, stop));
    if (outcome == Materialiser::Outcome::kDiverged) {
      // Right after a comparison this is not a reorganisation that we have yet to look at.
      if (repairs_in_a_row_ > 0) return Contradiction();
      is_disputed_ = true;
      return Progress::kAdvanced;
    }
  }
  return repairs_in_a_row_ > kRepairsAtOnceMax ? Progress::kIdle : Progress::kAdvanced;
}

Result<std::vector<BlockRun>> JobRun::Plan(Round& round, const std::stop_token& stop) {
  const bool was_disputed = std::exchange(is_disputed_, false);
  bool is_repair = false;
  std::vector<std::vector<BlockRange>> missing;
  for (const TableTarget& table : setup_->tables) {
    const TableView view{.ledger = table.ledger, .desired = round.desired};
    std::optional<std::size_t> agreed;
    if (was_disputed || IsDoubtful(view, round)) {
      TIDEMARK_TRY(agreed, CountAgreedLinks(view, round, stop));
      is_repair = is_repair || *agreed < table.ledger.canonical().size() || IsBroken(view);
    }
    missing.push_back(MissingBlocks(view, agreed));
  }
  if (was_disputed && !is_repair) return Contradiction();
  repairs_in_a_row_ = is_repair ? repairs_in_a_row_ + 1 : 0;
  return SplitIntoRuns(missing);
}

Result<std::size_t> JobRun::CountAgreedLinks(const TableView& view, Round& round,
                                             const std::stop_token& stop) {
  const std::span<const ChainLink> canonical = view.ledger.canonical();
  // Of blocks above its head the source can say nothing: they may come back.
  const auto above = std::ranges::upper_bound(
      canonical, round.head.number, {}, [](const ChainLink& link) { return link.blocks.last(); });
  const auto known = static_cast<std::size_t>(above - canonical.begin());
  TIDEMARK_TRY(const std::size_t agreed,
               CountAgreed(canonical.first(known),
                           [&](BlockNumber block) { return HashAt(block, round, stop); }));
  return agreed == known ? canonical.size() : agreed;
}

Result<BlockHash> JobRun::HashAt(BlockNumber block, Round& round, const std::stop_token& stop) {
  if (const auto known = round.hashes.find(block); known != round.hashes.end()) {
    return known->second;
  }
  TIDEMARK_TRY(
      const auto blocks,
      setup_->source->FetchBlocks(BlockRange::Single(block), Deadline::After(kProbeTimeout), stop));
  if (blocks.size() != 1 || blocks.front().number != block) {
    return MakeError(ErrorCode::kUnavailable,
                     fmt::format("asked for block {}, the source gave another", block.value));
  }
  round.hashes.emplace(block, blocks.front().hash);
  return blocks.front().hash;
}

std::unexpected<Error> JobRun::Contradiction() const {
  return MakeError(
      ErrorCode::kUnavailable,
      fmt::format("the source of network {} contradicts itself: it has our blocks, and "
                  "gave one above them that does not continue them",
                  setup_->dataset.network));
}

bool JobRun::IsDoubtful(const TableView& view, const Round& round) const {
  if (IsBroken(view)) return true;
  const auto tip_hash = view.ledger.HashOfLast(round.head.number);
  if (tip_hash && *tip_hash != round.head.hash) return true;
  // What is called complete is looked at once more: nobody will come back to it.
  return ReachesEnd(round) && view.ledger.Gaps(round.desired).empty();
}

bool JobRun::ReachesEnd(const Round& round) const {
  const auto* end = std::get_if<BlockNumber>(&end_);
  return end != nullptr && *end <= round.head.number;
}

}  // namespace tidemark::worker
