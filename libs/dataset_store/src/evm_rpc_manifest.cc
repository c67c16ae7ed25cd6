#include "tidemark/dataset_store/evm_rpc_manifest.h"

#include <span>
#include <string_view>

#include "tidemark/base/json_writer.h"

namespace tidemark::dataset_store {
namespace {

enum class Nullable : bool { kNo, kYes };

struct Column {
  std::string_view name;
  std::string_view type;  // JSON, as manifests spell Arrow types.
  Nullable nullable = Nullable::kNo;
};

constexpr std::string_view kU64 = R"("UInt64")";
constexpr std::string_view kU32 = R"("UInt32")";
constexpr std::string_view kI32 = R"("Int32")";
constexpr std::string_view kBool = R"("Boolean")";
constexpr std::string_view kText = R"("Utf8")";
constexpr std::string_view kBinary = R"("Binary")";
constexpr std::string_view kBytes20 = R"({"FixedSizeBinary":20})";
constexpr std::string_view kBytes32 = R"({"FixedSizeBinary":32})";
constexpr std::string_view kDecimal = R"({"Decimal128":[38,0]})";
constexpr std::string_view kTime = R"({"Timestamp":["Nanosecond","+00:00"]})";
constexpr std::string_view kHashes =
    R"({"List":{"name":"item","data_type":{"FixedSizeBinary":32},"nullable":false}})";
constexpr std::string_view kAccessList =
    R"({"List":{"name":"item","data_type":{"Struct":[)"
    R"({"name":"address","data_type":{"FixedSizeBinary":20},"nullable":false},)"
    R"({"name":"storage_keys","data_type":{"List":{"name":"item","data_type":{"FixedSizeBinary":32},)"
    R"("nullable":false}},"nullable":false}]},"nullable":false}})";
constexpr std::string_view kAuthorizationList =
    R"({"List":{"name":"item","data_type":{"Struct":[)"
    R"({"name":"chain_id","data_type":"UInt64","nullable":false},)"
    R"({"name":"address","data_type":{"FixedSizeBinary":20},"nullable":false},)"
    R"({"name":"nonce","data_type":"UInt64","nullable":false},)"
    R"({"name":"y_parity","data_type":"Boolean","nullable":false},)"
    R"({"name":"r","data_type":{"FixedSizeBinary":32},"nullable":false},)"
    R"({"name":"s","data_type":{"FixedSizeBinary":32},"nullable":false}]},"nullable":false}})";

// Without the special column _block_num, which a manifest may leave out.
constexpr Column kBlocks[] = {
    {"block_num", kU64},
    {"timestamp", kTime},
    {"hash", kBytes32},
    {"parent_hash", kBytes32},
    {"ommers_hash", kBytes32},
    {"miner", kBytes20},
    {"state_root", kBytes32},
    {"transactions_root", kBytes32},
    {"receipt_root", kBytes32},
    {"logs_bloom", kBinary},
    {"difficulty", kDecimal},
    {"total_difficulty", kDecimal, Nullable::kYes},
    {"gas_limit", kU64},
    {"gas_used", kU64},
    {"extra_data", kBinary},
    {"mix_hash", kBytes32},
    {"nonce", kU64},
    {"base_fee_per_gas", kDecimal, Nullable::kYes},
    {"withdrawals_root", kBytes32, Nullable::kYes},
    {"blob_gas_used", kU64, Nullable::kYes},
    {"excess_blob_gas", kU64, Nullable::kYes},
    {"parent_beacon_root", kBytes32, Nullable::kYes},
    {"requests_hash", kBytes32, Nullable::kYes},
};

constexpr Column kTransactions[] = {
    {"block_hash", kBytes32},
    {"block_num", kU64},
    {"timestamp", kTime},
    {"tx_index", kU32},
    {"tx_hash", kBytes32},
    {"to", kBytes20, Nullable::kYes},
    {"nonce", kU64},
    {"gas_price", kDecimal, Nullable::kYes},
    {"gas_limit", kU64},
    {"value", kText},
    {"input", kBinary},
    {"r", kBytes32},
    {"s", kBytes32},
    {"v_parity", kBool},
    {"chain_id", kU64, Nullable::kYes},
    {"gas_used", kU64},
    {"type", kI32},
    {"max_fee_per_gas", kDecimal, Nullable::kYes},
    {"max_priority_fee_per_gas", kDecimal, Nullable::kYes},
    {"max_fee_per_blob_gas", kDecimal, Nullable::kYes},
    {"from", kBytes20},
    {"status", kBool},
    {"state_root", kBytes32, Nullable::kYes},
    {"access_list", kAccessList, Nullable::kYes},
    {"blob_versioned_hashes", kHashes, Nullable::kYes},
    {"authorization_list", kAuthorizationList, Nullable::kYes},
};

constexpr Column kLogs[] = {
    {"block_hash", kBytes32},
    {"block_num", kU64},
    {"timestamp", kTime},
    {"tx_hash", kBytes32},
    {"tx_index", kU32},
    {"log_index", kU32},
    {"address", kBytes20},
    {"topic0", kBytes32, Nullable::kYes},
    {"topic1", kBytes32, Nullable::kYes},
    {"topic2", kBytes32, Nullable::kYes},
    {"topic3", kBytes32, Nullable::kYes},
    {"data", kBinary},
};

void WriteTable(JsonWriter& json, std::string_view name, std::span<const Column> columns,
                std::string_view network) {
  json.Key(name).BeginObject();
  json.Key("schema").BeginObject().Key("arrow").BeginObject().Key("fields").BeginArray();
  for (const Column& column : columns) {
    json.BeginObject();
    json.Field("name", column.name).Key("type").Raw(column.type);
    json.Field("nullable", column.nullable == Nullable::kYes);
    json.EndObject();
  }
  json.EndArray().EndObject().EndObject();
  json.Field("network", network);
  json.EndObject();
}

}  // namespace

Result<Manifest> MakeEvmRpcManifest(const EvmRpcManifestOptions& options) {
  JsonWriter json;
  json.BeginObject();
  json.Field("kind", "evm-rpc").Field("network", options.network);
  json.Field("start_block", options.start_block.value);
  json.Field("finalized_blocks_only", options.finalized_blocks_only);
  json.Key("tables").BeginObject();
  WriteTable(json, "blocks", kBlocks, options.network);
  WriteTable(json, "transactions", kTransactions, options.network);
  WriteTable(json, "logs", kLogs, options.network);
  json.EndObject().EndObject();
  return ParseManifest(json.text());
}

}  // namespace tidemark::dataset_store
