#include <algorithm>

#include "manifest_kinds.h"

namespace tidemark::dataset_store {
namespace {

Status WriteSortedBy(const JsonValue& table, const std::vector<std::string_view>& columns,
                     JsonWriter& json) {
  TIDEMARK_TRY(const auto sorted_by, table.OptionalMember("sorted_by"));
  if (!sorted_by || sorted_by->is_null()) return {};
  TIDEMARK_TRY(const auto elements, sorted_by->Elements());
  json.Key("sorted_by").BeginArray();
  for (const JsonValue& element : elements) {
    TIDEMARK_TRY(const auto column, element.Text());
    if (std::ranges::find(columns, column) == columns.end()) {
      return element.MustBe("a column of the table's schema");
    }
    json.Value(column);
  }
  json.EndArray();
  return {};
}

Status WriteTable(const JsonValue& table, JsonWriter& json) {
  TIDEMARK_TRY(const auto path, table.Member("path"));
  TIDEMARK_TRY(const auto path_text, path.Text());
  if (path_text.empty()) return path.MustBe("not empty");
  TIDEMARK_TRY(const auto format, table.Member("format"));
  TIDEMARK_TRY(const auto format_text, format.Text());
  if (format_text != "csv") return format.MustBe("csv, the one format that there is");
  TIDEMARK_TRY(const auto has_header, table.Member("has_header"));
  TIDEMARK_TRY(const bool header, has_header.Bool());
  json.BeginObject();
  json.Field("path", path_text).Field("format", format_text).Field("has_header", header);
  TIDEMARK_TRY(const auto columns, WriteSchema(table, json));
  TIDEMARK_TRY(CheckColumnNames(table, columns));
  TIDEMARK_TRY(WriteSortedBy(table, columns, json));
  json.EndObject();
  return {};
}

}  // namespace

Status ReadStaticManifest(const JsonValue& document, Manifest& manifest, JsonWriter& json) {
  manifest.origin = Origin::kFiles;
  TIDEMARK_TRY(const auto object, document.OptionalMember("tables"));
  TIDEMARK_TRY(const auto tables, MembersOf(object));
  json.Key("tables").BeginObject();
  for (const JsonValue& table : tables) {
    if (!IsTableName(table.name())) return table.MustBe("called like a table");
    json.Key(table.name());
    TIDEMARK_TRY(WriteTable(table, json));
    manifest.tables.emplace_back(table.name());
  }
  json.EndObject();
  return {};
}

}  // namespace tidemark::dataset_store
