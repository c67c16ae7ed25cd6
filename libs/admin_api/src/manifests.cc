#include "manifests.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "json_body.h"
#include "json_reply.h"
#include "path.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/dataset_store/dataset_store.h"

namespace tidemark::admin_api {
namespace {

using dataset_store::ManifestInfo;
using dataset_store::ManifestTag;

constexpr std::string_view kNotFound = "MANIFEST_NOT_FOUND";
constexpr std::string_view kInvalid = "INVALID_MANIFEST";

Outcome<ManifestHash> HashInPath(const http::Request& request) {
  const std::string_view text = PathParam(request, "hash");
  auto hash = ParseManifestHash(text);
  if (!hash) {
    return MakeProblem(400, "INVALID_HASH",
                       fmt::format("'{}' is no manifest hash: use 64 hex digits", text));
  }
  return *std::move(hash);
}

/// The text of the manifest in the body.
Outcome<std::string> ManifestInBody(const JsonBody& body) {
  TIDEMARK_TRY(const auto wrapped, body.OptionalMember("manifest"));
  return simdjson::minify(wrapped ? *wrapped : body.root());
}

}  // namespace

Outcome<http::Reply> GetManifests(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto manifests, Translate(services.datasets.ListManifests(request.deadline),
                                               {.failed = "LIST_ALL_MANIFESTS_ERROR"}));
  JsonWriter json;
  json.BeginObject();
  json.Key("manifests").BeginArray();
  for (const ManifestInfo& manifest : manifests) {
    json.BeginObject();
    json.Field("hash", manifest.hash.hex);
    json.Field("kind", manifest.kind);
    json.Field("dataset_count", manifest.dataset_count);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> PostManifest(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto body,
               JsonBody::Parse(request, "INVALID_PAYLOAD_FORMAT", JsonBody::IfEmpty::kRefuse));
  TIDEMARK_TRY(const auto text, ManifestInBody(body));
  TIDEMARK_TRY(const auto manifest, Translate(dataset_store::ParseManifest(text),
                                              {.failed = kInvalid, .invalid_argument = kInvalid}));
  TIDEMARK_TRY(Translate(services.datasets.RegisterManifest(manifest, request.deadline),
                         {.failed = "MANIFEST_REGISTRATION_ERROR"}));
  JsonWriter json;
  json.BeginObject().Field("hash", manifest.hash.hex).EndObject();
  return JsonReply(201, std::move(json));
}

Outcome<http::Reply> GetManifestByHash(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto hash, HashInPath(request));
  TIDEMARK_TRY(auto manifest, Translate(services.datasets.LoadManifest(hash, request.deadline),
                                        {.failed = "READ_MANIFEST_ERROR", .not_found = kNotFound}));
  return JsonReply(200, std::move(manifest.canonical_json));
}

Outcome<http::Reply> GetManifestDatasets(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto hash, HashInPath(request));
  TIDEMARK_TRY(const auto tags,
               Translate(services.datasets.ListTagsOfManifest(hash, request.deadline),
                         {.failed = "LIST_DATASETS_ERROR", .not_found = kNotFound}));
  JsonWriter json;
  json.BeginObject();
  json.Field("hash", hash.hex);
  json.Key("datasets").BeginArray();
  for (const ManifestTag& tag : tags) {
    json.BeginObject();
    json.Field("namespace", tag.dataset.ns);
    json.Field("name", tag.dataset.name);
    json.Field("version", tag.version);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return JsonReply(200, std::move(json));
}

}  // namespace tidemark::admin_api
