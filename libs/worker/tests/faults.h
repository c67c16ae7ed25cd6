// Failures planned by a test.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "signal.h"
#include "tidemark/base/result.h"

namespace tidemark::worker {

/// Counts the calls of one dependency, and says which of them fail. Thread-safe.
class Faults {
 public:
  explicit Faults(Signal& signal) : signal_(signal) {}

  /// Calls `first` to `last` from now on, counted from 1, fail.
  void FailCalls(std::uint64_t first, std::uint64_t last,
                 ErrorCode code = ErrorCode::kUnavailable) {
    const std::lock_guard lock(mutex_);
    calls_ = 0;
    first_ = first;
    last_ = last;
    code_ = code;
  }
  void FailAllCalls(ErrorCode code = ErrorCode::kUnavailable) { FailCalls(1, UINT64_MAX, code); }
  void Heal() { FailCalls(0, 0); }

  std::uint64_t calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  /// To be called once a call: the error that it fails with, if it is to fail.
  std::optional<Error> Count(std::string_view what) {
    std::optional<Error> error;
    {
      const std::lock_guard lock(mutex_);
      ++calls_;
      if (first_ <= calls_ && calls_ <= last_) {
        error = Error{code_, "planned failure of " + std::string(what)};
      }
    }
    signal_.Notify();
    return error;
  }

 private:
  Signal& signal_;
  mutable std::mutex mutex_;
  std::uint64_t calls_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
  ErrorCode code_ = ErrorCode::kUnavailable;
};

}  // namespace tidemark::worker
