#include "datasets.h"

#include "json_body.h"
#include "json_reply.h"
#include "path.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::admin_api {
namespace {

using dataset_store::Dataset;
using dataset_store::DatasetVersions;
using dataset_store::Manifest;
using dataset_store::VersionTag;

// The manifest is well-formed, but what it depends on is not there.
constexpr std::string_view kValidationError = "MANIFEST_VALIDATION_ERROR";

/// What POST /datasets asks for.
struct Registration {
  DatasetName dataset;
  std::optional<SemanticVersion> version;
};

void WriteDefinition(const Dataset& dataset, JsonWriter& json) {
  const Manifest& manifest = dataset.manifest;
  json.Field("manifest_hash", dataset.version.manifest_hash.hex);
  json.Field("kind", manifest.kind);
  // A derived dataset starts where those that it reads do; Amp says 0.
  json.Field("start_block", manifest.start_block.value_or(BlockNumber{0}).value);
  json.Field("finalized_blocks_only", manifest.finalized_blocks_only);
  json.Key("tables").BeginArray();
  for (const std::string& table : manifest.tables) json.Value(table);
  json.EndArray();
}

void WriteTextIfPresent(std::string_view name, const std::optional<std::string>& text,
                        JsonWriter& json) {
  if (text) json.Field(name, *text);
}

http::Reply DatasetReply(const Dataset& dataset, std::string_view revision) {
  JsonWriter json;
  json.BeginObject();
  json.Field("namespace", dataset.version.dataset.ns);
  json.Field("name", dataset.version.dataset.name);
  json.Field("revision", revision);
  WriteDefinition(dataset, json);
  json.EndObject();
  return JsonReply(200, std::move(json));
}

Outcome<Registration> ReadRegistration(const JsonBody& body) {
  constexpr FailureCodes kCodes{.failed = "INVALID_PAYLOAD_FORMAT",
                                .invalid_argument = "INVALID_PAYLOAD_FORMAT"};
  TIDEMARK_TRY(const auto ns, body.Text("namespace"));
  TIDEMARK_TRY(const auto name, body.Text("name"));
  TIDEMARK_TRY(const auto version_text, body.OptionalText("version"));
  Registration registration;
  TIDEMARK_TRY(registration.dataset, Translate(MakeDatasetName(ns, name), kCodes));
  if (version_text) {
    TIDEMARK_TRY(registration.version, Translate(SemanticVersion::Parse(*version_text), kCodes));
  }
  return registration;
}

Outcome<Dataset> RegisterStored(dataset_store::DatasetStore& datasets,
                                const Registration& registration, std::string_view hash_text,
                                Deadline deadline) {
  const auto hash = ParseManifestHash(hash_text);
  if (!hash) {
    return MakeProblem(400, "INVALID_MANIFEST",
                       "'manifest' must be a manifest, or the hash of one in 64 hex digits");
  }
  return Translate(
      datasets.RegisterByHash(registration.dataset, *hash, registration.version, deadline),
      {.failed = "MANIFEST_LINKING_ERROR",
       .invalid_argument = kValidationError,
       .not_found = "MANIFEST_NOT_FOUND"});
}

Outcome<Dataset> RegisterNew(dataset_store::DatasetStore& datasets,
                             const Registration& registration,
                             const simdjson::dom::element& manifest_json, Deadline deadline) {
  TIDEMARK_TRY(const auto manifest,
               Translate(dataset_store::ParseManifest(simdjson::minify(manifest_json)),
                         {.failed = "INVALID_MANIFEST", .invalid_argument = "INVALID_MANIFEST"}));
  return Translate(
      datasets.Register(registration.dataset, manifest, registration.version, deadline),
      {.failed = "MANIFEST_REGISTRATION_ERROR", .invalid_argument = kValidationError});
}

}  // namespace

Outcome<Dataset> DatasetInPath(dataset_store::DatasetStore& datasets,
                               const http::Request& request) {
  TIDEMARK_TRY(const auto name, DatasetInPath(request));
  TIDEMARK_TRY(const auto revision, RevisionInPath(request));
  return Translate(datasets.Resolve(name, revision, request.deadline),
                   {.failed = "GET_DATASET_ERROR", .not_found = "DATASET_NOT_FOUND"});
}

Outcome<DatasetVersion> VersionInPath(dataset_store::DatasetStore& datasets,
                                      const http::Request& request) {
  TIDEMARK_TRY(const auto name, DatasetInPath(request));
  TIDEMARK_TRY(const auto revision, RevisionInPath(request));
  return Translate(datasets.ResolveVersion(name, revision, request.deadline),
                   {.failed = "RESOLVE_REVISION_ERROR", .not_found = "DATASET_NOT_FOUND"});
}

Outcome<http::Reply> PostDataset(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto body,
               JsonBody::Parse(request, "INVALID_PAYLOAD_FORMAT", JsonBody::IfEmpty::kRefuse));
  TIDEMARK_TRY(const auto registration, ReadRegistration(body));
  TIDEMARK_TRY(const auto manifest, body.Member("manifest"));
  std::string_view hash_text;
  const bool is_stored = manifest.get(hash_text) == simdjson::SUCCESS;
  TIDEMARK_TRY(const Dataset dataset,
               is_stored
                   ? RegisterStored(services.datasets, registration, hash_text, request.deadline)
                   : RegisterNew(services.datasets, registration, manifest, request.deadline));
  JsonWriter json;
  json.BeginObject();
  json.Field("namespace", registration.dataset.ns);
  json.Field("name", registration.dataset.name);
  if (registration.version) json.Field("version", registration.version->text());
  WriteDefinition(dataset, json);
  json.EndObject();
  return JsonReply(201, std::move(json));
}

Outcome<http::Reply> GetDatasets(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto datasets, Translate(services.datasets.List(request.deadline),
                                              {.failed = "LIST_ALL_DATASETS_ERROR"}));
  JsonWriter json;
  json.BeginObject();
  json.Key("datasets").BeginArray();
  for (const DatasetVersions& dataset : datasets) {
    json.BeginObject();
    json.Field("namespace", dataset.dataset.ns);
    json.Field("name", dataset.dataset.name);
    WriteTextIfPresent("latest_version", dataset.latest, json);
    json.Key("versions").BeginArray();
    for (const VersionTag& tag : dataset.versions) json.Value(tag.version.text());
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> GetVersions(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto name, DatasetInPath(request));
  TIDEMARK_TRY(const auto dataset, Translate(services.datasets.ListVersions(name, request.deadline),
                                             {.failed = "LIST_VERSION_TAGS_ERROR"}));
  JsonWriter json;
  json.BeginObject();
  json.Field("namespace", name.ns);
  json.Field("name", name.name);
  json.Key("versions").BeginArray();
  for (const VersionTag& tag : dataset.versions) {
    json.BeginObject();
    json.Field("version", tag.version.text());
    json.Field("manifest_hash", tag.manifest_hash.hex);
    json.Field("created_at", FormatRfc3339(tag.created_at));
    json.Field("updated_at", FormatRfc3339(tag.updated_at));
    json.EndObject();
  }
  json.EndArray();
  json.Key("special_tags").BeginObject();
  WriteTextIfPresent("latest", dataset.latest, json);
  if (dataset.dev) json.Field("dev", dataset.dev->hex);
  json.EndObject();
  json.EndObject();
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> GetVersion(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto dataset, DatasetInPath(services.datasets, request));
  return DatasetReply(dataset, PathParam(request, "revision"));
}

Outcome<http::Reply> GetDataset(const Services& services, const http::Request& request) {
  constexpr FailureCodes kCodes{.failed = "GET_DATASET_ERROR", .not_found = "DATASET_NOT_FOUND"};
  TIDEMARK_TRY(const auto name, DatasetInPath(request));
  auto latest = services.datasets.Resolve(name, LatestRevision{}, request.deadline);
  if (latest || latest.error().code != ErrorCode::kNotFound) {
    TIDEMARK_TRY(const auto dataset, Translate(std::move(latest), kCodes));
    return DatasetReply(dataset, "latest");
  }
  TIDEMARK_TRY(const auto dataset,
               Translate(services.datasets.Resolve(name, DevRevision{}, request.deadline), kCodes));
  return DatasetReply(dataset, "dev");
}

Outcome<http::Reply> GetManifest(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto name, DatasetInPath(request));
  TIDEMARK_TRY(const auto revision, RevisionInPath(request));
  TIDEMARK_TRY(const auto version,
               Translate(services.datasets.ResolveVersion(name, revision, request.deadline),
                         {.failed = "RESOLVE_REVISION_ERROR", .not_found = "DATASET_NOT_FOUND"}));
  TIDEMARK_TRY(
      auto text,
      Translate(services.datasets.ReadManifestText(version.manifest_hash, request.deadline),
                {.failed = "READ_MANIFEST_ERROR", .not_found = "MANIFEST_NOT_FOUND"}));
  return JsonReply(200, std::move(text));
}

}  // namespace tidemark::admin_api
