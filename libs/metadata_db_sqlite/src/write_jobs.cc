#include <algorithm>
#include <span>

#include "collect_rows.h"
#include "select_rows.h"
#include "tidemark/metadata_db/write_rules.h"
#include "writes.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::JobClaim;
using metadata_db::JobRow;
using metadata_db::JobTransition;
using metadata_db::Outcome;

constexpr Query kSelectWorker{"SELECT 1 FROM workers WHERE node_id = ?1"};

constexpr Query kSelectJobOfKey{"SELECT id FROM jobs WHERE idempotency_key = ?1"};

constexpr Query kInsertJob{R"sql(
INSERT INTO jobs (node_id, idempotency_key, created_at, updated_at)
VALUES (?1, ?2, ?3, ?3))sql"};

constexpr Query kPutStatus{R"sql(
INSERT INTO jobs_status (job_id, node_id, status, updated_at, detail)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (job_id) DO UPDATE SET node_id = excluded.node_id, status = excluded.status,
  updated_at = excluded.updated_at, detail = excluded.detail)sql"};

constexpr Query kInsertEvent{R"sql(
INSERT INTO job_events (job_id, node_id, event_type, created_at, detail)
VALUES (?1, ?2, ?3, ?4, ?5))sql"};

constexpr Query kClearWriter{
    "UPDATE physical_table_revisions SET writer = NULL, updated_at = ?2 WHERE writer = ?1"};

// Its state and events go with it.
constexpr Query kDeleteJob{"DELETE FROM jobs WHERE id = ?1"};

constexpr Query kSelectRegistration{"SELECT registered_at FROM workers WHERE node_id = ?1"};

constexpr Query kPutWorker{R"sql(
INSERT INTO workers (node_id, info, heartbeat_at, created_at, registered_at)
VALUES (?1, ?2, ?3, ?3, ?3)
ON CONFLICT (node_id) DO UPDATE SET info = excluded.info, heartbeat_at = excluded.heartbeat_at,
  registered_at = ?4)sql"};

constexpr Query kHeartbeat{"UPDATE workers SET heartbeat_at = ?2 WHERE node_id = ?1"};

// A state that a job enters, and where.
struct NewState {
  std::string_view node_id;
  JobStatus status;
  std::optional<std::string> detail;
};

// The one place that changes a job's state, so that no change goes without its event.
Status EnterState(const Write& write, JobId id, const NewState& state) {
  TIDEMARK_TRY(write.connection.Run(kPutStatus, id.value, state.node_id, ToString(state.status),
                                    write.now, state.detail));
  return write.connection.Run(kInsertEvent, id.value, state.node_id, ToString(state.status),
                              write.now, state.detail);
}

Result<bool> IsWorker(const Write& write, std::string_view node_id) {
  TIDEMARK_TRY(Statement statement, write.connection.Start(kSelectWorker, node_id));
  return statement.Step();
}

Result<std::optional<JobId>> FindJobOf(const Write& write, const std::string& idempotency_key) {
  TIDEMARK_TRY(Statement statement, write.connection.Start(kSelectJobOfKey, idempotency_key));
  return CollectRow(std::move(statement),
                    [](const Statement& row) -> Result<JobId> { return JobId{row.Int64(0)}; });
}

// By id.
Result<std::vector<std::string>> NodesNotGone(const Write& write,
                                              metadata_db::SilenceLimit silence) {
  TIDEMARK_TRY(const auto workers, SelectWorkers(write.connection));
  std::vector<std::string> nodes;
  for (const metadata_db::WorkerRow& worker : workers) {
    if (metadata_db::IsGone(worker.heartbeat_at, write.time, silence)) continue;
    nodes.push_back(worker.node_id);
  }
  return nodes;
}

// Oldest first.
Result<std::vector<JobRow>> JobsByAge(const Write& write, std::span<const JobStatus> statuses) {
  TIDEMARK_TRY(auto jobs, SelectJobs(write.connection,
                                     {.statuses = std::vector(statuses.begin(), statuses.end())}));
  std::ranges::reverse(jobs);
  return jobs;
}

// Revisions lose their writer first, so that this is one change of theirs, not one for the writer
// and one for its state.
Status Delete(const Write& write, JobId id) {
  TIDEMARK_TRY(write.connection.Run(kClearWriter, id.value, write.now));
  return write.connection.Run(kDeleteJob, id.value);
}

}  // namespace

Result<JobId> ScheduleJob(const Write& write, std::string_view node_id,
                          const JobDescriptor& descriptor) {
  TIDEMARK_TRY(const bool is_worker, IsWorker(write, node_id));
  if (!is_worker) return metadata_db::NoSuchWorker(node_id);
  const std::string key = MakeIdempotencyKey(descriptor.kind, descriptor.version);
  TIDEMARK_TRY(std::optional<JobId> id, FindJobOf(write, key));
  if (!id) {
    TIDEMARK_TRY(write.connection.Run(kInsertJob, node_id, key, write.now));
    id = JobId{write.connection.last_insert_id()};
  } else {
    // A job without a state, which no writer of ours leaves behind, is free to be scheduled.
    TIDEMARK_TRY(const auto job, SelectJob(write.connection, *id));
    if (job) {
      TIDEMARK_TRY(const Outcome outcome, DecideSchedule(*job, descriptor));
      if (outcome == Outcome::kNothingToDo) return *id;
    }
  }
  TIDEMARK_TRY(EnterState(write, *id,
                          {.node_id = node_id,
                           .status = JobStatus::kScheduled,
                           .detail = PrintJobDescriptor(descriptor)}));
  return *id;
}

Status TransitionJob(const Write& write, const JobClaim& claim, JobTransition transition,
                     const std::optional<std::string>& detail) {
  TIDEMARK_TRY(const auto job, SelectJob(write.connection, claim.job));
  if (!job) return metadata_db::NoSuchJob(claim.job);
  TIDEMARK_TRY(const Outcome outcome, DecideTransition(claim, transition, *job));
  if (outcome == Outcome::kNothingToDo) return {};
  TIDEMARK_TRY(auto stored_detail, DetailAfter(transition, *job, detail));
  return EnterState(write, claim.job,
                    {.node_id = job->node_id,
                     .status = TargetOf(transition),
                     .detail = std::move(stored_detail)});
}

Result<std::vector<JobId>> TakeOverJobs(const Write& write, std::string_view node_id,
                                        metadata_db::SilenceLimit silence, std::size_t limit) {
  TIDEMARK_TRY(const bool is_worker, IsWorker(write, node_id));
  if (!is_worker) return metadata_db::NoSuchWorker(node_id);
  TIDEMARK_TRY(const auto nodes, NodesNotGone(write, silence));
  TIDEMARK_TRY(const auto jobs, JobsByAge(write, metadata_db::kStatesToTakeOver));
  std::vector<JobId> taken;
  for (const JobRow& job : jobs) {
    if (taken.size() == limit) break;
    if (job.node_id == node_id || std::ranges::binary_search(nodes, job.node_id)) continue;
    const auto next = metadata_db::DecideTakeOver(job);
    if (!next) continue;
    TIDEMARK_TRY(EnterState(write, job.id,
                            {.node_id = node_id, .status = next->status, .detail = next->detail}));
    taken.push_back(job.id);
  }
  return taken;
}

Result<std::vector<JobId>> HandOverJobs(const Write& write, std::string_view node_id,
                                        metadata_db::SilenceLimit silence) {
  TIDEMARK_TRY(auto heirs, NodesNotGone(write, silence));
  std::erase(heirs, node_id);
  std::vector<JobId> given;
  if (heirs.empty()) return given;
  TIDEMARK_TRY(const auto jobs, JobsByAge(write, metadata_db::kStatesToHandOver));
  for (const JobRow& job : jobs) {
    const auto next = metadata_db::DecideTakeOver(job);
    if (job.node_id != node_id || !next) continue;
    TIDEMARK_TRY(EnterState(write, job.id,
                            {.node_id = metadata_db::PickHeir(job.id, heirs),
                             .status = next->status,
                             .detail = next->detail}));
    given.push_back(job.id);
  }
  return given;
}

Status DeleteJob(const Write& write, JobId id) {
  TIDEMARK_TRY(const auto job, SelectJob(write.connection, id));
  if (!job) return {};
  TIDEMARK_TRY(metadata_db::CheckMayDelete(id, job->status));
  return Delete(write, id);
}

Result<std::uint64_t> DeleteJobs(const Write& write, const std::vector<JobStatus>& statuses) {
  TIDEMARK_TRY(const auto jobs, SelectJobs(write.connection, {.statuses = statuses}));
  for (const metadata_db::JobRow& job : jobs) TIDEMARK_TRY(Delete(write, job.id));
  return jobs.size();
}

Result<UtcTime> RegisterWorker(const Write& write, std::string_view node_id,
                               std::string_view info_json) {
  // As the row keeps it.
  UtcTime registered_at = std::chrono::floor<std::chrono::microseconds>(write.time);
  TIDEMARK_TRY(Statement former, write.connection.Start(kSelectRegistration, node_id));
  TIDEMARK_TRY(const bool is_there, former.Step());
  if (is_there) {
    const auto time = metadata_db::ReadStoredTime("registered_at", former.Text(0));
    if (time) registered_at = metadata_db::RegistrationAfter(*time, registered_at);
  }
  TIDEMARK_TRY(write.connection.Run(kPutWorker, node_id, info_json, write.now,
                                    FormatRfc3339(registered_at)));
  return registered_at;
}

Status Heartbeat(const Write& write, std::string_view node_id) {
  TIDEMARK_TRY(const bool is_worker, IsWorker(write, node_id));
  if (!is_worker) return metadata_db::NoSuchWorker(node_id);
  return write.connection.Run(kHeartbeat, node_id, write.now);
}

}  // namespace tidemark::metadata_db_sqlite
