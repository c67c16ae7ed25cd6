// How many calls a minute a node is asked.
#pragma once

#include <cstdint>
#include <optional>

#include "tidemark/base/clock.h"
#include "tidemark/base/mutex.h"

namespace tidemark::providers {

/// Spreads calls evenly: a request of n calls may go once the time that the calls before it take up
/// is over, first come, first served. So any minute sees at most the limit and one request more.
/// Thread-safe.
class RateLimiter {
 public:
  /// 0 counts as 1.
  explicit RateLimiter(std::uint32_t calls_per_minute);

  /// Takes a turn for `calls` and yields when it is, never before `now`; nullopt, and no turn
  /// taken, if that is after `latest`.
  std::optional<SteadyTime> TakeTurn(std::uint64_t calls, SteadyTime now, SteadyTime latest);

 private:
  std::chrono::nanoseconds time_per_call_;
  Mutex mutex_;
  SteadyTime next_turn_ TIDEMARK_GUARDED_BY(mutex_) = SteadyTime::min();
};

}  // namespace tidemark::providers
