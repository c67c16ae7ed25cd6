// Time: what it is now, and until when a caller is willing to wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

/// A moment of the world's clock, in UTC with nanoseconds. May jump; never used to measure a wait.
using UtcTime = std::chrono::sys_time<std::chrono::nanoseconds>;
/// A moment of the monotonic clock. Means nothing outside this process.
using SteadyTime = std::chrono::steady_clock::time_point;

/// Where time comes from, so that tests can set it. Thread-safe.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  virtual UtcTime Now() const = 0;
  virtual SteadyTime SteadyNow() const = 0;
};

/// The machine's clock. Lives for ever.
const Clock& SystemClock();

/// RFC 3339 in UTC with microseconds, as Amp's Admin API prints times: none of the fraction's
/// digits, three or six of them, as few as tell it: "2026-01-02T03:04:05.678901+00:00". Sorts as
/// text.
std::string FormatRfc3339(UtcTime time);

/// Reads what FormatRfc3339 writes, and any other RFC 3339 time; nullopt for anything else.
std::optional<UtcTime> ParseRfc3339(std::string_view text);

/// The moment after which a caller no longer wants the answer. A value: pass it down unchanged, so
/// that the levels below share one budget.
class Deadline {
 public:
  static Deadline At(SteadyTime time) { return Deadline(time); }
  static Deadline After(std::chrono::nanoseconds duration) {
    return Deadline(std::chrono::steady_clock::now() + duration);
  }
  static Deadline Never() { return Deadline(SteadyTime::max()); }

  SteadyTime time() const { return time_; }
  bool is_never() const { return time_ == SteadyTime::max(); }
  bool HasPassed() const { return !is_never() && std::chrono::steady_clock::now() >= time_; }

  /// Time left, never negative. Capped at a day, so that it fits every system call's timeout.
  std::chrono::milliseconds Remaining() const;

 private:
  explicit Deadline(SteadyTime time) : time_(time) {}

  SteadyTime time_;
};

}  // namespace tidemark
