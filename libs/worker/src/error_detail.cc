#include "error_detail.h"

#include "tidemark/base/json_writer.h"

namespace tidemark::worker {

std::string_view ToString(JobStep step) {
  switch (step) {
    case JobStep::kGetDataset:
      return "GET_DATASET";
    case JobStep::kNotARawDataset:
      return "NOT_A_RAW_DATASET";
    case JobStep::kCreateBlockStreamClient:
      return "CREATE_BLOCK_STREAM_CLIENT";
    case JobStep::kRegisterNewPhysicalTable:
      return "REGISTER_NEW_PHYSICAL_TABLE";
    case JobStep::kLockRevisionsForWriter:
      return "LOCK_REVISIONS_FOR_WRITER";
    case JobStep::kGetActivePhysicalTable:
      return "GET_ACTIVE_PHYSICAL_TABLE";
    case JobStep::kResolveEndBlock:
      return "RESOLVE_END_BLOCK";
    case JobStep::kInvalidEndBlock:
      return "INVALID_END_BLOCK";
    case JobStep::kLatestBlock:
      return "LATEST_BLOCK";
    case JobStep::kMissingRanges:
      return "MISSING_RANGES";
    case JobStep::kPartitionTask:
      return "PARTITION_TASK";
    case JobStep::kPanic:
      return "PANIC";
  }
  return "PANIC";
}

bool IsRetryable(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable:
      return true;
    // Another job writes the tables, or wrote them meanwhile: when it has ended we can go on.
    case ErrorCode::kConflict:
      return true;
    case ErrorCode::kInvalidArgument:
      return false;
    case ErrorCode::kNotFound:
      return false;
    case ErrorCode::kCorruption:
      return false;
    case ErrorCode::kInternal:
      return false;
  }
  return false;
}

std::string PrintErrorDetail(const JobFailure& failure, const FailedJob& job) {
  JsonWriter json;
  json.BeginObject();
  json.Field("error_code", ToString(failure.position.step));
  json.Field("error_message", failure.error.message);
  json.Key("error_context").BeginObject();
  json.Field("attempt_index", job.attempts);
  if (job.version) {
    json.Field("dataset", ToString(job.version->dataset));
    json.Field("manifest_hash", job.version->manifest_hash.hex);
  }
  if (const auto& blocks = failure.position.blocks) {
    json.Field("block_range_start", blocks->first().value);
    json.Field("block_range_end", blocks->last().value);
  }
  json.EndObject();
  json.EndObject();
  return std::move(json).Take();
}

}  // namespace tidemark::worker
