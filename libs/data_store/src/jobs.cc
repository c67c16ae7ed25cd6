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
#include "tidemark/base/random.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::data_store {
namespace {

using metadata_db::MetadataReader;

/// Detail of the newest event that put the job in its present state, if that is a failure.
Result<std::optional<std::string>> ReadErrorDetail(MetadataReader& reader,
                                                   const metadata_db::JobRow& job) {
  if (job.status != JobStatus::kError && job.status != JobStatus::kFatal) return std::nullopt;
  TIDEMARK_TRY(const auto events, reader.ListJobEvents(job.id));
  for (const metadata_db::JobEventRow& event : std::views::reverse(events)) {
    if (ParseJobStatus(event.event_type) == job.status) return event.detail;
  }
  return std::nullopt;
}

Result<JobInfo> ReadJobInfo(MetadataReader& reader, const metadata_db::JobRow& job) {
  TIDEMARK_TRY(auto error, ReadErrorDetail(reader, job));
  return JobInfo{.id = job.id,
                 .created_at = job.created_at,
                 .updated_at = job.updated_at,
                 .node_id = job.node_id,
                 .status = job.status,
                 .descriptor = job.descriptor,
                 .error = std::move(error),
                 .attempts = job.attempts};
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
    std::vector<JobInfo> jobs;
    jobs.reserve(rows.size());
    for (const metadata_db::JobRow& row : rows) {
      TIDEMARK_TRY(JobInfo job, ReadJobInfo(*reader, row));
      jobs.push_back(std::move(job));
    }
    return jobs;
  }

  Status Stop(JobId id, Deadline deadline) override {
    return store_.TransitionJob(id, metadata_db::JobTransition::kRequestStop, std::nullopt,
                                deadline);
  }

  Result<std::vector<WorkerInfo>> ListWorkers(Deadline deadline) override {
    TIDEMARK_TRY(const auto reader, store_.OpenReader(deadline));
    TIDEMARK_TRY(auto rows, reader->ListWorkers());
    std::vector<WorkerInfo> workers;
    workers.reserve(rows.size());
    for (metadata_db::WorkerRow& row : rows) {
      workers.push_back({.node_id = std::move(row.node_id), .heartbeat_at = row.heartbeat_at});
    }
    return workers;
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
