// The budget of a call to a node.
#pragma once

#include <stop_token>

#include "tidemark/base/clock.h"

namespace tidemark::providers {

/// How long a call may go on.
struct Patience {
  Deadline deadline;
  std::stop_token stop;
};

}  // namespace tidemark::providers
