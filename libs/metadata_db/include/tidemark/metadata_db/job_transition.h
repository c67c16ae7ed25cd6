// The state machine of a job (amp-facts 2.2).
#pragma once

#include <cstdint>
#include <string_view>

#include "tidemark/model/job.h"

namespace tidemark::metadata_db {

/// An edge of the state machine. Scheduling is not here: it may start from any state
/// (MetadataStore::ScheduleJob).
enum class JobTransition : std::uint8_t {
  kStart,        // SCHEDULED -> RUNNING
  kRequestStop,  // SCHEDULED, RUNNING -> STOP_REQUESTED
  kBeginStop,    // STOP_REQUESTED -> STOPPING
  kFinishStop,   // STOPPING -> STOPPED
  kComplete,     // RUNNING -> COMPLETED
  kFail,         // SCHEDULED, RUNNING -> ERROR
  kFailForGood,  // SCHEDULED, RUNNING -> FATAL
  kRetry,        // ERROR -> SCHEDULED, with the descriptor it had
  kRestart,      // RUNNING -> SCHEDULED, the same: nobody is at it any more
};

/// Whether `transition` may start from `from`.
bool IsAllowed(JobTransition transition, JobStatus from);

/// The state that `transition` ends in.
JobStatus TargetOf(JobTransition transition);

/// "request stop": for messages.
std::string_view ToString(JobTransition transition);

}  // namespace tidemark::metadata_db
