#include "tidemark/data_store/jobs.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "glob.h"
#include "job_reader.h"
#include "tidemark/base/random.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::data_store {
namespace {

using metadata_db::JobEventRow;
using metadata_db::JobRow;
using metadata_db::MetadataReader;
using metadata_db::WorkerRow;

Result<std::vector<JobInfo>> ReadJobInfos(MetadataReader& reader, const std::vector<JobRow>& rows) {
  std::vector<JobInfo> jobs;
  jobs.reserve(rows.size());
  for (const JobRow& row : rows) {
    TIDEMARK_TRY(JobInfo job, ReadJobInfo(reader, row));
    jobs.push_back(std::move(job));
  }
  return jobs;
}

JobEvent ToEvent(JobEventRow row) {
  return {.id = row.id,
          .job_id = row.job_id,
          .created_at = row.created_at,
          .node_id = std::move(row.node_id),
          .type = std::move(row.event_type),
          .detail = std::move(row.detail)};
}

WorkerInfo ToWorker(WorkerRow row) {
  return {.node_id = std::move(row.node_id),
          .heartbeat_at = row.heartbeat_at,
          .created_at = row.created_at,
          .registered_at = row.registered_at,
          .info = std::move(row.info)};
}

class MetadataJobs final : public Jobs {
 public:
  MetadataJobs(metadata_db::MetadataStore& store, const Clock& clock)
      : store_(store), clock_(clock) {}

  Result<JobId> Deploy(const JobDescriptor& descriptor, const std::optional<std::string>& worker_id,
                       Deadline deadline) override {
    TIDEMARK_TRY(const std::string node_id, ChooseNode(worker_id, deadline));
    return store_.ScheduleJob(node_id, descriptor, deadline);
  }

  Result<std::optional<JobInfo>> Get(JobId id, Deadline deadline) override {
    TIDEMARK_TRY(const auto reader, store_.OpenReader(deadline));
    TIDEMARK_TRY(const auto job, reader->GetJob(id));
    if (!job) return std::nullopt;
    return ReadJobInfo(*reader, *job);
  }

  Result<std::vector<JobInfo>> List(const JobQuery& query, Deadline deadline) override {
    TIDEMARK_TRY(const auto reader, store_.OpenReader(deadline));
    TIDEMARK_TRY(const auto rows, reader->ListJobs({.statuses = query.statuses,
                                                    .node_id = std::nullopt,
                                                    .before = query.before,
                                                    .limit = query.limit}));
    return ReadJobInfos(*reader, rows);
  }

  Result<std::vector<JobInfo>> ListOfVersion(const DatasetVersion& version,
                                             Deadline deadline) override {
    TIDEMARK_TRY(const auto reader, store_.OpenReader(deadline));
    TIDEMARK_TRY(const auto rows, reader->ListJobsOfVersion(version));
    return ReadJobInfos(*reader, rows);
  }

  Result<std::optional<std::vector<JobEvent>>> ListEvents(JobId id, Deadline deadline) override {
    TIDEMARK_TRY(const auto reader, store_.OpenReader(deadline));
    TIDEMARK_TRY(const auto job, reader->GetJob(id));
    if (!job) return std::nullopt;
    TIDEMARK_TRY(auto rows, reader->ListJobEvents(id));
    std::vector<JobEvent> events;
    events.reserve(rows.size());
    for (JobEventRow& row : rows) events.push_back(ToEvent(std::move(row)));
    return events;
  }

  Result<std::optional<JobEvent>> GetEvent(JobId id, std::int64_t event_id,
                                           Deadline deadline) override {
    TIDEMARK_TRY(const auto reader, store_.OpenReader(deadline));
    TIDEMARK_TRY(const auto job, reader->GetJob(id));
    if (!job) return MakeError(ErrorCode::kNotFound, fmt::format("there is no job {}", id.value));
    TIDEMARK_TRY(auto row, reader->GetJobEvent(id, event_id));
    if (!row) return std::nullopt;
    return ToEvent(*std::move(row));
  }

  Status Delete(JobId id, Deadline deadline) override { return store_.DeleteJob(id, deadline); }

  Result<std::uint64_t> DeleteAll(const std::vector<JobStatus>& statuses,
                                  Deadline deadline) override {
    return store_.DeleteJobs(statuses, deadline);
  }

  Status Stop(JobId id, Deadline deadline) override {
    return store_.TransitionJob({.job = id}, metadata_db::JobTransition::kRequestStop, std::nullopt,
                                deadline);
  }

  Result<std::vector<WorkerInfo>> ListWorkers(Deadline deadline) override {
    TIDEMARK_TRY(const auto reader, store_.OpenReader(deadline));
    TIDEMARK_TRY(auto rows, reader->ListWorkers());
    std::vector<WorkerInfo> workers;
    workers.reserve(rows.size());
    for (WorkerRow& row : rows) workers.push_back(ToWorker(std::move(row)));
    return workers;
  }

  Result<std::optional<WorkerInfo>> GetWorker(std::string_view node_id,
                                              Deadline deadline) override {
    TIDEMARK_TRY(const auto reader, store_.OpenReader(deadline));
    TIDEMARK_TRY(auto row, reader->GetWorker(node_id));
    if (!row) return std::nullopt;
    return ToWorker(*std::move(row));
  }

 private:
  /// Errors: kNotFound if no worker that fits is alive.
  Result<std::string> ChooseNode(const std::optional<std::string>& pattern, Deadline deadline) {
    TIDEMARK_TRY(auto workers, ListWorkers(deadline));
    const UtcTime oldest_heartbeat = clock_.Now() - kWorkerTimeout;
    std::erase_if(workers, [&](const WorkerInfo& worker) {
      return worker.heartbeat_at <= oldest_heartbeat ||
             (pattern && !MatchesGlob(*pattern, worker.node_id));
    });
    if (workers.empty()) {
      return MakeError(ErrorCode::kNotFound, pattern
                                                 ? fmt::format("no worker {} is alive", *pattern)
                                                 : "no worker is alive");
    }
    return std::move(workers[RandomU64() % workers.size()].node_id);
  }

  metadata_db::MetadataStore& store_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<Jobs> MakeJobs(metadata_db::MetadataStore& store, const Clock& clock) {
  return std::make_unique<MetadataJobs>(store, clock);
}

}  // namespace tidemark::data_store
