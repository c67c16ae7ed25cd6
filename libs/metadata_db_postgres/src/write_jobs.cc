#include <algorithm>

#include "put_rows.h"
#include "select_rows.h"
#include "tidemark/metadata_db/write_rules.h"
#include "writes.h"

namespace tidemark::metadata_db_postgres {
namespace {

using metadata_db::JobClaim;
using metadata_db::JobRow;
using metadata_db::JobTransition;
using metadata_db::Outcome;

constexpr Query kSelectWorker{"SELECT 1 FROM workers WHERE node_id = $1"};

constexpr Query kLockJob{"SELECT 1 FROM jobs WHERE id = $1 FOR NO KEY UPDATE"};

constexpr Query kLockJobOfKey{"SELECT id FROM jobs WHERE idempotency_key = $1 FOR NO KEY UPDATE"};

constexpr Query kInsertJob{R"sql(
INSERT INTO jobs (node_id, idempotency_key, created_at, updated_at)
VALUES ($1, $2, coalesce($3, statement_timestamp()), coalesce($3, statement_timestamp()))
ON CONFLICT (idempotency_key) DO NOTHING RETURNING id)sql"};

constexpr Query kPutStatus{R"sql(
INSERT INTO jobs_status (job_id, node_id, status, updated_at, detail)
VALUES ($1, $2, $3, coalesce($4, statement_timestamp()), $5::jsonb)
ON CONFLICT (job_id) DO UPDATE SET node_id = excluded.node_id, status = excluded.status,
  updated_at = excluded.updated_at, detail = excluded.detail)sql"};

constexpr Query kInsertEvent{R"sql(
INSERT INTO job_events (job_id, node_id, event_type, created_at, detail)
VALUES ($1, $2, $3, coalesce($4, statement_timestamp()), $5::jsonb))sql"};

// $1: the states, with commas between them. Locks what it decides by, and looks again at a row that
// it had to wait for.
constexpr Query kLockJobsIn{R"sql(
SELECT j.id FROM jobs j JOIN jobs_status s ON s.job_id = j.id
WHERE upper(s.status COLLATE "C") = ANY (string_to_array($1, ','))
ORDER BY j.id FOR UPDATE)sql"};

// $1: ids, with commas between them.
constexpr Query kClearWriters{R"sql(
UPDATE physical_table_revisions
SET writer = NULL, updated_at = coalesce($2, statement_timestamp()) AT TIME ZONE 'UTC'
WHERE writer = ANY (string_to_array($1, ',')::bigint[]))sql"};

// Their states and events go with them.
constexpr Query kDeleteJobs{"DELETE FROM jobs WHERE id = ANY (string_to_array($1, ',')::bigint[])"};

constexpr Query kPutWorker{R"sql(
INSERT INTO workers (node_id, info, heartbeat_at, created_at, registered_at)
SELECT $1, $2::jsonb, t, t, t FROM (SELECT coalesce($3, statement_timestamp())) AS now (t)
ON CONFLICT (node_id) DO UPDATE SET info = excluded.info, heartbeat_at = excluded.heartbeat_at,
  registered_at = greatest(excluded.registered_at,
                           workers.registered_at + interval '1 microsecond')
RETURNING registered_at)sql"};

constexpr Query kHeartbeat{R"sql(
UPDATE workers SET heartbeat_at = coalesce($2, statement_timestamp()) WHERE node_id = $1)sql"};

// $2: the states, with commas between them. $3: milliseconds. What others are just changing is not
// waited for: the next look will find it.
constexpr Query kLockJobsOfGoneNodes{R"sql(
SELECT j.id, s.node_id FROM jobs j
JOIN jobs_status s ON s.job_id = j.id
LEFT JOIN workers w ON w.node_id = s.node_id
CROSS JOIN (SELECT coalesce($4, statement_timestamp()) AS t, $3 * interval '1 ms' AS silence) now
WHERE upper(s.status COLLATE "C") = ANY (string_to_array($2, ',')) AND s.node_id <> $1
  AND (w.node_id IS NULL OR w.heartbeat_at NOT BETWEEN t - silence AND t + silence)
ORDER BY j.id LIMIT $5 FOR NO KEY UPDATE OF j SKIP LOCKED)sql"};

constexpr Query kSelectOtherNodes{R"sql(
SELECT node_id FROM workers
CROSS JOIN (SELECT coalesce($3, statement_timestamp()) AS t, $2 * interval '1 ms' AS silence) now
WHERE node_id <> $1 AND heartbeat_at BETWEEN t - silence AND t + silence
ORDER BY node_id COLLATE "C")sql"};

// A state that a job enters, and where.
struct NewState {
  std::string_view node_id;
  JobStatus status;
  std::optional<std::string> detail;
};

// The one place that changes a job's state, so that no change goes without its event.
Status EnterState(const Write& write, JobId id, const NewState& state) {
  std::optional<Json> detail;
  if (state.detail) detail = Json{*state.detail};
  const std::string_view word = ToString(state.status);
  TIDEMARK_TRY(write.connection.RunAll(
      {Statement(kPutStatus, id.value, state.node_id, word, write.now, detail),
       Statement(kInsertEvent, id.value, state.node_id, word, write.now, detail)}));
  return {};
}

// The job of the key, made unless it is there, and locked. Looking first saves ids, which an
// insertion uses up even if it is in vain. Whoever adds or deletes it at the same moment is waited
// for, and may then have taken it away or put it there, so both are tried again.
Result<JobId> LockOrAddJob(const Write& write, std::string_view node_id, const std::string& key) {
  constexpr int kTriesMax = 5;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    TIDEMARK_TRY(const Rows found, write.connection.Run(kLockJobOfKey, key));
    if (!found.empty()) return JobId{found[0].Int64(0)};
    TIDEMARK_TRY(const Rows added, write.connection.Run(kInsertJob, node_id, key, write.now));
    if (!added.empty()) return JobId{added[0].Int64(0)};
  }
  return MakeError(ErrorCode::kConflict,
                   "the version's job is being added and deleted all the time");
}

std::string JoinIds(const Rows& rows) {
  std::string ids;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0) ids += ',';
    ids += std::to_string(rows[i].Int64(0));
  }
  return ids;
}

// Revisions lose their writer first, so that this is one change of theirs, not one for the writer
// and one for its state.
Status Delete(const Write& write, const std::string& ids) {
  TIDEMARK_TRY(write.connection.RunAll(
      {Statement(kClearWriters, ids, write.now), Statement(kDeleteJobs, ids)}));
  return {};
}

}  // namespace

Result<std::optional<metadata_db::JobRow>> LockJob(const Write& write, JobId id) {
  TIDEMARK_TRY(write.connection.Run(kLockJob, id.value));
  return SelectJob(write.connection, id);
}

Result<JobId> ScheduleJob(const Write& write, std::string_view node_id,
                          const JobDescriptor& descriptor) {
  TIDEMARK_TRY(const Rows worker, write.connection.Run(kSelectWorker, node_id));
  if (worker.empty()) return metadata_db::NoSuchWorker(node_id);
  const std::string key = MakeIdempotencyKey(descriptor.kind, descriptor.version);
  TIDEMARK_TRY(const JobId id, LockOrAddJob(write, node_id, key));
  // A job without a state, which is a new one, is free to be scheduled.
  TIDEMARK_TRY(const auto job, SelectJob(write.connection, id));
  if (job) {
    TIDEMARK_TRY(const Outcome outcome, DecideSchedule(*job, descriptor));
    if (outcome == Outcome::kNothingToDo) return id;
  }
  TIDEMARK_TRY(EnterState(write, id,
                          {.node_id = node_id,
                           .status = JobStatus::kScheduled,
                           .detail = PrintJobDescriptor(descriptor)}));
  return id;
}

Status TransitionJob(const Write& write, const JobClaim& claim, JobTransition transition,
                     const std::optional<std::string>& detail) {
  TIDEMARK_TRY(const auto job, LockJob(write, claim.job));
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
  TIDEMARK_TRY(const Rows worker, write.connection.Run(kSelectWorker, node_id));
  if (worker.empty()) return metadata_db::NoSuchWorker(node_id);
  const auto& states = metadata_db::kStatesToTakeOver;
  TIDEMARK_TRY(const Rows found, write.connection.Run(kLockJobsOfGoneNodes, node_id,
                                                      JoinWords({states.begin(), states.end()}),
                                                      std::int64_t{silence.count()}, write.now,
                                                      static_cast<std::int64_t>(limit)));
  std::vector<JobId> taken;
  for (std::size_t i = 0; i < found.size(); ++i) {
    // Before it was locked, somebody else may have moved it.
    TIDEMARK_TRY(const auto job, SelectJob(write.connection, JobId{found[i].Int64(0)}));
    if (!job || job->node_id != found[i].View(1)) continue;
    const auto next = metadata_db::DecideTakeOver(*job);
    if (!next) continue;
    TIDEMARK_TRY(EnterState(write, job->id,
                            {.node_id = node_id, .status = next->status, .detail = next->detail}));
    taken.push_back(job->id);
  }
  return taken;
}

Result<std::vector<JobId>> HandOverJobs(const Write& write, std::string_view node_id,
                                        metadata_db::SilenceLimit silence) {
  TIDEMARK_TRY(const Rows others, write.connection.Run(kSelectOtherNodes, node_id,
                                                       std::int64_t{silence.count()}, write.now));
  std::vector<std::string> heirs;
  heirs.reserve(others.size());
  for (std::size_t i = 0; i < others.size(); ++i) heirs.push_back(others[i].Text(0));
  std::vector<JobId> given;
  if (heirs.empty()) return given;
  const auto& states = metadata_db::kStatesToHandOver;
  TIDEMARK_TRY(auto jobs,
               SelectJobs(write.connection, {.statuses = std::vector(states.begin(), states.end()),
                                             .node_id = std::string(node_id)}));
  std::ranges::reverse(jobs);  // Locks are taken by ascending id.
  for (const JobRow& listed : jobs) {
    TIDEMARK_TRY(const auto job, LockJob(write, listed.id));
    if (!job || job->node_id != node_id) continue;
    const auto next = metadata_db::DecideTakeOver(*job);
    if (!next || next->status != JobStatus::kScheduled) continue;
    TIDEMARK_TRY(EnterState(write, job->id,
                            {.node_id = metadata_db::PickHeir(job->id, heirs),
                             .status = next->status,
                             .detail = next->detail}));
    given.push_back(job->id);
  }
  return given;
}

Status DeleteJob(const Write& write, JobId id) {
  TIDEMARK_TRY(const auto job, LockJob(write, id));
  if (!job) return {};
  TIDEMARK_TRY(metadata_db::CheckMayDelete(id, job->status));
  return Delete(write, std::to_string(id.value));
}

Result<std::uint64_t> DeleteJobs(const Write& write, const std::vector<JobStatus>& statuses) {
  TIDEMARK_TRY(const Rows jobs, write.connection.Run(kLockJobsIn, JoinWords(statuses)));
  if (!jobs.empty()) TIDEMARK_TRY(Delete(write, JoinIds(jobs)));
  return jobs.size();
}

Result<UtcTime> RegisterWorker(const Write& write, std::string_view node_id,
                               std::string_view info_json) {
  TIDEMARK_TRY(const Rows stored,
               write.connection.Run(kPutWorker, node_id, Json{info_json}, write.now));
  if (stored.empty()) return MakeError(ErrorCode::kInternal, "a registration stored nothing");
  return stored[0].Time(0);
}

Status Heartbeat(const Write& write, std::string_view node_id) {
  TIDEMARK_TRY(const Rows renewed, write.connection.Run(kHeartbeat, node_id, write.now));
  if (renewed.changed() == 0) return metadata_db::NoSuchWorker(node_id);
  return {};
}

}  // namespace tidemark::metadata_db_postgres
