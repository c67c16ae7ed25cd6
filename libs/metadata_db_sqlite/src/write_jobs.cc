#include "collect_rows.h"
#include "select_rows.h"
#include "tidemark/metadata_db/write_rules.h"
#include "writes.h"

namespace tidemark::metadata_db_sqlite {
namespace {

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

constexpr Query kPutWorker{R"sql(
INSERT INTO workers (node_id, info, heartbeat_at, created_at, registered_at)
VALUES (?1, ?2, ?3, ?3, ?3)
ON CONFLICT (node_id) DO UPDATE SET info = excluded.info, heartbeat_at = excluded.heartbeat_at,
  registered_at = excluded.registered_at)sql"};

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

}  // namespace

Result<JobId> ScheduleJob(const Write& write, std::string_view node_id,
                          const JobDescriptor& descriptor) {
  TIDEMARK_TRY(const bool is_worker, IsWorker(write, node_id));
  if (!is_worker) return metadata_db::NoSuchWorker(node_id);
  const std::string key = MakeIdempotencyKey(descriptor.version);
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

Status TransitionJob(const Write& write, JobId id, JobTransition transition,
                     const std::optional<std::string>& detail) {
  TIDEMARK_TRY(const auto job, SelectJob(write.connection, id));
  if (!job) return metadata_db::NoSuchJob(id);
  TIDEMARK_TRY(const Outcome outcome, DecideTransition(id, transition, job->status));
  if (outcome == Outcome::kNothingToDo) return {};
  TIDEMARK_TRY(auto stored_detail, DetailAfter(transition, *job, detail));
  return EnterState(write, id,
                    {.node_id = job->node_id,
                     .status = TargetOf(transition),
                     .detail = std::move(stored_detail)});
}

Status RegisterWorker(const Write& write, std::string_view node_id, std::string_view info_json) {
  return write.connection.Run(kPutWorker, node_id, info_json, write.now);
}

Status Heartbeat(const Write& write, std::string_view node_id) {
  TIDEMARK_TRY(const bool is_worker, IsWorker(write, node_id));
  if (!is_worker) return metadata_db::NoSuchWorker(node_id);
  return write.connection.Run(kHeartbeat, node_id, write.now);
}

}  // namespace tidemark::metadata_db_sqlite
