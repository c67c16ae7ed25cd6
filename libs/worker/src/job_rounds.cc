#include "job_rounds.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "collection.h"
#include "tidemark/base/log.h"

namespace tidemark::worker {
namespace {

// Nets below the source, which has limits of its own for each request.
constexpr std::chrono::minutes kHeadTimeout{1};
constexpr std::chrono::minutes kProbeTimeout{2};

// Nodes behind one address that disagree would have us write the same blocks in turns, as fast as
// the disk allows. A chain that was reorganised contradicts us fewer times than this in a row.
constexpr std::uint64_t kContradictionsAtOnceMax = 3;
// Before a repair right after another the source is asked as often for the same block: each time
// another of two nodes may answer.
constexpr int kProbes = 3;
// A node of another chain behind a balancer may soon be found and removed; when it answers for
// longer somebody has to decide which chain it shall be.
constexpr std::uint64_t kStrangeChainsMax = 3;

}  // namespace

Result<std::optional<ChainHead>> FetchHead(const JobSetup& setup, const std::stop_token& stop) {
  const auto tag = setup.dataset.finalized_blocks_only ? HeadTag::kFinalized : HeadTag::kLatest;
  return setup.source->FetchHead(tag, Deadline::After(kHeadTimeout), stop);
}

JobRounds::JobRounds(const WorkerContext& context, const Job& job, JobSetup setup,
                     JobPosition& position)
    : context_(context),
      claim_(job.claim),
      end_(job.end),
      setup_(std::move(setup)),
      position_(position),
      materialiser_(context,
                    {.claim = job.claim,
                     .network = setup_.dataset.network,
                     .writers = setup_.descriptor.max_writers},
                    *setup_.source, setup_.tables),
      pacing_({.min = context.options.head_poll_min, .max = context.options.head_poll_max}),
      compactor_(context, {.claim = job.claim, .network = setup_.dataset.network}, setup_.tables) {}

std::chrono::milliseconds JobRounds::PollInterval() const {
  return pacing_.PollInterval(context_.clock.SteadyNow());
}

Status JobRounds::CollectIfDue() {
  const SteadyTime now = context_.clock.SteadyNow();
  const auto interval = context_.options.collect_interval;
  if (interval.count() == 0 || now < next_collection_) return {};
  next_collection_ = now + interval;
  for (TableTarget& table : setup_.tables) {
    const auto gone = CollectLocation(
        context_,
        {.location = table.location, .writer = claim_, .start_block = setup_.dataset.start_block});
    if (gone) {
      if (!gone->empty()) table.ledger.Remove(*gone);
    } else if (gone.error().code == ErrorCode::kUnavailable) {
      ++context_.database_returns;
      return std::unexpected(gone.error());
    } else {
      Log(LogLevel::kWarning, "files_not_collected",
          {{"location_id", table.location.value}, {"error", gone.error().message}});
    }
  }
  return {};
}

Result<RoundOutcome> JobRounds::RunOne(const std::stop_token& stop) {
  TIDEMARK_TRY(CollectIfDue());
  TIDEMARK_TRY(compactor_.RunOne());
  position_.step = JobStep::kLatestBlock;
  position_.blocks.reset();
  if (!is_chain_id_known_) {
    TIDEMARK_TRY(chain_id_, setup_.source->FetchChainId(Deadline::After(kHeadTimeout), stop));
    is_chain_id_known_ = true;
  }
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
    TIDEMARK_TRY(const auto outcome, round.is_repair ? materialiser_.Write(run, stop)
                                                     : materialiser_.WriteGap(run, stop));
    if (outcome == Materialiser::Outcome::kDiverged) {
      // Right after a comparison this is not a reorganisation that we have yet to look at.
      if (round.is_repair) return Disputes(run.blocks.first());
      is_disputed_ = true;
      return RoundOutcome::kAdvanced;
    }
    if (outcome == Materialiser::Outcome::kRelinked) {
      is_relinked_ = true;
      break;
    }
  }
  return contradictions_in_a_row_ > kContradictionsAtOnceMax ? RoundOutcome::kIdle
                                                             : RoundOutcome::kAdvanced;
}

Result<std::vector<BlockRun>> JobRounds::Plan(Round& round, const std::stop_token& stop) {
  const bool was_disputed = std::exchange(is_disputed_, false);
  const bool was_relinked = std::exchange(is_relinked_, false);
  bool is_contradicted = false;
  std::vector<std::vector<BlockRange>> missing;
  for (const TableTarget& table : setup_.tables) {
    const TableView view{.ledger = table.ledger, .desired = round.desired};
    std::optional<std::size_t> agreed;
    if (was_disputed || was_relinked || IsDoubtful(view, round)) {
      TIDEMARK_TRY(agreed, CountAgreedLinks(view, round, stop));
      is_contradicted = is_contradicted || *agreed < table.ledger.canonical().size();
      round.is_repair = round.is_repair || is_contradicted || IsBroken(view);
    }
    missing.push_back(MissingBlocks(view, agreed));
  }
  if (was_disputed && !round.is_repair) {
    const auto first =
        std::ranges::find_if(missing, [](const auto& ranges) { return !ranges.empty(); });
    return Disputes(first == missing.end() ? round.desired.last() : first->front().first());
  }
  if (round.is_repair) TIDEMARK_TRY(CheckSource(round, stop));
  if (is_contradicted) ++contradictions_in_a_row_;
  // A chain that is put together file by file gets longer each time, so that it comes to an end.
  if (!round.is_repair) contradictions_in_a_row_ = 0;
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
  // Of a file that reaches above the head, the block at the head can still tell that it must go.
  if (agreed == known && !HasHead(view, round)) return known;
  return agreed == known ? canonical.size() : agreed;
}

Result<BlockHash> JobRounds::HashAt(BlockNumber block, Round& round, const std::stop_token& stop) {
  if (const auto known = round.hashes.find(block); known != round.hashes.end()) {
    return known->second;
  }
  TIDEMARK_TRY(const BlockHash hash, AskHash(block, stop));
  round.hashes.emplace(block, hash);
  return hash;
}

Result<BlockHash> JobRounds::AskHash(BlockNumber block, const std::stop_token& stop) {
  TIDEMARK_TRY(const auto blocks, setup_.source->FetchBlocks(BlockRange::Single(block),
                                                             Deadline::After(kProbeTimeout), stop));
  if (blocks.size() != 1 || blocks.front().number != block) {
    return MakeError(ErrorCode::kUnavailable, fmt::format("{}: asked for block {}, it gave another",
                                                          setup_.source->name(), block.value));
  }
  return blocks.front().hash;
}

Status JobRounds::CheckSource(const Round& round, const std::stop_token& stop) {
  TIDEMARK_TRY(CheckChainId(stop));
  if (contradictions_in_a_row_ == 0) return {};
  const BlockNumber newest = round.head.number;
  for (int i = 0; i < kProbes; ++i) {
    TIDEMARK_TRY(const BlockHash hash, AskHash(newest, stop));
    if (hash == round.head.hash) continue;
    return Contradiction(
        fmt::format("eth_getBlockByNumber gives block {} the hash {}, and {} before", newest.value,
                    ToHex(hash), ToHex(round.head.hash)));
  }
  return {};
}

Status JobRounds::CheckChainId(const std::stop_token& stop) {
  TIDEMARK_TRY(const auto id, setup_.source->FetchChainId(Deadline::After(kHeadTimeout), stop));
  if (!id || !chain_id_ || *id == *chain_id_) {
    strange_chains_in_a_row_ = 0;
    return {};
  }
  const bool is_lasting = ++strange_chains_in_a_row_ > kStrangeChainsMax;
  return MakeError(
      is_lasting ? ErrorCode::kInvalidArgument : ErrorCode::kUnavailable,
      fmt::format(
          "eth_chainId: {}: the node is of chain {} now and was of chain {}; up to block {} it "
          "does not have the committed blocks. Mend the provider of network {}; to write the "
          "node's present chain in place of what is there, deploy the dataset again",
          setup_.source->name(), *id, *chain_id_, position_.blocks->last().value,
          setup_.dataset.network));
}

std::unexpected<Error> JobRounds::Disputes(BlockNumber block) const {
  return Contradiction(
      fmt::format("it has our blocks below block {}, and eth_getBlockByNumber gives "
                  "a block {} that does not continue them",
                  block.value, block.value));
}

std::unexpected<Error> JobRounds::Contradiction(std::string_view what) const {
  return MakeError(
      ErrorCode::kUnavailable,
      fmt::format("{}: the node of network {} contradicts itself, as two nodes behind one "
                  "address do: {}",
                  setup_.source->name(), setup_.dataset.network, what));
}

bool JobRounds::IsDoubtful(const TableView& view, const Round& round) const {
  if (IsBroken(view)) return true;
  if (!HasHead(view, round)) return true;
  // What is called complete is looked at once more: nobody will come back to it.
  return ReachesEnd(round) && view.ledger.Gaps(round.desired).empty();
}

bool JobRounds::HasHead(const TableView& view, const Round& round) const {
  const auto& canonical = view.ledger.canonical();
  const BlockNumber head = round.head.number;
  if (canonical.empty() || canonical.back().blocks.last() < head) return true;
  const auto around = std::ranges::lower_bound(
      canonical, head, {}, [](const ChainLink& link) { return link.blocks.last(); });
  const auto hash = materialiser_.recent().HashOf(head, around->blocks.last(), around->hash);
  return !hash || *hash == round.head.hash;
}

bool JobRounds::ReachesEnd(const Round& round) const {
  const auto* end = std::get_if<BlockNumber>(&end_);
  return end != nullptr && *end <= round.head.number;
}

}  // namespace tidemark::worker
