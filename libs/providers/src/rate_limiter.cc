#include "rate_limiter.h"

#include <algorithm>

namespace tidemark::providers {

RateLimiter::RateLimiter(std::uint32_t calls_per_minute)
    : time_per_call_(std::chrono::nanoseconds(std::chrono::minutes(1)) /
                     std::max(calls_per_minute, 1U)) {}

std::optional<SteadyTime> RateLimiter::TakeTurn(std::uint64_t calls, SteadyTime now,
                                                SteadyTime latest) {
  const MutexLock lock(mutex_);
  const SteadyTime turn = std::max(now, next_turn_);
  if (turn > latest) return std::nullopt;
  next_turn_ = turn + time_per_call_ * calls;
  return turn;
}

}  // namespace tidemark::providers
