// Waiting that ends at once when it is to stop.
#pragma once

#include <chrono>
#include <stop_token>

#include "tidemark/base/clock.h"

namespace tidemark {

/// Returns after `duration`, or as soon as `stop` is requested.
void WaitFor(std::chrono::nanoseconds duration, const std::stop_token& stop);

/// Returns at `until`, or as soon as `stop` is requested.
void WaitUntil(SteadyTime until, const std::stop_token& stop);

}  // namespace tidemark
