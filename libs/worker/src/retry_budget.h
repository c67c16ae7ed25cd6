// How often a job tries again by itself before it gives up.
#pragma once

#include <cstdint>
#include <stop_token>

#include "tidemark/base/back_off.h"

namespace tidemark::worker {

/// Failures in a row that a job waits out. Not thread-safe.
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
