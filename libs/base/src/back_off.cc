#include "tidemark/base/back_off.h"

#include <algorithm>

namespace tidemark {

std::chrono::milliseconds BackOffCeiling(const BackOffPolicy& policy, std::uint64_t attempt) {
  auto delay = policy.base;
  // Ends at `max`, however many attempts there were: doubling 44 times would overflow.
  for (std::uint64_t doublings = 1; doublings < attempt && delay < policy.max; ++doublings) {
    if (delay.count() <= 0 || delay > policy.max / 2) return policy.max;
    delay *= 2;
  }
  return std::min(delay, policy.max);
}

std::chrono::milliseconds JitteredBackOff(const BackOffPolicy& policy, std::uint64_t attempt,
                                          std::uint64_t random_bits) {
  const auto ceiling_ms = static_cast<std::uint64_t>(BackOffCeiling(policy, attempt).count());
  return std::chrono::milliseconds(random_bits % (ceiling_ms + 1));
}

}  // namespace tidemark
