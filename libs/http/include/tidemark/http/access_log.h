// The access log: a line for each answered request.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>

#include "tidemark/http/served.h"

namespace tidemark::http {

struct AccessLogOptions {
  int fd = STDERR_FILENO;                     // Where all logs go. It is left open.
  std::size_t max_waiting_bytes = 1U << 20U;  // Some 4,000 lines.
  std::chrono::milliseconds patience{2000};   // Of the destructor.
};

/// Thread-safe. A thread of its own writes the lines, in the order in which they were noted, so
/// that no request waits for whoever reads them. While too many lines wait, others are dropped:
/// counted in tidemark_access_log_dropped_total, and told by an event "access_log_dropped" in their
/// place.
class AccessLog {
 public:
  explicit AccessLog(const AccessLogOptions& options = {});
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;
  /// Waits until all is written, little longer than `patience` at most.
  ~AccessLog();

  /// An event "http_request": method, path (never the query, which may hold secrets), status,
  /// bytes, duration, request_id, and trace_id and parent_id if the caller sent them.
  void Note(const Served& served);

 private:
  class Queue;

  std::shared_ptr<Queue> queue_;  // The writer may have to be left behind.
  std::thread writer_;
  const std::chrono::milliseconds patience_;
};

}  // namespace tidemark::http
