// How long a blocking call of the client may take.
#pragma once

#include <stop_token>

#include "tidemark/base/clock.h"

namespace tidemark::http {

/// Until `deadline`, or until somebody asks it to stop.
struct WaitLimit {
  Deadline deadline;
  std::stop_token stop;

  bool IsReached() const { return stop.stop_requested() || deadline.HasPassed(); }
  /// Why it is reached: "stopped" or "timed out".
  const char* Reason() const { return stop.stop_requested() ? "stopped" : "timed out"; }
};

}  // namespace tidemark::http
