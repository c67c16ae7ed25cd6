#include "evm_columns.h"

#include <cassert>
#include <functional>

#include "check_block.h"
#include "column_cursor.h"

namespace tidemark::parquet_io {
namespace {

std::int64_t TimestampOf(const EvmBlock& block) {
  return static_cast<std::int64_t>(block.timestamp_s) * kNanosecondsPerSecond;
}

void WriteBlock(const EvmBlock& block, ColumnCursor<EvmBlock>& columns) {
  columns.Same(block.number.value);
  columns.Same(block.number.value);
  columns.Same(TimestampOf(block));
  columns.Required(&EvmBlock::hash);
  columns.Required(&EvmBlock::parent_hash);
  columns.Required(&EvmBlock::ommers_hash);
  columns.Required(&EvmBlock::miner);
  columns.Required(&EvmBlock::state_root);
  columns.Required(&EvmBlock::transactions_root);
  columns.Required(&EvmBlock::receipts_root);
  columns.Required(&EvmBlock::logs_bloom);
  columns.Required(&EvmBlock::difficulty);
  columns.Nullable(&EvmBlock::total_difficulty);
  columns.Required(&EvmBlock::gas_limit);
  columns.Required(&EvmBlock::gas_used);
  columns.Required(&EvmBlock::extra_data);
  columns.Required(&EvmBlock::mix_hash);
  columns.Required(&EvmBlock::nonce);
  columns.Nullable(&EvmBlock::base_fee_per_gas);
  columns.Nullable(&EvmBlock::withdrawals_root);
  columns.Nullable(&EvmBlock::blob_gas_used);
  columns.Nullable(&EvmBlock::excess_blob_gas);
  columns.Nullable(&EvmBlock::parent_beacon_root);
  columns.Nullable(&EvmBlock::requests_hash);
}

void WriteTransactions(const EvmBlock& block, ColumnCursor<EvmTransaction>& columns) {
  columns.Same(block.number.value);
  columns.Same(block.hash);
  columns.Same(block.number.value);
  columns.Same(TimestampOf(block));
  columns.Required(&EvmTransaction::index);
  columns.Required(&EvmTransaction::hash);
  columns.Nullable(&EvmTransaction::to);
  columns.Required(&EvmTransaction::nonce);
  columns.Nullable(&EvmTransaction::gas_price);
  columns.Required(&EvmTransaction::gas_limit);
  columns.Required(&EvmTransaction::value);
  columns.Required(&EvmTransaction::input);
  columns.Required(&EvmTransaction::r);
  columns.Required(&EvmTransaction::s);
  columns.Required(&EvmTransaction::v_parity);
  columns.Nullable(&EvmTransaction::chain_id);
  columns.Required(&EvmTransaction::gas_used);
  columns.Required(&EvmTransaction::type);
  columns.Nullable(&EvmTransaction::max_fee_per_gas);
  columns.Nullable(&EvmTransaction::max_priority_fee_per_gas);
  columns.Nullable(&EvmTransaction::max_fee_per_blob_gas);
  columns.Required(&EvmTransaction::from);
  columns.Required(&EvmTransaction::status);
  columns.Nullable(&EvmTransaction::state_root);

  columns.List(&EvmTransaction::access_list, &EvmAccessListEntry::address);
  columns.ListOfLists(&EvmTransaction::access_list, &EvmAccessListEntry::storage_keys);
  columns.List(&EvmTransaction::blob_versioned_hashes, std::identity());
  columns.List(&EvmTransaction::authorization_list, &EvmAuthorization::chain_id);
  columns.List(&EvmTransaction::authorization_list, &EvmAuthorization::address);
  columns.List(&EvmTransaction::authorization_list, &EvmAuthorization::nonce);
  columns.List(&EvmTransaction::authorization_list, &EvmAuthorization::y_parity);
  columns.List(&EvmTransaction::authorization_list, &EvmAuthorization::r);
  columns.List(&EvmTransaction::authorization_list, &EvmAuthorization::s);
}

void WriteLogs(const EvmBlock& block, ColumnCursor<EvmLog>& columns) {
  columns.Same(block.number.value);
  columns.Same(block.hash);
  columns.Same(block.number.value);
  columns.Same(TimestampOf(block));
  columns.Required(&EvmLog::transaction_hash);
  columns.Required(&EvmLog::transaction_index);
  columns.Required(&EvmLog::index);
  columns.Required(&EvmLog::address);
  for (std::size_t topic = 0; topic < 4; ++topic) {
    columns.Nullable([topic](const EvmLog& log) {
      return topic < log.topics.size() ? &log.topics[topic] : nullptr;
    });
  }
  columns.Required(&EvmLog::data);
}

}  // namespace

std::size_t CountRows(const EvmBlock& block, EvmTable table) {
  switch (table) {
    case EvmTable::kBlocks:
      return 1;
    case EvmTable::kTransactions:
      return block.transactions.size();
    case EvmTable::kLogs:
      return block.logs.size();
  }
  return 0;
}

void WriteRows(const EvmBlock& block, EvmTable table, parquet::RowGroupWriter& row_group,
               ColumnScratch& scratch) {
  const auto write = [&]<class Row>(std::span<const Row> rows, auto write_columns) {
    ColumnCursor<Row> columns(row_group, rows, scratch);
    write_columns(block, columns);
    assert(columns.is_at_end());
  };
  switch (table) {
    case EvmTable::kBlocks:
      return write(std::span(&block, 1), WriteBlock);
    case EvmTable::kTransactions:
      return write(std::span(block.transactions), WriteTransactions);
    case EvmTable::kLogs:
      return write(std::span(block.logs), WriteLogs);
  }
}

}  // namespace tidemark::parquet_io
