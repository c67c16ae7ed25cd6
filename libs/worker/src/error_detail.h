// Why a job failed, as its status row tells it (amp-facts 2.5, 2.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/names.h"

namespace tidemark::worker {

/// What a job was doing when it failed.
enum class JobStep : std::uint8_t {
  kGetDataset,
  kNotARawDataset,
  kCreateBlockStreamClient,
  kRegisterNewPhysicalTable,
  kLockRevisionsForWriter,
  kGetActivePhysicalTable,
  kResolveEndBlock,
  kInvalidEndBlock,
  kLatestBlock,
  kMissingRanges,
  kPartitionTask,
  kPanic,
};

/// Amp's `error_code`: "GET_DATASET".
std::string_view ToString(JobStep step);

/// Where a job is, for the detail of a failure.
struct JobPosition {
  JobStep step = JobStep::kGetDataset;
  std::optional<BlockRange> blocks;  // Those under way, where the step is about blocks.
};

struct JobFailure {
  JobPosition position;
  Error error;
};

/// Whose failure it is.
struct FailedJob {
  std::uint32_t attempts = 0;             // How often it was scheduled, this time included.
  std::optional<DatasetVersion> version;  // Absent if the descriptor could not be read.
};

/// Whether the same job may succeed later without anybody changing it: ERROR, else FATAL.
bool IsRetryable(ErrorCode code);

/// The JSON object with Amp's keys.
std::string PrintErrorDetail(const JobFailure& failure, const FailedJob& job);

}  // namespace tidemark::worker
