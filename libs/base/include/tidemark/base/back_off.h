// How long to wait before trying again.
#pragma once

#include <chrono>
#include <cstdint>

namespace tidemark {

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

}  // namespace tidemark
