#include "jobs.h"

#include <algorithm>

#include <fmt/format.h>
#include <simdjson.h>

#include "json_reply.h"
#include "path.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/base/log.h"
#include "tidemark/base/text.h"

namespace tidemark::admin_api {
namespace {

using data_store::JobInfo;
using data_store::JobQuery;

constexpr std::size_t kMaxLimit = 1000;

/// Writes JSON that a program stored. One row that holds anything but an object must not spoil the
/// whole answer: it reads null.
void WriteStoredObject(std::string_view name, JobId job, const std::optional<std::string>& stored,
                       JsonWriter& json) {
  json.Key(name);
  if (!stored) {
    json.Null();
    return;
  }
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(stored->data(), stored->size()).get(object) != simdjson::SUCCESS) {
    Log(LogLevel::kWarning, "job_has_unreadable_json", {{"job_id", job.value}, {"field", name}});
    json.Null();
    return;
  }
  json.Raw(simdjson::minify(object));
}

void WriteJob(const JobInfo& job, JsonWriter& json) {
  json.BeginObject();
  json.Field("id", job.id.value);
  json.Field("created_at", FormatRfc3339(job.created_at));
  json.Field("updated_at", FormatRfc3339(job.updated_at));
  json.Field("node_id", job.node_id);
  json.Field("status", ToString(job.status));
  WriteStoredObject("descriptor", job.id, job.descriptor, json);
  json.Field("attempts", job.attempts);
  WriteStoredObject("error", job.id, job.error, json);
  json.EndObject();
}

/// nullopt for all.
std::optional<std::vector<JobStatus>> ReadStatuses(std::string_view text) {
  if (text == "all") return std::nullopt;
  if (text == "active") {
    return std::vector{JobStatus::kScheduled, JobStatus::kRunning, JobStatus::kStopRequested,
                       JobStatus::kStopping};
  }
  std::vector<JobStatus> statuses;
  while (true) {
    const std::size_t comma = text.find(',');
    const JobStatus status = ParseJobStatus(text.substr(0, comma));
    // There are few states, but a URL has room for thousands of words.
    if (std::ranges::find(statuses, status) == statuses.end()) statuses.push_back(status);
    if (comma == std::string_view::npos) return statuses;
    text.remove_prefix(comma + 1);
  }
}

std::optional<std::string_view> QueryParam(const http::Request& request, const char* name) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return std::nullopt;
  return found->second;
}

Outcome<JobQuery> ReadJobQuery(const http::Request& request) {
  JobQuery query;
  if (const auto text = QueryParam(request, "limit")) {
    const auto limit = ParseDecimal<std::uint64_t>(*text);
    if (!limit) {
      return MakeProblem(400, "INVALID_QUERY_PARAMETERS",
                         fmt::format("limit '{}' is no number from 1 to {}", *text, kMaxLimit));
    }
    if (*limit == 0) return MakeProblem(400, "LIMIT_INVALID", "limit must not be 0");
    if (*limit > kMaxLimit) {
      return MakeProblem(400, "LIMIT_TOO_LARGE",
                         fmt::format("limit must not exceed {}", kMaxLimit));
    }
    query.limit = *limit;
  }
  if (const auto text = QueryParam(request, "last_job_id")) {
    const auto id = ParseId(*text);
    if (!id) {
      return MakeProblem(400, "INVALID_QUERY_PARAMETERS",
                         fmt::format("last_job_id '{}' is no job id", *text));
    }
    query.before = JobId{*id};
  }
  query.statuses = ReadStatuses(QueryParam(request, "status").value_or("active"));
  return query;
}

}  // namespace

Outcome<http::Reply> GetJobs(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto query, ReadJobQuery(request));
  TIDEMARK_TRY(const auto jobs, Translate(services.jobs.List(query, request.deadline),
                                          {.failed = "LIST_JOBS_ERROR"}));
  JsonWriter json;
  json.BeginObject();
  json.Key("jobs").BeginArray();
  for (const JobInfo& job : jobs) WriteJob(job, json);
  json.EndArray();
  if (!jobs.empty()) json.Field("next_cursor", jobs.back().id.value);
  json.EndObject();
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> GetJob(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const JobId id, JobIdInPath(request));
  TIDEMARK_TRY(const auto job,
               Translate(services.jobs.Get(id, request.deadline), {.failed = "GET_JOB_ERROR"}));
  if (!job) return MakeProblem(404, "JOB_NOT_FOUND", fmt::format("there is no job {}", id.value));
  JsonWriter json;
  WriteJob(*job, json);
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> PutJobStop(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const JobId id, JobIdInPath(request));
  TIDEMARK_TRY(Translate(services.jobs.Stop(id, request.deadline),
                         {.failed = "STOP_JOB_ERROR",
                          .not_found = "JOB_NOT_FOUND",
                          .conflict = "UNEXPECTED_STATE_CONFLICT"}));
  return http::Reply{};
}

Outcome<http::Reply> GetWorkers(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto workers, Translate(services.jobs.ListWorkers(request.deadline),
                                             {.failed = "SCHEDULER_LIST_WORKERS_ERROR"}));
  JsonWriter json;
  json.BeginObject();
  json.Key("workers").BeginArray();
  for (const data_store::WorkerInfo& worker : workers) {
    json.BeginObject();
    json.Field("node_id", worker.node_id);
    json.Field("heartbeat_at", FormatRfc3339(worker.heartbeat_at));
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return JsonReply(200, std::move(json));
}

}  // namespace tidemark::admin_api
