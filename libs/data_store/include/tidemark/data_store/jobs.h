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

struct JobEvent {
  std::int64_t id = 0;
  JobId job_id;
  UtcTime created_at;
  std::string node_id;
  std::string type;                   // The word of the state that it led to.
  std::optional<std::string> detail;  // JSON: a descriptor or a failure.
};

struct WorkerInfo {
  std::string node_id;
  UtcTime heartbeat_at;
  UtcTime created_at;
  UtcTime registered_at;
  std::string info;  // JSON object: version, commit_sha, commit_timestamp, build_date.
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
  /// The jobs that were ever scheduled for the version, each once, the one that came first first.
  virtual Result<std::vector<JobInfo>> ListOfVersion(const DatasetVersion& version,
                                                     Deadline deadline) = 0;
  /// Oldest first; nullopt if there is no such job.
  virtual Result<std::optional<std::vector<JobEvent>>> ListEvents(JobId id, Deadline deadline) = 0;
  /// Errors: kNotFound if there is no such job; nullopt if it has no such event.
  virtual Result<std::optional<JobEvent>> GetEvent(JobId id, std::int64_t event_id,
                                                   Deadline deadline) = 0;
  /// Removes the job; no error if it is not there.
  /// Errors: kConflict if it is not terminal.
  virtual Status Delete(JobId id, Deadline deadline) = 0;
  /// Removes every job in one of the states, which must be terminal; yields how many.
  virtual Result<std::uint64_t> DeleteAll(const std::vector<JobStatus>& statuses,
                                          Deadline deadline) = 0;
  /// Asks the job to stop. No error if it is stopping or has ended.
  /// Errors: kNotFound.
  virtual Status Stop(JobId id, Deadline deadline) = 0;
  /// By node id.
  virtual Result<std::vector<WorkerInfo>> ListWorkers(Deadline deadline) = 0;
  virtual Result<std::optional<WorkerInfo>> GetWorker(std::string_view node_id,
                                                      Deadline deadline) = 0;
};

/// `store` and `clock` must outlive the result. `clock` tells which workers are alive.
std::unique_ptr<Jobs> MakeJobs(metadata_db::MetadataStore& store, const Clock& clock);

}  // namespace tidemark::data_store
