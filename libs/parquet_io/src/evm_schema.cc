#include "evm_schema.h"

#include <string>
#include <vector>

#include <arrow/type.h>

namespace tidemark::parquet_io {
namespace {

using Type = std::shared_ptr<arrow::DataType>;
using Field = std::shared_ptr<arrow::Field>;

Field Required(std::string name, Type type) {
  return arrow::field(std::move(name), std::move(type), /*nullable=*/false);
}
Field Nullable(std::string name, Type type) {
  return arrow::field(std::move(name), std::move(type));
}

Type U64() { return arrow::uint64(); }
Type U32() { return arrow::uint32(); }
Type Bytes20() { return arrow::fixed_size_binary(20); }
Type Bytes32() { return arrow::fixed_size_binary(32); }
Type Decimal() { return arrow::decimal128(38, 0); }
// The zone is part of the type: "UTC" would be another one.
Type Time() { return arrow::timestamp(arrow::TimeUnit::NANO, "+00:00"); }
Type ListOf(Type item) { return arrow::list(Required("item", std::move(item))); }

std::shared_ptr<arrow::Schema> Blocks() {
  return arrow::schema({
      Required("_block_num", U64()),
      Required("block_num", U64()),
      Required("timestamp", Time()),
      Required("hash", Bytes32()),
      Required("parent_hash", Bytes32()),
      Required("ommers_hash", Bytes32()),
      Required("miner", Bytes20()),
      Required("state_root", Bytes32()),
      Required("transactions_root", Bytes32()),
      Required("receipt_root", Bytes32()),
      Required("logs_bloom", arrow::binary()),
      Required("difficulty", Decimal()),
      Nullable("total_difficulty", Decimal()),
      Required("gas_limit", U64()),
      Required("gas_used", U64()),
      Required("extra_data", arrow::binary()),
      Required("mix_hash", Bytes32()),
      Required("nonce", U64()),
      Nullable("base_fee_per_gas", Decimal()),
      Nullable("withdrawals_root", Bytes32()),
      Nullable("blob_gas_used", U64()),
      Nullable("excess_blob_gas", U64()),
      Nullable("parent_beacon_root", Bytes32()),
      Nullable("requests_hash", Bytes32()),
  });
}

std::shared_ptr<arrow::Schema> Transactions() {
  const Type access = arrow::struct_({
      Required("address", Bytes20()),
      Required("storage_keys", ListOf(Bytes32())),
  });
  const Type authorization = arrow::struct_({
      Required("chain_id", U64()),
      Required("address", Bytes20()),
      Required("nonce", U64()),
      Required("y_parity", arrow::boolean()),
      Required("r", Bytes32()),
      Required("s", Bytes32()),
  });
  return arrow::schema({
      Required("_block_num", U64()),
      Required("block_hash", Bytes32()),
      Required("block_num", U64()),
      Required("timestamp", Time()),
      Required("tx_index", U32()),
      Required("tx_hash", Bytes32()),
      Nullable("to", Bytes20()),
      Required("nonce", U64()),
      Nullable("gas_price", Decimal()),
      Required("gas_limit", U64()),
      Required("value", arrow::utf8()),
      Required("input", arrow::binary()),
      Required("r", Bytes32()),
      Required("s", Bytes32()),
      Required("v_parity", arrow::boolean()),
      Nullable("chain_id", U64()),
      Required("gas_used", U64()),
      Required("type", arrow::int32()),
      Nullable("max_fee_per_gas", Decimal()),
      Nullable("max_priority_fee_per_gas", Decimal()),
      Nullable("max_fee_per_blob_gas", Decimal()),
      Required("from", Bytes20()),
      Required("status", arrow::boolean()),
      Nullable("state_root", Bytes32()),
      Nullable("access_list", ListOf(access)),
      Nullable("blob_versioned_hashes", ListOf(Bytes32())),
      Nullable("authorization_list", ListOf(authorization)),
  });
}

std::shared_ptr<arrow::Schema> Logs() {
  return arrow::schema({
      Required("_block_num", U64()),
      Required("block_hash", Bytes32()),
      Required("block_num", U64()),
      Required("timestamp", Time()),
      Required("tx_hash", Bytes32()),
      Required("tx_index", U32()),
      Required("log_index", U32()),
      Required("address", Bytes20()),
      Nullable("topic0", Bytes32()),
      Nullable("topic1", Bytes32()),
      Nullable("topic2", Bytes32()),
      Nullable("topic3", Bytes32()),
      Required("data", arrow::binary()),
  });
}

}  // namespace

const std::shared_ptr<arrow::Schema>& EvmSchema(EvmTable table) {
  static const auto blocks = Blocks();
  static const auto transactions = Transactions();
  static const auto logs = Logs();
  switch (table) {
    case EvmTable::kBlocks:
      return blocks;
    case EvmTable::kTransactions:
      return transactions;
    case EvmTable::kLogs:
      return logs;
  }
  return blocks;
}

}  // namespace tidemark::parquet_io
