#include <algorithm>
#include <span>

#include "manifest_kinds.h"

namespace tidemark::dataset_store {
namespace {

// The extractor decides which tables a raw dataset has, and in which order they are shown.
constexpr std::string_view kEvmRpcTables[] = {"blocks", "transactions", "logs"};
constexpr std::string_view kFirehoseTables[] = {"blocks", "transactions", "calls", "logs"};
constexpr std::string_view kSolanaTables[] = {"block_headers", "block_rewards", "transactions",
                                              "messages", "instructions"};

struct RawKind {
  std::string_view kind;
  std::span<const std::string_view> tables;
};
constexpr RawKind kRawKinds[] = {
    {"evm-rpc", kEvmRpcTables}, {"firehose", kFirehoseTables}, {"solana", kSolanaTables}};

Result<std::string_view> ReadNetwork(const JsonValue& owner) {
  TIDEMARK_TRY(const auto network, owner.Member("network"));
  TIDEMARK_TRY(const auto text, network.Text());
  if (text.empty()) return network.MustBe("not empty");
  return text;
}

Status WriteTables(const JsonValue& document, JsonWriter& json) {
  TIDEMARK_TRY(const auto object, document.OptionalMember("tables"));
  TIDEMARK_TRY(const auto tables, MembersOf(object));
  json.Key("tables").BeginObject();
  for (const JsonValue& table : tables) {
    if (!IsTableName(table.name())) return table.MustBe("called like a table");
    json.Key(table.name()).BeginObject();
    TIDEMARK_TRY(WriteSchema(table, json));
    TIDEMARK_TRY(const auto network, ReadNetwork(table));
    json.Field("network", network);
    json.EndObject();
  }
  json.EndObject();
  return {};
}

}  // namespace

Status ReadRawManifest(const JsonValue& document, Manifest& manifest, JsonWriter& json) {
  TIDEMARK_TRY(manifest.network, ReadNetwork(document));
  manifest.start_block = BlockNumber{0};
  TIDEMARK_TRY(const auto start_block, document.OptionalMember("start_block"));
  if (start_block) {
    TIDEMARK_TRY(manifest.start_block->value, start_block->Unsigned());
  }
  TIDEMARK_TRY(const auto finalized, document.OptionalMember("finalized_blocks_only"));
  if (finalized) {
    TIDEMARK_TRY(manifest.finalized_blocks_only, finalized->Bool());
  }
  json.Field("network", manifest.network);
  json.Field("start_block", manifest.start_block->value);
  json.Field("finalized_blocks_only", manifest.finalized_blocks_only);
  TIDEMARK_TRY(WriteTables(document, json));

  const auto* const found = std::ranges::find(kRawKinds, manifest.kind, &RawKind::kind);
  if (found == std::end(kRawKinds)) {
    return MakeError(ErrorCode::kInternal, "'" + manifest.kind + "' is no kind of raw dataset");
  }
  manifest.tables.assign(found->tables.begin(), found->tables.end());
  return {};
}

}  // namespace tidemark::dataset_store
