#include "jobs.h"

#include <algorithm>

#include <fmt/format.h>

#include "datasets.h"
#include "json_reply.h"
#include "path.h"
#include "progress_json.h"
#include "query.h"
#include "stored_json.h"
#include "tidemark/base/text.h"

namespace tidemark::admin_api {
namespace {

using data_store::JobInfo;
using data_store::JobQuery;

constexpr std::size_t kMaxLimit = 1000;

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

/// The states that one word of DELETE /jobs stands for; empty for any other word.
std::vector<JobStatus> DeletableStatuses(std::string_view word) {
  using enum JobStatus;
  if (word == "terminal") return {kStopped, kCompleted, kError, kFatal};
  if (word == "completed") return {kCompleted};
  if (word == "stopped") return {kStopped};
  if (word == "error") return {kError, kFatal};
  return {};
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

/// From `include=health`, the one part that a job has.
Outcome<bool> IncludesHealth(const http::Request& request) {
  const std::string_view part = QueryParam(request, "include").value_or("");
  if (part.empty() || part == "health") return !part.empty();
  return MakeProblem(400, "INVALID_QUERY_PARAMETERS",
                     fmt::format("include has no part '{}': there is health", part));
}

struct ShownJob {
  JobInfo job;
  std::optional<data_store::JobHealth> health;
};

constexpr FailureCodes kGetJobCodes{.failed = "GET_JOB_ERROR"};

Outcome<std::optional<ShownJob>> ReadAlone(const Services& services, JobId id, Deadline deadline) {
  TIDEMARK_TRY(auto job, Translate(services.jobs.Get(id, deadline), kGetJobCodes));
  if (!job) return std::nullopt;
  return ShownJob{.job = *std::move(job), .health = std::nullopt};
}

/// Both as they were at one moment.
Outcome<std::optional<ShownJob>> ReadWithHealth(const Services& services, JobId id,
                                                Deadline deadline) {
  TIDEMARK_TRY(const auto snapshot, Translate(services.data.OpenSnapshot(deadline), kGetJobCodes));
  TIDEMARK_TRY(auto job, Translate(services.data.GetJob(*snapshot, id), kGetJobCodes));
  if (!job) return std::nullopt;
  TIDEMARK_TRY(auto health, Translate(services.data.GetJobHealth(*snapshot, id), kGetJobCodes));
  return ShownJob{.job = *std::move(job), .health = std::move(health)};
}

}  // namespace

void WriteJob(const JobInfo& job, JsonWriter& json,
              const std::optional<data_store::JobHealth>& health) {
  const std::string owner = fmt::format("job {}", job.id.value);
  json.BeginObject();
  json.Field("id", job.id.value);
  json.Field("created_at", FormatRfc3339(job.created_at));
  json.Field("updated_at", FormatRfc3339(job.updated_at));
  json.Field("node_id", job.node_id);
  json.Field("status", ToString(job.status));
  WriteStoredObject("descriptor", owner, job.descriptor, json);
  json.Field("attempts", job.attempts);
  WriteStoredObject("error", owner, job.error, json);
  if (health) {
    json.Key("health");
    WriteHealth(*health, json);
  }
  json.EndObject();
}

std::unexpected<Problem> NoSuchJob(JobId id) {
  return MakeProblem(404, "JOB_NOT_FOUND", fmt::format("there is no job {}", id.value));
}

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

Outcome<http::Reply> DeleteJobs(const Services& services, const http::Request& request) {
  const auto word = QueryParam(request, "status");
  const auto statuses = DeletableStatuses(word.value_or(""));
  if (statuses.empty()) {
    return MakeProblem(400, "INVALID_QUERY_PARAM",
                       "status must be terminal, completed, stopped or error");
  }
  TIDEMARK_TRY(Translate(services.jobs.DeleteAll(statuses, request.deadline),
                         {.failed = "DELETE_JOBS_BY_STATUS_ERROR"}));
  return NoContent();
}

Outcome<http::Reply> GetJob(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const JobId id, JobIdInPath(request));
  TIDEMARK_TRY(const bool with_health, IncludesHealth(request));
  TIDEMARK_TRY(const auto shown, with_health ? ReadWithHealth(services, id, request.deadline)
                                             : ReadAlone(services, id, request.deadline));
  if (!shown) return NoSuchJob(id);
  JsonWriter json;
  WriteJob(shown->job, json, shown->health);
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> DeleteJob(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const JobId id, JobIdInPath(request));
  TIDEMARK_TRY(Translate(services.jobs.Delete(id, request.deadline),
                         {.failed = "DELETE_JOB_ERROR", .conflict = "JOB_CONFLICT"}));
  return NoContent();
}

Outcome<http::Reply> PutJobStop(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const JobId id, JobIdInPath(request));
  TIDEMARK_TRY(Translate(services.jobs.Stop(id, request.deadline),
                         {.failed = "STOP_JOB_ERROR",
                          .not_found = "JOB_NOT_FOUND",
                          .conflict = "UNEXPECTED_STATE_CONFLICT"}));
  return http::Reply{};
}

Outcome<http::Reply> GetVersionJobs(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto version, VersionInPath(services.datasets, request));
  TIDEMARK_TRY(const auto jobs, Translate(services.jobs.ListOfVersion(version, request.deadline),
                                          {.failed = "LIST_JOBS_ERROR"}));
  JsonWriter json;
  json.BeginObject();
  json.Key("jobs").BeginArray();
  for (const JobInfo& job : jobs) WriteJob(job, json);
  json.EndArray();
  json.EndObject();
  return JsonReply(200, std::move(json));
}

}  // namespace tidemark::admin_api
