// Waiting that a stop request ends.
#pragma once

#include <stop_token>

#include "tidemark/base/clock.h"

namespace tidemark::providers {

/// How long a call may go on.
struct Patience {
  Deadline deadline;
  std::stop_token stop;
};

/// Returns at `until`, or soon after `stop` is requested.
void PauseUntil(SteadyTime until, const std::stop_token& stop);

}  // namespace tidemark::providers
