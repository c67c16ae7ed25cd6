// The rounds of a job: look at the chain head, compare with what is committed, write what is
// missing.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "compactor.h"
#include "end_goal.h"
#include "error_detail.h"
#include "head_pacing.h"
#include "job_setup.h"
#include "materialiser.h"
#include "round_plan.h"
#include "tidemark/base/result.h"
#include "worker_context.h"

namespace tidemark::worker {

/// What to do after a round.
enum class RoundOutcome : std::uint8_t {
  kAdvanced,  // Look again at once.
  kIdle,      // Nothing to do until the chain grows.
  kDone,      // The end block is committed.
};

/// Makes the canonical chain of each table the source's chain, whatever the source does meanwhile.
/// Not thread-safe.
class JobRounds {
 public:
  struct Job {
    metadata_db::JobClaim claim;
    EndGoal end;  // Not NothingToWrite.
  };

  /// `context` and `position` must outlive the rounds. `position` says all the time what they are
  /// at.
  JobRounds(const WorkerContext& context, const Job& job, JobSetup setup, JobPosition& position);
  JobRounds(const JobRounds&) = delete;
  JobRounds& operator=(const JobRounds&) = delete;
  ~JobRounds() = default;

  /// Errors: kUnavailable, also when stopped: another round may succeed; others of the parts.
  Result<RoundOutcome> RunOne(const std::stop_token& stop);

  /// How long to wait after an idle round.
  std::chrono::milliseconds PollInterval() const;
  /// How many times something was committed.
  std::uint64_t commits() const { return materialiser_.commits(); }

 private:
  /// What the source says in the course of one round.
  struct Round {
    BlockRange desired;
    ChainHead head;
    std::map<BlockNumber, BlockHash> hashes;  // Of blocks asked for one by one.
    bool is_repair = false;                   // Blocks that files have are written again.
  };

  /// Removes files of the job's tables whose time has come, once an interval. It is the job that
  /// does it, because nobody else can tell it what is gone.
  /// Errors: kUnavailable if the files may be gone: what is known of the tables is to be read anew.
  Status CollectIfDue();
  Result<std::vector<BlockRun>> Plan(Round& round, const std::stop_token& stop);
  Result<std::size_t> CountAgreedLinks(const TableView& view, Round& round,
                                       const std::stop_token& stop);
  Result<BlockHash> HashAt(BlockNumber block, Round& round, const std::stop_token& stop);
  Result<BlockHash> AskHash(BlockNumber block, const std::stop_token& stop);
  /// Before a repair, which believes the source and not what is committed.
  Status CheckSource(const Round& round, const std::stop_token& stop);
  Status CheckChainId(const std::stop_token& stop);
  std::unexpected<Error> Disputes(BlockNumber block) const;
  std::unexpected<Error> Contradiction(std::string_view what) const;
  bool IsDoubtful(const TableView& view, const Round& round) const;
  /// Whether the table's chain may go on to, or past, the source's head: false only if it has
  /// another block there.
  bool HasHead(const TableView& view, const Round& round) const;
  bool ReachesEnd(const Round& round) const;

  const WorkerContext& context_;
  metadata_db::JobClaim claim_;
  EndGoal end_;
  JobSetup setup_;
  JobPosition& position_;
  Materialiser materialiser_;
  HeadPacing pacing_;
  Compactor compactor_;
  SteadyTime next_collection_;  // At once: a job that was interrupted often must not put it off.
  std::uint64_t contradictions_in_a_row_ = 0;  // Of rounds that are repairs.
  bool is_disputed_ = false;  // The source gave a block that does not continue what is committed.
  std::optional<std::uint64_t> chain_id_;  // As the source told it first; absent if it does not.
  bool is_chain_id_known_ = false;         // It was asked.
  std::uint64_t strange_chains_in_a_row_ = 0;
  bool is_relinked_ = false;  // Files that did not count do again; nobody has compared them.
};

/// Errors: those of the source.
Result<std::optional<ChainHead>> FetchHead(const JobSetup& setup, const std::stop_token& stop);

}  // namespace tidemark::worker
