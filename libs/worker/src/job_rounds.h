// The rounds of a job: look at the chain head, compare with what is committed, write what is
// missing.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

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
    JobId id;
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
    providers::ChainHead head;
    std::map<BlockNumber, BlockHash> hashes;  // Of blocks asked for one by one.
  };

  Result<std::vector<BlockRun>> Plan(Round& round, const std::stop_token& stop);
  Result<std::size_t> CountAgreedLinks(const TableView& view, Round& round,
                                       const std::stop_token& stop);
  Result<BlockHash> HashAt(BlockNumber block, Round& round, const std::stop_token& stop);
  std::unexpected<Error> Contradiction() const;
  bool IsDoubtful(const TableView& view, const Round& round) const;
  bool ReachesEnd(const Round& round) const;

  const WorkerContext& context_;
  EndGoal end_;
  JobSetup setup_;
  JobPosition& position_;
  Materialiser materialiser_;
  HeadPacing pacing_;
  std::uint64_t repairs_in_a_row_ = 0;
  bool is_disputed_ = false;  // The source gave a block that does not continue what is committed.
};

/// Errors: those of the source.
Result<std::optional<providers::ChainHead>> FetchHead(const JobSetup& setup,
                                                      const std::stop_token& stop);

}  // namespace tidemark::worker
