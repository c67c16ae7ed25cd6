// Waiting that ends at once when the worker stops.
#pragma once

#include <chrono>
#include <stop_token>

namespace tidemark::worker {

/// Returns after `duration`, or as soon as `stop` is requested.
void WaitFor(std::chrono::nanoseconds duration, const std::stop_token& stop);

}  // namespace tidemark::worker
