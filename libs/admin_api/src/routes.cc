#include "routes.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "datasets.h"
#include "deploy.h"
#include "files.h"
#include "job_events.h"
#include "jobs.h"
#include "json_reply.h"
#include "manifests.h"
#include "metrics.h"
#include "networks.h"
#include "openapi_document.h"
#include "problem.h"
#include "progress.h"
#include "providers.h"
#include "restore.h"
#include "revisions.h"
#include "workers.h"

namespace tidemark::admin_api {
namespace {

/// GET /healthz: 200 as soon as the server runs, whatever else does.
Outcome<http::Reply> GetHealth(const Services&, const http::Request&) {
  return JsonReply(200, R"({"status":"ok"})");
}

/// GET /openapi.json
Outcome<http::Reply> GetOpenApi(const Services&, const http::Request&) {
  return JsonReply(200, std::string(kOpenApiDocument));
}

using enum http::Method;
using enum Scope;

constexpr Entry kEntries[] = {
    {kGet, "/healthz", kPublic, GetHealth},
    {kGet, "/openapi.json", kPublic, GetOpenApi},
    {kGet, "/metrics", kRead, GetMetrics},

    {kGet, "/datasets", kRead, GetDatasets},
    {kPost, "/datasets", kAdmin, PostDataset},
    {kGet, "/datasets/{namespace}/{name}", kRead, GetDataset},
    {kGet, "/datasets/{namespace}/{name}/versions", kRead, GetVersions},
    {kGet, "/datasets/{namespace}/{name}/versions/{revision}", kRead, GetVersion},
    {kGet, "/datasets/{namespace}/{name}/versions/{revision}/manifest", kRead, GetManifest},
    {kGet, "/datasets/{namespace}/{name}/versions/{revision}/jobs", kRead, GetVersionJobs},
    {kPost, "/datasets/{namespace}/{name}/versions/{revision}/deploy", kAdmin, PostDeploy},
    {kPost, "/datasets/{namespace}/{name}/versions/{revision}/restore", kAdmin, PostRestoreVersion},
    {kPost, "/datasets/{namespace}/{name}/versions/{revision}/tables/{table}/restore", kAdmin,
     PostRestoreTable},
    {kGet, "/datasets/{namespace}/{name}/versions/{revision}/progress", kRead, GetDatasetProgress},
    {kGet, "/datasets/{namespace}/{name}/versions/{revision}/tables/{table}/progress", kRead,
     GetTableProgress},
    {kGet, "/datasets/{namespace}/{name}/versions/{revision}/sync-progress", kRead,
     GetSyncProgress},

    {kGet, "/revisions", kRead, GetRevisions},
    {kPost, "/revisions", kAdmin, PostRevision},
    {kPost, "/revisions/deactivate", kAdmin, PostDeactivate},
    {kGet, "/revisions/{id}", kRead, GetRevision},
    {kPost, "/revisions/{id}/activate", kAdmin, PostActivate},
    {kPost, "/revisions/{id}/restore", kAdmin, PostRestoreRevision},
    {kDelete, "/revisions/{id}/prune", kAdmin, DeletePrune},
    {kGet, "/files/{file_id}", kRead, GetFile},

    {kGet, "/jobs", kRead, GetJobs},
    {kDelete, "/jobs", kAdmin, DeleteJobs},
    {kGet, "/jobs/{id}", kRead, GetJob},
    {kDelete, "/jobs/{id}", kAdmin, DeleteJob},
    {kGet, "/jobs/{id}/progress", kRead, GetJobProgress},
    {kPut, "/jobs/{id}/stop", kAdmin, PutJobStop},
    {kGet, "/jobs/{id}/events", kRead, GetJobEvents},
    {kGet, "/jobs/{id}/events/{event_id}", kRead, GetJobEvent},
    {kGet, "/workers", kRead, GetWorkers},
    {kGet, "/workers/{id}", kRead, GetWorker},

    {kGet, "/manifests", kRead, GetManifests},
    {kPost, "/manifests", kAdmin, PostManifest},
    {kGet, "/manifests/{hash}", kRead, GetManifestByHash},
    {kGet, "/manifests/{hash}/datasets", kRead, GetManifestDatasets},
    {kGet, "/providers", kRead, GetProviders},
    {kPost, "/providers", kAdmin, PostProvider},
    {kGet, "/providers/{name}", kRead, GetProvider},
    {kDelete, "/providers/{name}", kAdmin, DeleteProvider},

    {kGet, "/networks", kRead, GetNetworks},
    {kGet, "/networks/{network}/head", kRead, GetNetworkHead},
};

Outcome<TrackedReply> Track(Outcome<TrackedReply> outcome) { return outcome; }

Outcome<TrackedReply> Track(Outcome<http::Reply> outcome) {
  if (!outcome) return std::unexpected(std::move(outcome).error());
  return TrackedReply{.reply = *std::move(outcome), .read_from = std::nullopt};
}

TrackedReply Run(const Entry& entry, const Services& services, const http::Request& request) {
  if (entry.scope == kAdmin && services.is_read_only) {
    return {
        .reply = ToReply({403,
                          "READ_ONLY_DATABASE",
                          "this server only reads its database, which another deployment writes: "
                          "send the request to that deployment, or start a server with a database "
                          "of its own",
                          {}},
                         request),
        .read_from = std::nullopt};
  }
  auto outcome =
      std::visit([&](auto handler) { return Track(handler(services, request)); }, entry.handler);
  if (!outcome) outcome = TrackedReply{.reply = ToReply(outcome.error(), request), .read_from = {}};
  http::Reply& reply = outcome->reply;
  if (entry.scope != kAdmin) AllowAnyOrigin(reply);
  if (reply.status == 200 && std::holds_alternative<TrackedHandler>(entry.handler)) {
    AddEntityTag(reply);
  }
  return *std::move(outcome);
}

http::Reply Answer(const Entry& entry, const Services& services, const http::Request& request) {
  const auto compute = [&] { return Run(entry, services, request); };
  const bool is_kept =
      services.answers != nullptr && std::holds_alternative<TrackedHandler>(entry.handler);
  return Condition(request,
                   is_kept ? services.answers->Compute(request, compute) : compute().reply);
}

/// OPTIONS of one path: what it has, and what a page of another origin may do with it. That is to
/// read: until somebody checks who asks, a page that a person happens to visit must not steer jobs.
http::Reply AnswerOptions(const std::string& allow) {
  http::Reply reply{.status = 200, .content_type = {}, .body = {}, .headers = {}};
  reply.headers.push_back({"Allow", allow});
  AllowAnyOrigin(reply);
  reply.headers.push_back({"Access-Control-Allow-Methods", "GET, HEAD"});
  reply.headers.push_back({"Access-Control-Allow-Headers", "*"});
  reply.headers.push_back({"Access-Control-Max-Age", "86400"});
  return reply;
}

}  // namespace

std::string_view ToString(Scope scope) {
  switch (scope) {
    case Scope::kPublic:
      return "public";
    case Scope::kRead:
      return "read";
    case Scope::kAdmin:
      return "admin";
  }
  return "admin";
}

std::span<const Entry> Entries() { return kEntries; }

http::Router MakeRouter(const Services& services) {
  std::vector<http::Route> routes;
  std::map<std::string_view, std::string> methods_of_paths;
  for (const Entry& entry : kEntries) {
    routes.push_back(
        {entry.method, std::string(entry.path), [services, &entry](const http::Request& request) {
           return Counted(Answer(entry, services, request));
         }});
    std::string& methods = methods_of_paths[entry.path];
    methods += entry.method == kGet ? "GET, HEAD" : http::ToString(entry.method);
    methods += ", ";
  }
  for (auto& [path, methods] : methods_of_paths) {
    routes.push_back(
        {kOptions, std::string(path), [allow = methods + "OPTIONS"](const http::Request&) {
           return Counted(AnswerOptions(allow));
         }});
  }
  const auto refuse = [](const http::Request& request, int status, std::string_view message) {
    return Counted(RefusalReply(request, status, message));
  };
  return http::Router(std::move(routes), refuse);
}

}  // namespace tidemark::admin_api
