// SIGINT and SIGTERM as something to wait for.
#pragma once

#include "tidemark/base/result.h"

namespace tidemark::app {

/// While it lives, SIGINT and SIGTERM do not end the process but end Wait. One at a time.
///
/// A handler, not a blocked mask with sigwait: libraries start threads before main, and a signal to
/// the process may be delivered to any thread that does not block it.
class StopSignal {
 public:
  /// Errors: kUnavailable.
  static Result<StopSignal> Install();
  StopSignal(StopSignal&& other) noexcept;
  StopSignal& operator=(StopSignal&&) = delete;
  ~StopSignal();

  /// Blocks until one of the signals has come since Install, or End was called.
  void Wait() const;
  /// Ends Wait as a signal would. From any thread.
  static void End();

 private:
  explicit StopSignal(int read_end) : read_end_(read_end) {}

  int read_end_;  // Of a pipe that the handler writes to; -1 after a move.
};

}  // namespace tidemark::app
