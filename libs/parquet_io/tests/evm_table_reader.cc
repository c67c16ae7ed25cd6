#include "evm_table_reader.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include <arrow/array.h>
#include <arrow/io/memory.h>
#include <arrow/util/decimal.h>
#include <parquet/arrow/reader.h>

namespace tidemark::parquet_io {
namespace {

template <class Array>
const Array& Column(const arrow::Table& table, const std::string& name) {
  return dynamic_cast<const Array&>(*table.GetColumnByName(name)->chunk(0));
}

template <std::size_t N>
FixedBytes<N> BytesAt(const arrow::FixedSizeBinaryArray& array, std::int64_t i) {
  FixedBytes<N> value;
  if (array.byte_width() != N) std::abort();
  std::memcpy(value.bytes.data(), array.GetValue(i), N);
  return value;
}

Uint128 DecimalAt(const arrow::Decimal128Array& array, std::int64_t i) {
  const arrow::Decimal128 value(array.GetValue(i));
  return (static_cast<Uint128>(static_cast<std::uint64_t>(value.high_bits())) << 64U) |
         value.low_bits();
}

/// One row of a table, its columns by name.
class RowView {
 public:
  RowView(const arrow::Table& table, std::int64_t row) : table_(table), row_(row) {}

  template <class Array>
  auto Value(const std::string& name) const {
    return Column<Array>(table_, name).Value(row_);
  }
  std::uint64_t U64(const std::string& name) const { return Value<arrow::UInt64Array>(name); }
  bool Bool(const std::string& name) const { return Value<arrow::BooleanArray>(name); }
  std::string Bytes(const std::string& name) const {
    return Column<arrow::BinaryArray>(table_, name).GetString(row_);
  }
  template <std::size_t N>
  FixedBytes<N> Fixed(const std::string& name) const {
    return BytesAt<N>(Column<arrow::FixedSizeBinaryArray>(table_, name), row_);
  }
  Hash32 Hash(const std::string& name) const { return Fixed<32>(name); }
  Uint128 Decimal(const std::string& name) const {
    return DecimalAt(Column<arrow::Decimal128Array>(table_, name), row_);
  }

  bool IsNull(const std::string& name) const {
    return table_.GetColumnByName(name)->chunk(0)->IsNull(row_);
  }
  std::optional<std::uint64_t> OptionalU64(const std::string& name) const {
    if (IsNull(name)) return std::nullopt;
    return U64(name);
  }
  template <std::size_t N>
  std::optional<FixedBytes<N>> OptionalFixed(const std::string& name) const {
    if (IsNull(name)) return std::nullopt;
    return Fixed<N>(name);
  }
  std::optional<Uint128> OptionalDecimal(const std::string& name) const {
    if (IsNull(name)) return std::nullopt;
    return Decimal(name);
  }

  /// The items of a list, each made by `make_item(items, index)`; absent if the list is null.
  template <class Items, class MakeItem>
  auto OptionalList(const std::string& name, MakeItem make_item) const {
    const auto& lists = Column<arrow::ListArray>(table_, name);
    return IsNull(name) ? std::nullopt : std::optional(ItemsOf<Items>(lists, row_, make_item));
  }

  template <class Items, class MakeItem>
  static auto ItemsOf(const arrow::ListArray& lists, std::int64_t row, MakeItem make_item) {
    const auto& items = dynamic_cast<const Items&>(*lists.values());
    std::vector<decltype(make_item(items, 0))> made;
    for (std::int64_t i = lists.value_offset(row); i < lists.value_offset(row + 1); ++i) {
      made.push_back(make_item(items, i));
    }
    return made;
  }

 private:
  const arrow::Table& table_;
  const std::int64_t row_;
};

EvmAccessListEntry AccessAt(const arrow::StructArray& items, std::int64_t i) {
  const auto& addresses =
      dynamic_cast<const arrow::FixedSizeBinaryArray&>(*items.GetFieldByName("address"));
  const auto& keys = dynamic_cast<const arrow::ListArray&>(*items.GetFieldByName("storage_keys"));
  return {.address = BytesAt<20>(addresses, i),
          .storage_keys = RowView::ItemsOf<arrow::FixedSizeBinaryArray>(keys, i, BytesAt<32>)};
}

EvmAuthorization AuthorizationAt(const arrow::StructArray& items, std::int64_t i) {
  const auto u64 = [&](const char* name) {
    return dynamic_cast<const arrow::UInt64Array&>(*items.GetFieldByName(name)).Value(i);
  };
  const auto fixed = [&](const char* name) -> const arrow::FixedSizeBinaryArray& {
    return dynamic_cast<const arrow::FixedSizeBinaryArray&>(*items.GetFieldByName(name));
  };
  const auto parity = items.GetFieldByName("y_parity");
  return {.chain_id = u64("chain_id"),
          .address = BytesAt<20>(fixed("address"), i),
          .nonce = u64("nonce"),
          .y_parity = dynamic_cast<const arrow::BooleanArray&>(*parity).Value(i),
          .r = BytesAt<32>(fixed("r"), i),
          .s = BytesAt<32>(fixed("s"), i)};
}

template <class Row, class MakeRow>
std::vector<Row> RowsOf(const arrow::Table& table, MakeRow make_row) {
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < table.num_rows(); ++i) rows.push_back(make_row(RowView(table, i)));
  return rows;
}

}  // namespace

std::shared_ptr<arrow::Table> ReadTable(std::string bytes) {
  auto input =
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::move(bytes)));
  auto file = parquet::arrow::FileReader::Make(arrow::default_memory_pool(),
                                               parquet::ParquetFileReader::Open(input))
                  .ValueOrDie();
  auto table = file->ReadTable().ValueOrDie()->CombineChunks().ValueOrDie();
  if (const auto valid = table->ValidateFull(); !valid.ok()) valid.Abort();
  return table;
}

std::string ReadTestData(std::string_view name) {
  std::ifstream file(std::string(TIDEMARK_TEST_DATA "/parquet/").append(name), std::ios::binary);
  if (!file) std::abort();
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<EvmBlock> BlocksOf(const arrow::Table& blocks) {
  return RowsOf<EvmBlock>(blocks, [](const RowView& row) {
    EvmBlock block;
    block.number = BlockNumber{row.U64("block_num")};
    block.timestamp_s =
        static_cast<std::uint64_t>(row.Value<arrow::TimestampArray>("timestamp") / 1'000'000'000);
    block.hash = row.Hash("hash");
    block.parent_hash = row.Hash("parent_hash");
    block.ommers_hash = row.Hash("ommers_hash");
    block.miner = row.Fixed<20>("miner");
    block.state_root = row.Hash("state_root");
    block.transactions_root = row.Hash("transactions_root");
    block.receipts_root = row.Hash("receipt_root");
    block.logs_bloom = row.Bytes("logs_bloom");
    block.difficulty = row.Decimal("difficulty");
    block.total_difficulty = row.OptionalDecimal("total_difficulty");
    block.gas_limit = row.U64("gas_limit");
    block.gas_used = row.U64("gas_used");
    block.extra_data = row.Bytes("extra_data");
    block.mix_hash = row.Hash("mix_hash");
    block.nonce = row.U64("nonce");
    block.base_fee_per_gas = row.OptionalDecimal("base_fee_per_gas");
    block.withdrawals_root = row.OptionalFixed<32>("withdrawals_root");
    block.blob_gas_used = row.OptionalU64("blob_gas_used");
    block.excess_blob_gas = row.OptionalU64("excess_blob_gas");
    block.parent_beacon_root = row.OptionalFixed<32>("parent_beacon_root");
    block.requests_hash = row.OptionalFixed<32>("requests_hash");
    return block;
  });
}

std::vector<EvmTransaction> TransactionsOf(const arrow::Table& transactions) {
  return RowsOf<EvmTransaction>(transactions, [](const RowView& row) {
    EvmTransaction transaction;
    transaction.index = row.Value<arrow::UInt32Array>("tx_index");
    transaction.hash = row.Hash("tx_hash");
    transaction.to = row.OptionalFixed<20>("to");
    transaction.nonce = row.U64("nonce");
    transaction.gas_price = row.OptionalDecimal("gas_price");
    transaction.gas_limit = row.U64("gas_limit");
    transaction.value = row.Bytes("value");
    transaction.input = row.Bytes("input");
    transaction.r = row.Hash("r");
    transaction.s = row.Hash("s");
    transaction.v_parity = row.Bool("v_parity");
    transaction.chain_id = row.OptionalU64("chain_id");
    transaction.gas_used = row.U64("gas_used");
    transaction.type = row.Value<arrow::Int32Array>("type");
    transaction.max_fee_per_gas = row.OptionalDecimal("max_fee_per_gas");
    transaction.max_priority_fee_per_gas = row.OptionalDecimal("max_priority_fee_per_gas");
    transaction.max_fee_per_blob_gas = row.OptionalDecimal("max_fee_per_blob_gas");
    transaction.from = row.Fixed<20>("from");
    transaction.status = row.Bool("status");
    transaction.state_root = row.OptionalFixed<32>("state_root");
    transaction.access_list = row.OptionalList<arrow::StructArray>("access_list", AccessAt);
    transaction.blob_versioned_hashes =
        row.OptionalList<arrow::FixedSizeBinaryArray>("blob_versioned_hashes", BytesAt<32>);
    transaction.authorization_list =
        row.OptionalList<arrow::StructArray>("authorization_list", AuthorizationAt);
    return transaction;
  });
}

std::vector<EvmLog> LogsOf(const arrow::Table& logs) {
  return RowsOf<EvmLog>(logs, [](const RowView& row) {
    EvmLog log;
    log.transaction_hash = row.Hash("tx_hash");
    log.transaction_index = row.Value<arrow::UInt32Array>("tx_index");
    log.index = row.Value<arrow::UInt32Array>("log_index");
    log.address = row.Fixed<20>("address");
    for (const char* topic : {"topic0", "topic1", "topic2", "topic3"}) {
      if (!row.IsNull(topic)) log.topics.push_back(row.Hash(topic));
    }
    log.data = row.Bytes("data");
    return log;
  });
}

}  // namespace tidemark::parquet_io
