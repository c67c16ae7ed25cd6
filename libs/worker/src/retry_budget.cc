#include "retry_budget.h"

#include "tidemark/base/random.h"
#include "tidemark/base/wait.h"

namespace tidemark::worker {
namespace {

// With the default policy about half a minute in all: longer than a node's restart behind a load
// balancer, short enough that a user soon sees the job in ERROR with the reason.
constexpr std::uint64_t kFailuresInARowMax = 5;

}  // namespace

bool RetryBudget::WaitForNext(const std::stop_token& stop) {
  if (++failures_ > kFailuresInARowMax) return false;
  WaitFor(JitteredBackOff(policy_, failures_, RandomU64()), stop);
  return true;
}

}  // namespace tidemark::worker
