// One block of an EVM chain with its transactions and logs, as the tables of an evm-rpc dataset
// store it. Field by field the Ethereum execution API; absent means that the block's fork, or the
// transaction's type, has no such field.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/model/block_range.h"
#include "tidemark/model/bytes.h"

namespace tidemark {

/// Wide enough for every fee and difficulty that a chain has shown; stored as Decimal128(38, 0).
__extension__ using Uint128 = unsigned __int128;

/// The tables of every evm-rpc dataset, in the order in which they are listed.
enum class EvmTable : std::uint8_t { kBlocks, kTransactions, kLogs };
inline constexpr std::array kEvmTables = {EvmTable::kBlocks, EvmTable::kTransactions,
                                          EvmTable::kLogs};
/// "blocks", "transactions", "logs".
std::string_view ToString(EvmTable table);

struct EvmAccessListEntry {
  Address address;
  std::vector<Hash32> storage_keys;
};

struct EvmAuthorization {
  std::uint64_t chain_id = 0;
  Address address;
  std::uint64_t nonce = 0;
  bool y_parity = false;
  Hash32 r;
  Hash32 s;
};

/// Joined from the transaction and its receipt.
struct EvmTransaction {
  std::uint32_t index = 0;
  Hash32 hash;
  std::optional<Address> to;  // Absent for a contract creation.
  std::uint64_t nonce = 0;
  std::optional<Uint128> gas_price;  // Types 0 and 1 only.
  std::uint64_t gas_limit = 0;
  std::string value;  // Wei, decimal digits: up to 2^256-1.
  std::string input;  // Bytes.
  Hash32 r;
  Hash32 s;
  bool v_parity = false;
  std::optional<std::uint64_t> chain_id;
  std::uint64_t gas_used = 0;  // By this transaction alone.
  std::int32_t type = 0;
  std::optional<Uint128> max_fee_per_gas;  // The gas price for types 0 and 1, as Amp writes it.
  std::optional<Uint128> max_priority_fee_per_gas;
  std::optional<Uint128> max_fee_per_blob_gas;
  Address from;
  bool status = false;
  std::optional<Hash32> state_root;  // Receipts before Byzantium.
  std::optional<std::vector<EvmAccessListEntry>> access_list;
  std::optional<std::vector<Hash32>> blob_versioned_hashes;
  std::optional<std::vector<EvmAuthorization>> authorization_list;
};

struct EvmLog {
  Hash32 transaction_hash;
  std::uint32_t transaction_index = 0;
  std::uint32_t index = 0;  // Within the block.
  Address address;
  std::vector<Hash32> topics;  // 0 to 4.
  std::string data;            // Bytes.
};

struct EvmBlock {
  BlockNumber number;
  std::uint64_t timestamp_s = 0;
  BlockHash hash;
  BlockHash parent_hash;
  Hash32 ommers_hash;
  Address miner;
  Hash32 state_root;
  Hash32 transactions_root;
  Hash32 receipts_root;
  std::string logs_bloom;  // Bytes.
  Uint128 difficulty = 0;
  std::optional<Uint128> total_difficulty;
  std::uint64_t gas_limit = 0;
  std::uint64_t gas_used = 0;
  std::string extra_data;  // Bytes.
  Hash32 mix_hash;
  std::uint64_t nonce = 0;
  std::optional<Uint128> base_fee_per_gas;
  std::optional<Hash32> withdrawals_root;
  std::optional<std::uint64_t> blob_gas_used;
  std::optional<std::uint64_t> excess_blob_gas;
  std::optional<Hash32> parent_beacon_root;
  std::optional<Hash32> requests_hash;

  std::vector<EvmTransaction> transactions;  // By index.
  std::vector<EvmLog> logs;                  // By index.
};

}  // namespace tidemark
