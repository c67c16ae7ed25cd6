// The API's index.

#include "datasets.h"
#include "deploy.h"
#include "jobs.h"
#include "json_reply.h"
#include "openapi_document.h"
#include "problem.h"
#include "progress.h"
#include "providers.h"
#include "tidemark/admin_api/admin_api.h"

namespace tidemark::admin_api {
namespace {

using Handler = Outcome<http::Reply> (*)(const Services& services, const http::Request& request);

struct Entry {
  http::Method method;
  std::string_view path;
  Handler handler;
};

/// GET /healthz: 200 as soon as the server runs, whatever else does.
Outcome<http::Reply> GetHealth(const Services&, const http::Request&) {
  return JsonReply(200, R"({"status":"ok"})");
}

/// GET /openapi.json
Outcome<http::Reply> GetOpenApi(const Services&, const http::Request&) {
  return JsonReply(200, std::string(kOpenApiDocument));
}

constexpr http::Method kGet = http::Method::kGet;
constexpr http::Method kPost = http::Method::kPost;
constexpr http::Method kPut = http::Method::kPut;

constexpr Entry kEntries[] = {
    {kGet, "/healthz", GetHealth},
    {kGet, "/openapi.json", GetOpenApi},

    {kGet, "/datasets", GetDatasets},
    {kPost, "/datasets", PostDataset},
    {kGet, "/datasets/{namespace}/{name}/versions", GetVersions},
    {kGet, "/datasets/{namespace}/{name}/versions/{revision}", GetVersion},
    {kGet, "/datasets/{namespace}/{name}/versions/{revision}/manifest", GetManifest},
    {kPost, "/datasets/{namespace}/{name}/versions/{revision}/deploy", PostDeploy},
    {kGet, "/datasets/{namespace}/{name}/versions/{revision}/progress", GetDatasetProgress},
    {kGet, "/datasets/{namespace}/{name}/versions/{revision}/tables/{table}/progress",
     GetTableProgress},

    {kGet, "/jobs", GetJobs},
    {kGet, "/jobs/{id}", GetJob},
    {kPut, "/jobs/{id}/stop", PutJobStop},
    {kGet, "/workers", GetWorkers},

    {kGet, "/providers", GetProviders},
    {kPost, "/providers", PostProvider},
};

}  // namespace

http::Router MakeRouter(const Services& services) {
  std::vector<http::Route> routes;
  for (const Entry& entry : kEntries) {
    const auto run = [services, handler = entry.handler](const http::Request& request) {
      auto outcome = handler(services, request);
      return outcome ? *std::move(outcome) : ToReply(outcome.error(), request);
    };
    routes.push_back({entry.method, std::string(entry.path), run});
  }
  return http::Router(std::move(routes), RefusalReply);
}

}  // namespace tidemark::admin_api
