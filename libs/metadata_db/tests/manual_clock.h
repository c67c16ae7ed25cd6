// A clock that stands still until a test moves it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "tidemark/base/clock.h"

namespace tidemark::metadata_db {

class ManualClock final : public Clock {
 public:
  UtcTime Now() const override { return UtcTime(std::chrono::nanoseconds(now_ns_)); }
  SteadyTime SteadyNow() const override { return std::chrono::steady_clock::now(); }

  void Set(UtcTime now) { now_ns_ = now.time_since_epoch().count(); }
  void Advance(std::chrono::nanoseconds by) { now_ns_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_ns_ = 1'767'225'600'000'000'000;  // 2026-01-01T00:00:00Z
};

}  // namespace tidemark::metadata_db
