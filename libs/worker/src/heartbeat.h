// The sign of life of a node.
#pragma once

#include <stop_token>
#include <thread>

#include "worker_context.h"

namespace tidemark::worker {

/// Renews the node's heartbeat at an interval, on a thread of its own. A database that does not
/// answer is tried again at the next beat.
class Heartbeat {
 public:
  /// Begins at once. `context` must outlive the heartbeat.
  explicit Heartbeat(const WorkerContext& context);
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;
  /// Waits for the thread: as long as one call of the database may take.
  ~Heartbeat() = default;

 private:
  void Loop(const std::stop_token& stop);

  const WorkerContext& context_;
  std::jthread thread_;
};

}  // namespace tidemark::worker
