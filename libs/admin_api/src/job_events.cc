#include "job_events.h"

#include <fmt/format.h>

#include "jobs.h"
#include "json_reply.h"
#include "path.h"
#include "stored_json.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::admin_api {

using data_store::JobEvent;

Outcome<http::Reply> GetJobEvents(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const JobId id, JobIdInPath(request));
  TIDEMARK_TRY(const auto events, Translate(services.jobs.ListEvents(id, request.deadline),
                                            {.failed = "GET_JOB_EVENTS_ERROR"}));
  if (!events) return NoSuchJob(id);
  JsonWriter json;
  json.BeginObject();
  json.Field("job_id", id.value);
  json.Key("events").BeginArray();
  for (const JobEvent& event : *events) {
    json.BeginObject();
    json.Field("id", event.id);
    json.Field("created_at", FormatRfc3339(event.created_at));
    json.Field("node_id", event.node_id);
    json.Field("event_type", event.type);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> GetJobEvent(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const JobId id, JobIdInPath(request));
  TIDEMARK_TRY(const auto event_id, IdInPath(request, "event_id", "INVALID_EVENT_ID"));
  TIDEMARK_TRY(const auto event,
               Translate(services.jobs.GetEvent(id, event_id, request.deadline),
                         {.failed = "GET_JOB_EVENT_ERROR", .not_found = "JOB_NOT_FOUND"}));
  if (!event) {
    return MakeProblem(404, "EVENT_NOT_FOUND",
                       fmt::format("job {} has no event {}", id.value, event_id));
  }
  JsonWriter json;
  json.BeginObject();
  json.Field("id", event->id);
  json.Field("job_id", event->job_id.value);
  json.Field("created_at", FormatRfc3339(event->created_at));
  json.Field("node_id", event->node_id);
  json.Field("event_type", event->type);
  if (event->detail) {
    WriteStoredObject("detail", fmt::format("event {}", event->id), event->detail, json);
  }
  json.EndObject();
  return JsonReply(200, std::move(json));
}

}  // namespace tidemark::admin_api
