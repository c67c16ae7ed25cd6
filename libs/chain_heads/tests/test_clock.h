// A clock of which a test moves both hands.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "tidemark/base/clock.h"

namespace tidemark::chain_heads {

class TestClock final : public Clock {
 public:
  UtcTime Now() const override {
    return UtcTime(std::chrono::seconds(1'767'225'600) + std::chrono::milliseconds(elapsed_ms_));
  }
  SteadyTime SteadyNow() const override {
    return SteadyTime(std::chrono::hours(1) + std::chrono::milliseconds(elapsed_ms_));
  }
  void Advance(std::chrono::milliseconds by) { elapsed_ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> elapsed_ms_ = 0;
};

}  // namespace tidemark::chain_heads
