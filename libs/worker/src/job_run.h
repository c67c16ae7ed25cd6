// One run of one job: from its tables as they are to its end block, or to the chain head for ever.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <variant>
#include <vector>

#include "end_goal.h"
#include "error_detail.h"
#include "head_pacing.h"
#include "job_setup.h"
#include "materialiser.h"
#include "round_plan.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/rows.h"
#include "worker_context.h"

namespace tidemark::worker {

struct JobCompleted {};
struct JobInterrupted {};
/// How a run ended.
using JobOutcome = std::variant<JobCompleted, JobInterrupted, JobFailure>;

/// Goes in rounds: look at the chain head, compare with what is committed, write what is missing.
/// The canonical chain ends up as the source's chain, whatever the source did meanwhile. Not
/// thread-safe.
class JobRun {
 public:
  /// `context` must outlive the run.
  JobRun(const WorkerContext& context, metadata_db::JobRow job);

  /// Runs until the end block is committed, `stop` is requested, or something fails for good or too
  /// often in a row. Called once.
  JobOutcome Run(const std::stop_token& stop);

 private:
  enum class Progress : std::uint8_t {
    kAdvanced,  // Look again at once.
    kIdle,      // Nothing to do until the chain grows.
    kDone,
  };
  /// What the source says in the course of one round.
  struct Round {
    BlockRange desired;
    providers::ChainHead head;
    std::map<BlockNumber, BlockHash> hashes;  // Of blocks asked for one by one.
  };

  Status SetUp(const std::stop_token& stop);
  Result<Progress> Step(const std::stop_token& stop);
  Result<Progress> RunRound(const std::stop_token& stop);
  Result<std::vector<BlockRun>> Plan(Round& round, const std::stop_token& stop);
  Result<std::size_t> CountAgreedLinks(const TableView& view, Round& round,
                                       const std::stop_token& stop);
  Result<BlockHash> HashAt(BlockNumber block, Round& round, const std::stop_token& stop);
  std::unexpected<Error> Contradiction() const;
  bool IsDoubtful(const TableView& view, const Round& round) const;
  bool ReachesEnd(const Round& round) const;

  const WorkerContext& context_;
  metadata_db::JobRow job_;
  HeadPacing pacing_;
  std::optional<JobSetup> setup_;
  std::optional<Materialiser> materialiser_;
  EndGoal end_;
  std::uint64_t repairs_in_a_row_ = 0;
  bool is_disputed_ = false;  // The source gave a block that does not continue what is committed.

  // Where the run is, for the detail of a failure.
  JobStep step_ = JobStep::kGetDataset;
  std::optional<BlockRange> blocks_;
};

}  // namespace tidemark::worker
