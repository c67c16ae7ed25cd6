// How long to wait before trying again.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

namespace tidemark::worker {

/// Doubles from `base` with each attempt, up to `max`.
struct BackOffPolicy {
  std::chrono::milliseconds base;
  std::chrono::milliseconds max;
};

/// The longest wait after `attempt` failures in a row; 0 counts as 1.
std::chrono::milliseconds BackOffCeiling(const BackOffPolicy& policy, std::uint64_t attempt);

/// A wait between zero and BackOffCeiling, evenly spread over `random_bits`: full jitter, so that
/// what failed together does not come back together.
std::chrono::milliseconds JitteredBackOff(const BackOffPolicy& policy, std::uint64_t attempt,
                                          std::uint64_t random_bits);

/// How often a job tries again by itself before it gives up. Not thread-safe.
class RetryBudget {
 public:
  explicit RetryBudget(const BackOffPolicy& policy) : policy_(policy) {}

  /// Forgets the failures so far: something has succeeded.
  void Reset() { failures_ = 0; }
  /// Counts a failure, and waits before the next attempt unless there is to be none or `stop` is
  /// requested. False if there is to be none.
  [[nodiscard]] bool WaitForNext(const std::stop_token& stop);

 private:
  BackOffPolicy policy_;
  std::uint64_t failures_ = 0;
};

}  // namespace tidemark::worker
