#include <set>

#include <fmt/format.h>

#include "arrow_type.h"
#include "manifest_kinds.h"

namespace tidemark::dataset_store {
namespace {

Result<std::string_view> WriteColumn(const JsonValue& column, JsonWriter& json) {
  TIDEMARK_TRY(const auto name, column.Member("name"));
  TIDEMARK_TRY(const auto name_text, name.Text());
  TIDEMARK_TRY(const auto type, column.Member("type"));
  TIDEMARK_TRY(const auto nullable, column.Member("nullable"));
  TIDEMARK_TRY(const auto is_nullable, nullable.Bool());
  json.BeginObject();
  json.Field("name", name_text);
  json.Key("type");
  TIDEMARK_TRY(WriteArrowType(type, json));
  json.Field("nullable", is_nullable);
  json.EndObject();
  return name_text;
}

}  // namespace

Result<std::vector<JsonValue>> MembersOf(const std::optional<JsonValue>& object) {
  if (!object) return std::vector<JsonValue>();
  return object->Members();
}

Result<std::vector<std::string_view>> WriteSchema(const JsonValue& table, JsonWriter& json) {
  TIDEMARK_TRY(const auto schema, table.Member("schema"));
  TIDEMARK_TRY(const auto arrow, schema.Member("arrow"));
  TIDEMARK_TRY(const auto fields, arrow.Member("fields"));
  TIDEMARK_TRY(const auto columns, fields.Elements());
  std::vector<std::string_view> names;
  names.reserve(columns.size());
  json.Key("schema").BeginObject().Key("arrow").BeginObject().Key("fields").BeginArray();
  for (const JsonValue& column : columns) {
    TIDEMARK_TRY(const auto name, WriteColumn(column, json));
    names.push_back(name);
  }
  json.EndArray().EndObject().EndObject();
  return names;
}

Status CheckColumnNames(const JsonValue& table, const std::vector<std::string_view>& columns) {
  std::set<std::string_view> seen;
  for (const std::string_view name : columns) {
    if (name.empty()) return table.MustBe("a table whose columns all have names");
    if (!seen.insert(name).second) {
      return table.MustBe(
          fmt::format("a table without two columns called '{}'", name.substr(0, 80)));
    }
  }
  return {};
}

}  // namespace tidemark::dataset_store
