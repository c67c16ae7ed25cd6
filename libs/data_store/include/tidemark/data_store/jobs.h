// Jobs and workers, as the Admin API shows and steers them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/job.h"

namespace tidemark::metadata_db {
class MetadataStore;
}

namespace tidemark::data_store {

struct JobInfo {
  JobId id;
  UtcTime created_at;
  UtcTime updated_at;
  std::string node_id;
  JobStatus status = JobStatus::kUnknown;
  std::optional<std::string> descriptor;  // JSON, as stored.
  std::optional<std::string> error;  // JSON of the newest failure, if the job is in ERROR or FATAL.
  std::uint32_t attempts = 0;        // How often it was scheduled.
};

struct WorkerInfo {
  std::string node_id;
  UtcTime heartbeat_at;
};

struct JobQuery {
  std::optional<std::vector<JobStatus>> statuses;  // Absent: all.
  std::optional<JobId> before;                     // Only ids below this one.
  std::size_t limit = 50;
};

/// A worker is alive if its last heartbeat is younger than this (amp-facts 2.7).
inline constexpr std::chrono::seconds kWorkerTimeout{5};

/// Thread-safe. Blocks on the metadata database, up to the deadline.
/// Errors of every function: kUnavailable.
class Jobs {
 public:
  Jobs() = default;
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;
  virtual ~Jobs() = default;

  /// Gives the version's job to a worker that is alive: one whose node id equals `worker_id`, or
  /// matches it as a pattern with * and ?; any if it is absent, at random.
  /// Errors: kNotFound if no such worker is alive; kConflict if the version's job is active with
  /// other arguments, or is being stopped.
  virtual Result<JobId> Deploy(const JobDescriptor& descriptor,
                               const std::optional<std::string>& worker_id, Deadline deadline) = 0;
  virtual Result<std::optional<JobInfo>> Get(JobId id, Deadline deadline) = 0;
  /// Newest id first.
  virtual Result<std::vector<JobInfo>> List(const JobQuery& query, Deadline deadline) = 0;
  /// Asks the job to stop. No error if it is stopping or has ended.
  /// Errors: kNotFound.
  virtual Status Stop(JobId id, Deadline deadline) = 0;
  /// By node id.
  virtual Result<std::vector<WorkerInfo>> ListWorkers(Deadline deadline) = 0;
};

/// `store` and `clock` must outlive the result. `clock` tells which workers are alive.
std::unique_ptr<Jobs> MakeJobs(metadata_db::MetadataStore& store, const Clock& clock);

}  // namespace tidemark::data_store
