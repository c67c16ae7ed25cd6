#include "workers.h"

#include <string>

#include <fmt/format.h>

#include "json_reply.h"
#include "path.h"
#include "stored_json.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/model/names.h"

namespace tidemark::admin_api {

using data_store::WorkerInfo;

Outcome<http::Reply> GetWorkers(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto workers, Translate(services.jobs.ListWorkers(request.deadline),
                                             {.failed = "SCHEDULER_LIST_WORKERS_ERROR"}));
  JsonWriter json;
  json.BeginObject();
  json.Key("workers").BeginArray();
  for (const WorkerInfo& worker : workers) {
    json.BeginObject();
    json.Field("node_id", worker.node_id);
    json.Field("heartbeat_at", FormatRfc3339(worker.heartbeat_at));
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> GetWorker(const Services& services, const http::Request& request) {
  const std::string_view id = PathParam(request, "id");
  if (!IsNodeId(id)) {
    return MakeProblem(
        400, "INVALID_WORKER_ID",
        fmt::format("'{}' is no node id: use a letter, then letters, digits and _-.", id));
  }
  TIDEMARK_TRY(const auto worker, Translate(services.jobs.GetWorker(id, request.deadline),
                                            {.failed = "SCHEDULER_GET_WORKER_ERROR"}));
  if (!worker) {
    return MakeProblem(404, "WORKER_NOT_FOUND", fmt::format("there is no worker {}", id));
  }
  JsonWriter json;
  json.BeginObject();
  json.Field("node_id", worker->node_id);
  json.Field("created_at", FormatRfc3339(worker->created_at));
  json.Field("registered_at", FormatRfc3339(worker->registered_at));
  json.Field("heartbeat_at", FormatRfc3339(worker->heartbeat_at));
  WriteStoredObject("info", worker->node_id, worker->info, json);
  json.EndObject();
  return JsonReply(200, std::move(json));
}

}  // namespace tidemark::admin_api
