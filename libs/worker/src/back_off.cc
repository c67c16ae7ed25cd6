#include "back_off.h"

#include <algorithm>

#include "interruptible_wait.h"
#include "tidemark/base/random.h"

namespace tidemark::worker {
namespace {

// With the default policy about half a minute in all: longer than a node's restart behind a load
// balancer, short enough that a user soon sees the job in ERROR with the reason.
constexpr std::uint64_t kFailuresInARowMax = 5;

}  // namespace

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

bool RetryBudget::WaitForNext(const std::stop_token& stop) {
  if (++failures_ > kFailuresInARowMax) return false;
  WaitFor(JitteredBackOff(policy_, failures_, RandomU64()), stop);
  return true;
}

}  // namespace tidemark::worker
