#include "revisions.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "json_body.h"
#include "json_reply.h"
#include "path.h"
#include "query.h"
#include "stored_json.h"
#include "table_reference.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/base/text.h"
#include "tidemark/data_store/revisions.h"

namespace tidemark::admin_api {
namespace {

using data_store::RevisionQuery;

constexpr std::size_t kMaxLimit = 10'000;
constexpr std::uint64_t kDelaySeconds = 3'600;
constexpr std::uint64_t kMaxDelaySeconds = 365ULL * 24 * 3'600;

void WriteRevision(const data_store::Revision& revision, JsonWriter& json) {
  json.BeginObject();
  json.Field("id", revision.id.value);
  json.Field("path", revision.path);
  json.Field("active", revision.is_active);
  if (revision.writer) json.Field("writer", revision.writer->value);
  WriteStoredObject("metadata", fmt::format("revision {}", revision.id.value), revision.metadata,
                    json);
  json.EndObject();
}

Outcome<RevisionQuery> ReadQuery(const http::Request& request) {
  RevisionQuery query;
  TIDEMARK_TRY(query.is_active, BoolParam(request, "active"));
  if (const auto text = QueryParam(request, "limit")) {
    const auto limit = ParseDecimal<std::size_t>(*text);
    if (!limit || *limit == 0 || *limit > kMaxLimit) {
      return MakeProblem(400, "INVALID_QUERY_PARAMETERS",
                         fmt::format("limit '{}' is no number from 1 to {}", *text, kMaxLimit));
    }
    query.limit = *limit;
  }
  return query;
}

/// A number of the query; nullopt if it is not there.
Outcome<std::optional<std::uint64_t>> NumberParam(const http::Request& request,
                                                  std::string_view name, std::uint64_t most) {
  const auto text = QueryParam(request, name);
  if (!text) return std::nullopt;
  const auto number = ParseDecimal<std::uint64_t>(*text);
  if (number && *number <= most) return *number;
  return MakeProblem(400, "INVALID_QUERY_PARAMETERS",
                     fmt::format("{} '{}' is no number from 0 to {}", name, *text, most));
}

Outcome<JsonBody> ReadBody(const http::Request& request) {
  return JsonBody::Parse(request, "INVALID_BODY", JsonBody::IfEmpty::kRefuse);
}

}  // namespace

std::unexpected<Problem> NoSuchRevision(LocationId id) {
  return MakeProblem(404, "REVISION_NOT_FOUND", fmt::format("there is no revision {}", id.value));
}

Outcome<http::Reply> GetRevisions(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto query, ReadQuery(request));
  TIDEMARK_TRY(const auto revisions, Translate(services.revisions.List(query, request.deadline),
                                               {.failed = "LIST_ALL_TABLE_REVISIONS_ERROR"}));
  JsonWriter json;
  json.BeginArray();
  for (const data_store::Revision& revision : revisions) WriteRevision(revision, json);
  json.EndArray();
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> GetRevision(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto id, LocationIdInPath(request));
  TIDEMARK_TRY(const auto revision, Translate(services.revisions.Get(id, request.deadline),
                                              {.failed = "GET_REVISION_BY_LOCATION_ID_ERROR"}));
  if (!revision) return NoSuchRevision(id);
  JsonWriter json;
  WriteRevision(*revision, json);
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> PostRevision(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto body, ReadBody(request));
  TIDEMARK_TRY(const auto path, body.Text("path"));
  TIDEMARK_TRY(const auto table, TableInBody(services.datasets, body, request));
  TIDEMARK_TRY(
      const LocationId id,
      Translate(
          services.revisions.Register(table.version, table.table_name, path, request.deadline),
          {.failed = "REGISTER_TABLE_REVISION_ERROR", .invalid_argument = "INVALID_BODY"}));
  JsonWriter json;
  json.BeginObject().Field("location_id", id.value).EndObject();
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> PostActivate(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto id, LocationIdInPath(request));
  TIDEMARK_TRY(const auto body, ReadBody(request));
  TIDEMARK_TRY(const auto table, TableInBody(services.datasets, body, request));
  TIDEMARK_TRY(
      Translate(services.revisions.Activate(table.version, table.table_name, id, request.deadline),
                {.failed = "ACTIVATE_TABLE_REVISION_ERROR", .not_found = "REVISION_NOT_FOUND"}));
  return http::Reply{};
}

Outcome<http::Reply> PostDeactivate(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto body, ReadBody(request));
  TIDEMARK_TRY(const auto table, TableInBody(services.datasets, body, request));
  TIDEMARK_TRY(Translate(
      services.revisions.Deactivate(table.version, table.table_name, request.deadline),
      {.failed = "DEACTIVATE_TABLE_REVISION_ERROR", .not_found = "TABLE_NOT_REGISTERED"}));
  return http::Reply{};
}

Outcome<http::Reply> DeletePrune(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const LocationId id, LocationIdInPath(request));
  TIDEMARK_TRY(const auto before_block,
               NumberParam(request, "before_block", std::numeric_limits<std::uint64_t>::max()));
  TIDEMARK_TRY(const auto delay, NumberParam(request, "gc_delay_secs", kMaxDelaySeconds));
  data_store::PruneQuery query;
  if (before_block) query.before_block = BlockNumber{*before_block};
  const std::uint64_t delay_seconds = delay.value_or(kDelaySeconds);
  query.delay = std::chrono::seconds(delay_seconds);
  TIDEMARK_TRY(const std::uint64_t scheduled,
               Translate(services.revisions.Prune(id, query, request.deadline),
                         {.failed = "PRUNE_ERROR",
                          .not_found = "REVISION_NOT_FOUND",
                          .conflict = "WRITER_JOB_NOT_TERMINAL"}));
  JsonWriter json;
  json.BeginObject();
  json.Field("files_scheduled", scheduled);
  json.Field("gc_delay_secs", delay_seconds);
  json.EndObject();
  return JsonReply(200, std::move(json));
}

}  // namespace tidemark::admin_api
