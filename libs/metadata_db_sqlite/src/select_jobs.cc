#include <limits>

#include "collect_rows.h"
#include "select_rows.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::JobEventRow;
using metadata_db::JobFilter;
using metadata_db::JobRow;
using metadata_db::WorkerRow;

constexpr Query kSelectJob{R"sql(
SELECT j.id, s.node_id, s.status, j.created_at, s.updated_at,
  (SELECT e.detail FROM job_events e
   WHERE e.job_id = j.id AND e.event_type = 'SCHEDULED' AND e.detail IS NOT NULL
   ORDER BY e.id DESC LIMIT 1),
  (SELECT count(*) FROM job_events e WHERE e.job_id = j.id AND e.event_type = 'SCHEDULED')
FROM jobs j JOIN jobs_status s ON s.job_id = j.id
WHERE j.id = ?1)sql"};

// ?1: JSON array of status words, or null for all. A word that is no status counts as UNKNOWN.
constexpr Query kSelectJobs{R"sql(
SELECT j.id, s.node_id, s.status, j.created_at, s.updated_at,
  (SELECT e.detail FROM job_events e
   WHERE e.job_id = j.id AND e.event_type = 'SCHEDULED' AND e.detail IS NOT NULL
   ORDER BY e.id DESC LIMIT 1),
  (SELECT count(*) FROM job_events e WHERE e.job_id = j.id AND e.event_type = 'SCHEDULED')
FROM jobs j JOIN jobs_status s ON s.job_id = j.id
WHERE (?1 IS NULL
       OR CASE WHEN upper(s.status) IN ('SCHEDULED', 'RUNNING', 'STOP_REQUESTED', 'STOPPING',
                                        'STOPPED', 'COMPLETED', 'ERROR', 'FATAL')
               THEN upper(s.status) ELSE 'UNKNOWN' END IN (SELECT value FROM json_each(?1)))
  AND (?2 IS NULL OR s.node_id = ?2)
  AND (?3 IS NULL OR j.id < ?3)
ORDER BY j.id DESC)sql"};

// By the first event for the version. The first condition is the text of an index.
constexpr Query kSelectJobsOfVersion{R"sql(
SELECT j.id, s.node_id, s.status, j.created_at, s.updated_at,
  (SELECT e.detail FROM job_events e
   WHERE e.job_id = j.id AND e.event_type = 'SCHEDULED' AND e.detail IS NOT NULL
   ORDER BY e.id DESC LIMIT 1),
  (SELECT count(*) FROM job_events e WHERE e.job_id = j.id AND e.event_type = 'SCHEDULED')
FROM (SELECT job_id, min(id) AS first_event FROM job_events
      WHERE CASE WHEN json_valid(detail) THEN json_extract(detail, '$.manifest_hash') END = ?3
        AND event_type = 'SCHEDULED'
        AND json_extract(detail, '$.dataset_namespace') = ?1
        AND json_extract(detail, '$.dataset_name') = ?2
      GROUP BY job_id) f
JOIN jobs j ON j.id = f.job_id JOIN jobs_status s ON s.job_id = j.id
ORDER BY f.first_event)sql"};

constexpr Query kSelectJobEvents{R"sql(
SELECT id, job_id, created_at, node_id, event_type, detail FROM job_events
WHERE job_id = ?1 ORDER BY id)sql"};

constexpr Query kSelectJobEvent{R"sql(
SELECT id, job_id, created_at, node_id, event_type, detail FROM job_events
WHERE job_id = ?1 AND id = ?2)sql"};

constexpr Query kSelectWorker{R"sql(
SELECT node_id, heartbeat_at, created_at, registered_at, info FROM workers
WHERE node_id = ?1)sql"};

constexpr Query kSelectWorkers{R"sql(
SELECT node_id, heartbeat_at, created_at, registered_at, info FROM workers ORDER BY node_id)sql"};

Result<JobRow> ReadJob(const Statement& row) {
  TIDEMARK_TRY(const UtcTime created_at, row.Time(3));
  TIDEMARK_TRY(const UtcTime updated_at, row.Time(4));
  return JobRow{.id = {row.Int64(0)},
                .node_id = row.Text(1),
                .status = ParseJobStatus(row.Text(2)),
                .created_at = created_at,
                .updated_at = updated_at,
                .descriptor = row.OptionalText(5),
                .attempts = static_cast<std::uint32_t>(row.Int64(6))};
}

Result<JobEventRow> ReadJobEvent(const Statement& row) {
  TIDEMARK_TRY(const UtcTime created_at, row.Time(2));
  return JobEventRow{.id = row.Int64(0),
                     .job_id = {row.Int64(1)},
                     .created_at = created_at,
                     .node_id = row.Text(3),
                     .event_type = row.Text(4),
                     .detail = row.OptionalText(5)};
}

Result<WorkerRow> ReadWorker(const Statement& row) {
  TIDEMARK_TRY(const UtcTime heartbeat_at, row.Time(1));
  TIDEMARK_TRY(const UtcTime created_at, row.Time(2));
  TIDEMARK_TRY(const UtcTime registered_at, row.Time(3));
  return WorkerRow{.node_id = row.Text(0),
                   .heartbeat_at = heartbeat_at,
                   .created_at = created_at,
                   .registered_at = registered_at,
                   .info = row.Text(4)};
}

std::string ToJsonArray(const std::vector<JobStatus>& statuses) {
  JsonWriter json;
  json.BeginArray();
  for (const JobStatus status : statuses) json.Value(ToString(status));
  json.EndArray();
  return std::move(json).Take();
}

}  // namespace

Result<std::optional<JobRow>> SelectJob(Connection& connection, JobId id) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectJob, id.value));
  return CollectRow(std::move(statement), ReadJob);
}

Result<std::vector<JobRow>> SelectJobs(Connection& connection, const JobFilter& filter) {
  std::optional<std::string> statuses;
  if (filter.statuses) statuses = ToJsonArray(*filter.statuses);
  std::optional<std::int64_t> before;
  if (filter.before) before = filter.before->value;
  TIDEMARK_TRY(Statement statement,
               connection.Start(kSelectJobs, statuses, filter.node_id, before));
  return CollectRows(std::move(statement), ReadJob,
                     filter.limit.value_or(std::numeric_limits<std::size_t>::max()));
}

Result<std::vector<JobRow>> SelectJobsOfVersion(Connection& connection,
                                                const DatasetVersion& version) {
  TIDEMARK_TRY(Statement statement,
               connection.Start(kSelectJobsOfVersion, version.dataset.ns, version.dataset.name,
                                version.manifest_hash.hex));
  return CollectRows(std::move(statement), ReadJob);
}

Result<std::optional<JobEventRow>> SelectJobEvent(Connection& connection, JobId id,
                                                  std::int64_t event_id) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectJobEvent, id.value, event_id));
  return CollectRow(std::move(statement), ReadJobEvent);
}

Result<std::vector<JobEventRow>> SelectJobEvents(Connection& connection, JobId id) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectJobEvents, id.value));
  return CollectRows(std::move(statement), ReadJobEvent);
}

Result<std::optional<WorkerRow>> SelectWorker(Connection& connection, std::string_view node_id) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectWorker, node_id));
  return CollectRow(std::move(statement), ReadWorker);
}

Result<std::vector<WorkerRow>> SelectWorkers(Connection& connection) {
  TIDEMARK_TRY(Statement statement, connection.Start(kSelectWorkers));
  return CollectRows(std::move(statement), ReadWorker);
}

}  // namespace tidemark::metadata_db_sqlite
