#include "tidemark/metadata_db/job_transition.h"

namespace tidemark::metadata_db {

bool IsAllowed(JobTransition transition, JobStatus from) {
  const bool is_active = from == JobStatus::kScheduled || from == JobStatus::kRunning;
  switch (transition) {
    case JobTransition::kStart:
      return from == JobStatus::kScheduled;
    case JobTransition::kRequestStop:
      return is_active;
    case JobTransition::kBeginStop:
      return from == JobStatus::kStopRequested;
    case JobTransition::kFinishStop:
      return from == JobStatus::kStopping;
    case JobTransition::kComplete:
      return from == JobStatus::kRunning;
    case JobTransition::kFail:
      return is_active;
    case JobTransition::kFailForGood:
      return is_active;
    case JobTransition::kRetry:
      return from == JobStatus::kError;
    case JobTransition::kRestart:
      return from == JobStatus::kRunning;
  }
  return false;
}

JobStatus TargetOf(JobTransition transition) {
  switch (transition) {
    case JobTransition::kStart:
      return JobStatus::kRunning;
    case JobTransition::kRequestStop:
      return JobStatus::kStopRequested;
    case JobTransition::kBeginStop:
      return JobStatus::kStopping;
    case JobTransition::kFinishStop:
      return JobStatus::kStopped;
    case JobTransition::kComplete:
      return JobStatus::kCompleted;
    case JobTransition::kFail:
      return JobStatus::kError;
    case JobTransition::kFailForGood:
      return JobStatus::kFatal;
    case JobTransition::kRetry:
    case JobTransition::kRestart:
      return JobStatus::kScheduled;
  }
  return JobStatus::kUnknown;
}

std::string_view ToString(JobTransition transition) {
  switch (transition) {
    case JobTransition::kStart:
      return "start";
    case JobTransition::kRequestStop:
      return "request stop";
    case JobTransition::kBeginStop:
      return "begin stop";
    case JobTransition::kFinishStop:
      return "finish stop";
    case JobTransition::kComplete:
      return "complete";
    case JobTransition::kFail:
      return "fail";
    case JobTransition::kFailForGood:
      return "fail for good";
    case JobTransition::kRetry:
      return "retry";
    case JobTransition::kRestart:
      return "restart";
  }
  return "unknown transition";
}

}  // namespace tidemark::metadata_db
