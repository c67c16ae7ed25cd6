#include "job_rounds.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace tidemark::worker {
namespace {

// Nets below the source, which has limits of its own for each request.
constexpr std::chrono::minutes kHeadTimeout{1};
constexpr std::chrono::minutes kProbeTimeout{2};

// Nodes behind one address that disagree would have us write the same blocks in turns, as fast as
// the disk allows. A chain that was reorganised needs fewer repairs than this in a row.
constexpr std::uint64_t kRepairsAtOnceMax = 3;

}  // namespace

Result<std::optional<providers::ChainHead>> FetchHead(const JobSetup& setup,
                                                      const std::stop_token& stop) {
  const auto tag = setup.dataset.finalized_blocks_only ? providers::HeadTag::kFinalized
                                                       : providers::HeadTag::kLatest;
  return setup.source->FetchHead(tag, Deadline::After(kHeadTimeout), stop);
}

JobRounds::JobRounds(const WorkerContext& context, const Job& job, JobSetup setup,
                     JobPosition& position)
    : context_(context),
      end_(job.end),
      setup_(std::move(setup)),
      position_(position),
      materialiser_(context, {.id = job.id, .network = setup_.dataset.network}, *setup_.source,
                    setup_.tables),
      pacing_({.min = context.options.head_poll_min, .max = context.options.head_poll_max}) {}

std::chrono::milliseconds JobRounds::PollInterval() const {
  return pacing_.PollInterval(context_.clock.SteadyNow());
}

Result<RoundOutcome> JobRounds::RunOne(const std::stop_token& stop) {
  position_.step = JobStep::kLatestBlock;
  position_.blocks.reset();
  TIDEMARK_TRY(const auto head, FetchHead(setup_, stop));
  const BlockNumber start = setup_.dataset.start_block;
  if (!head) return RoundOutcome::kIdle;
  pacing_.Observe(head->number, context_.clock.SteadyNow());
  if (head->number < start) return RoundOutcome::kIdle;

  const auto* end = std::get_if<BlockNumber>(&end_);
  const BlockNumber last = end != nullptr ? std::min(*end, head->number) : head->number;
  Round round{.desired = *BlockRange::Make(start, last),
              .head = *head,
              .hashes = {{head->number, head->hash}}};
  position_.step = JobStep::kMissingRanges;
  position_.blocks = round.desired;
  TIDEMARK_TRY(const auto runs, Plan(round, stop));
  if (runs.empty()) return ReachesEnd(round) ? RoundOutcome::kDone : RoundOutcome::kIdle;

  position_.step = JobStep::kPartitionTask;
  for (const BlockRun& run : runs) {
    position_.blocks = run.blocks;
    TIDEMARK_TRY(const auto outcome, materialiser_.Write(run, stop));
    if (outcome == Materialiser::Outcome::kDiverged) {
      // Right after a comparison this is not a reorganisation that we have yet to look at.
      if (repairs_in_a_row_ > 0) return Contradiction();
      is_disputed_ = true;
      return RoundOutcome::kAdvanced;
    }
  }
  return repairs_in_a_row_ > kRepairsAtOnceMax ? RoundOutcome::kIdle : RoundOutcome::kAdvanced;
}

Result<std::vector<BlockRun>> JobRounds::Plan(Round& round, const std::stop_token& stop) {
  const bool was_disputed = std::exchange(is_disputed_, false);
  bool is_repair = false;
  std::vector<std::vector<BlockRange>> missing;
  for (const TableTarget& table : setup_.tables) {
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

Result<std::size_t> JobRounds::CountAgreedLinks(const TableView& view, Round& round,
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

Result<BlockHash> JobRounds::HashAt(BlockNumber block, Round& round, const std::stop_token& stop) {
  if (const auto known = round.hashes.find(block); known != round.hashes.end()) {
    return known->second;
  }
  TIDEMARK_TRY(const auto blocks, setup_.source->FetchBlocks(BlockRange::Single(block),
                                                             Deadline::After(kProbeTimeout), stop));
  if (blocks.size() != 1 || blocks.front().number != block) {
    return MakeError(ErrorCode::kUnavailable,
                     fmt::format("asked for block {}, the source gave another", block.value));
  }
  round.hashes.emplace(block, blocks.front().hash);
  return blocks.front().hash;
}

std::unexpected<Error> JobRounds::Contradiction() const {
  return MakeError(
      ErrorCode::kUnavailable,
      fmt::format("the source of network {} contradicts itself: it has our blocks, and "
                  "gave one above them that does not continue them",
                  setup_.dataset.network));
}

bool JobRounds::IsDoubtful(const TableView& view, const Round& round) const {
  if (IsBroken(view)) return true;
  const auto tip_hash = view.ledger.HashOfLast(round.head.number);
  if (tip_hash && *tip_hash != round.head.hash) return true;
  // What is called complete is looked at once more: nobody will come back to it.
  return ReachesEnd(round) && view.ledger.Gaps(round.desired).empty();
}

bool JobRounds::ReachesEnd(const Round& round) const {
  const auto* end = std::get_if<BlockNumber>(&end_);
  return end != nullptr && *end <= round.head.number;
}

}  // namespace tidemark::worker
