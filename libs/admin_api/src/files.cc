#include "files.h"

#include <fmt/format.h>

#include "json_reply.h"
#include "path.h"
#include "stored_json.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/data_store/revisions.h"

namespace tidemark::admin_api {

Outcome<http::Reply> GetFile(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto id, IdInPath(request, "file_id", "INVALID_FILE_ID"));
  TIDEMARK_TRY(const auto file, Translate(services.revisions.GetFile(FileId{id}, request.deadline),
                                          {.failed = "METADATA_DB_ERROR"}));
  if (!file) return MakeProblem(404, "FILE_NOT_FOUND", fmt::format("there is no file {}", id));
  JsonWriter json;
  json.BeginObject();
  json.Field("id", file->id.value);
  json.Field("location_id", file->location_id.value);
  json.Field("file_name", file->file_name);
  json.Field("url", file->url);
  if (file->object_size) json.Field("object_size", *file->object_size);
  if (file->object_e_tag) json.Field("object_e_tag", *file->object_e_tag);
  if (file->object_version) json.Field("object_version", *file->object_version);
  json.Key("metadata");
  if (const auto metadata = MinifyJson(file->metadata)) {
    json.Raw(*metadata);
  } else {
    json.Null();
    json.Field("metadata_text", file->metadata);
  }
  json.EndObject();
  return JsonReply(200, std::move(json));
}

}  // namespace tidemark::admin_api
