#include <algorithm>

#include <fmt/format.h>

#include "arrow_type.h"
#include "manifest_kinds.h"
#include "sql_tables.h"
#include "table_order.h"

namespace tidemark::dataset_store {
namespace {

// How a table's SQL calls the dataset that it belongs to.
constexpr std::string_view kSelf = "self";

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsWordCharacter(char c) { return IsLetter(c) || (c >= '0' && c <= '9') || c == '_'; }

bool IsAlias(std::string_view text) {
  return !text.empty() && IsLetter(text.front()) && std::ranges::all_of(text, IsWordCharacter);
}

bool IsFunctionName(std::string_view text) {
  constexpr std::size_t kLongest = 255;
  return !text.empty() && text.size() <= kLongest &&
         (IsLetter(text.front()) || text.front() == '_') &&
         std::ranges::all_of(text, [](char c) { return IsWordCharacter(c) || c == '$'; });
}

Result<DatasetReference> ReadReference(const JsonValue& value) {
  constexpr std::string_view kExpected =
      "namespace/name@revision, where the revision is a version like 1.2.0 or a manifest hash";
  TIDEMARK_TRY(const auto text, value.Text());
  auto reference = ParseDatasetReference(text);
  if (!reference || !text.contains('/') || !text.contains('@')) return value.MustBe(kExpected);
  // A tag can be moved; what a derived dataset reads must not change under its hash.
  if (reference->revision == "latest" || reference->revision == "dev") {
    return value.MustBe(kExpected);
  }
  return *std::move(reference);
}

Status ReadDependencies(const JsonValue& document, Manifest& manifest, JsonWriter& json) {
  TIDEMARK_TRY(const auto object, document.OptionalMember("dependencies"));
  TIDEMARK_TRY(const auto members, MembersOf(object));
  json.Key("dependencies").BeginObject();
  for (const JsonValue& member : members) {
    if (!IsAlias(member.name())) {
      return member.MustBe("called by an alias: a letter, then letters, digits and _");
    }
    if (member.name() == kSelf)
      return member.MustBe("called otherwise: self is the dataset itself");
    TIDEMARK_TRY(auto reference, ReadReference(member));
    TIDEMARK_TRY(const auto text, member.Text());
    json.Field(member.name(), text);
    manifest.dependencies.push_back(
        {.alias = std::string(member.name()), .reference = std::move(reference)});
  }
  json.EndObject();
  return {};
}

Result<std::string_view> WriteTable(const JsonValue& table, JsonWriter& json) {
  TIDEMARK_TRY(const auto input, table.Member("input"));
  TIDEMARK_TRY(const auto sql, input.Member("sql"));
  TIDEMARK_TRY(const auto sql_text, sql.MultilineText());
  if (sql_text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return sql.MustBe("not empty");
  }
  json.BeginObject();
  json.Key("input").BeginObject().Field("sql", sql_text).EndObject();
  TIDEMARK_TRY(const auto columns, WriteSchema(table, json));
  TIDEMARK_TRY(CheckColumnNames(table, columns));
  json.EndObject();
  return sql_text;
}

/// The places of the dataset's own tables that one of them reads.
Result<std::vector<std::size_t>> FindReads(const JsonValue& table, std::string_view sql,
                                           const std::vector<JsonValue>& tables) {
  std::vector<std::size_t> reads;
  for (const SqlTableName& named : FindTableNames(sql)) {
    if (!named.qualifier.Means(kSelf)) continue;
    // Names that differ by case alone are two tables: the exact one goes first.
    auto found = std::ranges::find(tables, named.name.text, &JsonValue::name);
    if (found == tables.end()) {
      found = std::ranges::find_if(
          tables, [&](const JsonValue& other) { return named.name.Means(other.name()); });
    }
    if (found != tables.end()) {
      reads.push_back(static_cast<std::size_t>(found - tables.begin()));
    } else if (named.is_read_from) {
      return table.MustBe(
          fmt::format("a table whose SQL reads tables that are there: there is no "
                      "self.{}",
                      named.name.text.substr(0, 80)));
    }
  }
  std::ranges::sort(reads);
  const auto repeats = std::ranges::unique(reads);
  reads.erase(repeats.begin(), repeats.end());
  return reads;
}

Status ReadTables(const JsonValue& document, Manifest& manifest, JsonWriter& json) {
  TIDEMARK_TRY(const auto object, document.OptionalMember("tables"));
  TIDEMARK_TRY(const auto tables, MembersOf(object));
  std::vector<TableNode> nodes;
  json.Key("tables").BeginObject();
  for (const JsonValue& table : tables) {
    if (!IsTableName(table.name())) return table.MustBe("called like a table");
    json.Key(table.name());
    TIDEMARK_TRY(const auto sql, WriteTable(table, json));
    TIDEMARK_TRY(auto reads, FindReads(table, sql, tables));
    nodes.push_back({.name = std::string(table.name()), .reads = std::move(reads)});
  }
  json.EndObject();
  TIDEMARK_TRY(manifest.tables, OrderTables(nodes));
  return {};
}

Status WriteFunction(const JsonValue& function, JsonWriter& json) {
  TIDEMARK_TRY(const auto input_types, function.Member("inputTypes"));
  TIDEMARK_TRY(const auto types, input_types.Elements());
  TIDEMARK_TRY(const auto output_type, function.Member("outputType"));
  TIDEMARK_TRY(const auto source, function.Member("source"));
  TIDEMARK_TRY(const auto code, source.Member("source"));
  TIDEMARK_TRY(const auto code_text, code.MultilineText());
  TIDEMARK_TRY(const auto filename, source.Member("filename"));
  TIDEMARK_TRY(const auto filename_text, filename.Text());
  json.BeginObject();
  json.Key("inputTypes").BeginArray();
  for (const JsonValue& type : types) TIDEMARK_TRY(WriteArrowType(type, json));
  json.EndArray();
  json.Key("outputType");
  TIDEMARK_TRY(WriteArrowType(output_type, json));
  json.Key("source").BeginObject();
  json.Field("source", code_text).Field("filename", filename_text);
  json.EndObject();
  json.EndObject();
  return {};
}

Status WriteFunctions(const JsonValue& document, JsonWriter& json) {
  TIDEMARK_TRY(const auto object, document.OptionalMember("functions"));
  TIDEMARK_TRY(const auto functions, MembersOf(object));
  json.Key("functions").BeginObject();
  for (const JsonValue& function : functions) {
    if (!IsFunctionName(function.name())) {
      return function.MustBe(
          "called like a function: a letter or _, then letters, digits, _ and $");
    }
    json.Key(function.name());
    TIDEMARK_TRY(WriteFunction(function, json));
  }
  json.EndObject();
  return {};
}

}  // namespace

Status ReadDerivedManifest(const JsonValue& document, Manifest& manifest, JsonWriter& json) {
  manifest.origin = Origin::kDatasets;
  TIDEMARK_TRY(ReadDependencies(document, manifest, json));
  TIDEMARK_TRY(ReadTables(document, manifest, json));
  return WriteFunctions(document, json);
}

}  // namespace tidemark::dataset_store
