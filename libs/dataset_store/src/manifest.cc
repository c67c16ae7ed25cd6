#include "tidemark/dataset_store/manifest.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "arrow_type.h"
#include "json_value.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::dataset_store {
namespace {

constexpr std::string_view kEvmRpc = "evm-rpc";
// The extractor decides which tables an evm-rpc dataset has, and in which order they are shown.
constexpr std::string_view kEvmRpcTables[] = {"blocks", "transactions", "logs"};

// Deeper than any table's type; shallow enough for the recursion over it.
constexpr std::size_t kMaxDepth = 128;

Status CheckSize(std::string_view json) {
  if (json.size() <= kMaxManifestBytes) return {};
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("a manifest may have {} bytes, this one has {}", kMaxManifestBytes, json.size()));
}

Result<simdjson::dom::element> ParseDocument(simdjson::dom::parser& parser, std::string_view json) {
  TIDEMARK_TRY(CheckSize(json));
  simdjson::error_code error = parser.allocate(json.size(), kMaxDepth);
  simdjson::dom::element root;
  if (error == simdjson::SUCCESS) error = parser.parse(json.data(), json.size()).get(root);
  if (error != simdjson::SUCCESS) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("not valid JSON: {}", simdjson::error_message(error)));
  }
  return root;
}

Result<std::string_view> ReadNetwork(const JsonValue& owner) {
  TIDEMARK_TRY(const auto network, owner.Member("network"));
  TIDEMARK_TRY(const auto text, network.Text());
  if (text.empty()) return network.MustBe("not empty");
  return text;
}

Status WriteColumn(const JsonValue& column, JsonWriter& json) {
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
  return {};
}

Status WriteTable(const JsonValue& table, JsonWriter& json) {
  TIDEMARK_TRY(const auto schema, table.Member("schema"));
  TIDEMARK_TRY(const auto arrow, schema.Member("arrow"));
  TIDEMARK_TRY(const auto fields, arrow.Member("fields"));
  TIDEMARK_TRY(const auto columns, fields.Elements());
  TIDEMARK_TRY(const auto network, ReadNetwork(table));
  json.BeginObject();
  json.Key("schema").BeginObject().Key("arrow").BeginObject().Key("fields").BeginArray();
  for (const JsonValue& column : columns) TIDEMARK_TRY(WriteColumn(column, json));
  json.EndArray().EndObject().EndObject();
  json.Field("network", network);
  json.EndObject();
  return {};
}

Status WriteTables(const std::optional<JsonValue>& tables, JsonWriter& json) {
  json.Key("tables").BeginObject();
  if (tables) {
    TIDEMARK_TRY(const auto members, tables->Members());
    for (const JsonValue& table : members) {
      if (!IsTableName(table.name())) return table.MustBe("called like a table");
      json.Key(table.name());
      TIDEMARK_TRY(WriteTable(table, json));
    }
  }
  json.EndObject();
  return {};
}

}  // namespace

Result<Manifest> ParseManifest(std::string_view json) {
  simdjson::dom::parser parser;
  TIDEMARK_TRY(const auto root, ParseDocument(parser, json));
  const JsonValue document(root);

  Manifest manifest;
  TIDEMARK_TRY(const auto kind, document.Member("kind"));
  TIDEMARK_TRY(manifest.kind, kind.Text());
  if (manifest.kind != kEvmRpc) return kind.MustBe("evm-rpc, the one kind that is supported");
  TIDEMARK_TRY(manifest.network, ReadNetwork(document));
  TIDEMARK_TRY(const auto start_block, document.OptionalMember("start_block"));
  if (start_block) {
    TIDEMARK_TRY(manifest.start_block.value, start_block->Unsigned());
  }
  TIDEMARK_TRY(const auto finalized, document.OptionalMember("finalized_blocks_only"));
  if (finalized) {
    TIDEMARK_TRY(manifest.finalized_blocks_only, finalized->Bool());
  }
  TIDEMARK_TRY(const auto tables, document.OptionalMember("tables"));

  // The hash depends on the order of the members.
  JsonWriter canonical;
  canonical.BeginObject();
  canonical.Field("kind", manifest.kind);
  canonical.Field("network", manifest.network);
  canonical.Field("start_block", manifest.start_block.value);
  canonical.Field("finalized_blocks_only", manifest.finalized_blocks_only);
  TIDEMARK_TRY(WriteTables(tables, canonical));
  canonical.EndObject();
  // Its defaults may have made it longer than what was read.
  TIDEMARK_TRY(CheckSize(canonical.text()));

  manifest.tables.assign(std::begin(kEvmRpcTables), std::end(kEvmRpcTables));
  manifest.canonical_json = std::move(canonical).Take();
  manifest.hash = HashManifest(manifest.canonical_json);
  return manifest;
}

}  // namespace tidemark::dataset_store
