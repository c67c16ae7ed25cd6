#include "heartbeat.h"

#include "tidemark/base/log.h"
#include "tidemark/base/result.h"
#include "tidemark/base/wait.h"

namespace tidemark::worker {

Heartbeat::Heartbeat(const WorkerContext& context)
    : context_(context), thread_([this](const std::stop_token& stop) { Loop(stop); }) {}

void Heartbeat::Loop(const std::stop_token& stop) {
  const WorkerOptions& options = context_.options;
  bool is_failing = false;
  while (!stop.stop_requested()) {
    Status status = context_.metadata.Heartbeat(options.node_id, Deadline::After(kDatabaseTimeout));
    if (!status && status.error().code == ErrorCode::kNotFound) {
      // Somebody has removed the node's row; without it nobody could give us work again.
      status = context_.registration.Register(Deadline::After(kDatabaseTimeout));
    }
    if (!status && !is_failing) {
      Log(LogLevel::kWarning, "heartbeat_failed", {{"error", status.error().message}});
    }
    is_failing = !status;
    WaitFor(options.heartbeat_interval, stop);
  }
}

}  // namespace tidemark::worker
