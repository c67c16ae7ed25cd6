// Whether a job is well: beside its stored state, what the heartbeat of its worker says and what
// becomes of a failure. Reported, not judged: how bad a code is depends on who asks.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tidemark/base/clock.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/job.h"

namespace tidemark::data_store {

enum class HealthCode : std::uint8_t {
  kOk,            // Scheduled, running or stopping, and its worker is alive.
  kNoJob,         // Nobody writes the table.
  kNoWorker,      // It should be worked on, but its node never registered.
  kWorkerSilent,  // It should be worked on, but its node's last heartbeat is too old.
  kRetrying,      // It failed, and will be tried again.
  kFailed,        // It failed for good.
  kStopped,       // Somebody stopped it.
  kCompleted,     // It reached its end block.
  kUnknown,       // Its state is missing, or a word that this program does not know.
};

/// "OK", "NO_JOB", "NO_WORKER", "WORKER_SILENT", "RETRYING", "FAILED", "STOPPED", "COMPLETED",
/// "UNKNOWN".
std::string_view ToString(HealthCode code);

struct JobHealth {
  HealthCode code = HealthCode::kUnknown;
  std::string detail;  // One sentence for a person.
  std::optional<JobId> job_id;
  std::optional<std::string> node_id;   // That the job is assigned to.
  std::optional<UtcTime> heartbeat_at;  // The node's last.
  // Never negative, whatever the clocks say.
  std::optional<std::chrono::milliseconds> heartbeat_age;
  std::optional<std::uint32_t> attempts;  // How often the job was scheduled.
  // kRetrying alone. In an Amp database the controller tries again at its first round (one a
  // minute) after this moment; our own worker tries again by then. Absent if it is too far away.
  std::optional<UtcTime> retry_at;
  std::optional<std::string> error;  // Of kRetrying and kFailed: JSON, as stored.
};

}  // namespace tidemark::data_store
