#include "restore.h"

#include <chrono>
#include <string>
#include <utility>

#include "datasets.h"
#include "json_body.h"
#include "json_reply.h"
#include "path.h"
#include "table_reference.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/data_store/revisions.h"

namespace tidemark::admin_api {
namespace {

using data_store::RestoredFiles;
using data_store::RestoredTable;

/// Footers are read one by one, from a store that may be far away: longer than other requests get.
Deadline RestoreDeadline(const http::Request& request) {
  constexpr std::chrono::seconds kRestoreTime{60};
  if (request.deadline.is_never()) return request.deadline;
  return Deadline::At(request.deadline.time() + kRestoreTime);
}

void WriteFiles(const RestoredFiles& files, JsonWriter& json) {
  json.Field("total_files", files.total_files);
  json.Field("added_files", files.added_files);
  json.Field("unreadable_count", files.unreadable_count);
  json.Key("unreadable").BeginArray();
  for (const data_store::UnreadableFile& file : files.unreadable) {
    json.BeginObject();
    json.Field("path", file.path);
    json.Field("reason", file.reason);
    json.EndObject();
  }
  json.EndArray();
}

void WriteTable(std::string_view name, const RestoredTable& table, JsonWriter& json) {
  json.BeginObject();
  json.Field("table_name", name);
  json.Field("location_id", table.location_id.value);
  json.Field("url", table.url);
  WriteFiles(table.files, json);
  json.EndObject();
}

}  // namespace

Outcome<http::Reply> PostRestoreRevision(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const LocationId id, LocationIdInPath(request));
  TIDEMARK_TRY(const auto files,
               Translate(services.revisions.RestoreFiles(id, RestoreDeadline(request)),
                         {.failed = "REGISTER_FILES_ERROR", .not_found = "REVISION_NOT_FOUND"}));
  JsonWriter json;
  json.BeginObject();
  WriteFiles(files, json);
  json.EndObject();
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> PostRestoreVersion(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto dataset, DatasetInPath(services.datasets, request));
  const Deadline deadline = RestoreDeadline(request);
  JsonWriter json;
  json.BeginObject();
  json.Key("tables").BeginArray();
  for (const std::string& table : dataset.manifest.tables) {
    TIDEMARK_TRY(
        const auto restored,
        Translate(services.revisions.RestoreTable(dataset.version, table, std::nullopt, deadline),
                  {.failed = "RESTORE_TABLE_REVISION_ERROR", .not_found = "TABLE_NOT_FOUND"}));
    WriteTable(table, restored, json);
  }
  json.EndArray();
  json.EndObject();
  return JsonReply(202, std::move(json));
}

Outcome<http::Reply> PostRestoreTable(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto body,
               JsonBody::Parse(request, "INVALID_BODY", JsonBody::IfEmpty::kNoMembers));
  TIDEMARK_TRY(const auto location_id, body.OptionalId("location_id"));
  TIDEMARK_TRY(const auto table, TableInPath(request));
  TIDEMARK_TRY(const auto dataset, DatasetInPath(services.datasets, request));
  TIDEMARK_TRY(CheckHasTable(dataset, table));
  std::optional<LocationId> revision;
  if (location_id) revision = LocationId{*location_id};
  TIDEMARK_TRY(const auto restored,
               Translate(services.revisions.RestoreTable(dataset.version, table, revision,
                                                         RestoreDeadline(request)),
                         {.failed = "RESTORE_TABLE_REVISION_ERROR",
                          .not_found = revision ? "REVISION_NOT_FOUND" : "TABLE_NOT_FOUND"}));
  JsonWriter json;
  WriteTable(table, restored, json);
  return JsonReply(200, std::move(json));
}

}  // namespace tidemark::admin_api
