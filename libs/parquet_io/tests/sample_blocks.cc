#include "sample_blocks.h"

#include <limits>

namespace tidemark::parquet_io {
namespace {

constexpr std::uint64_t kU64Max = std::numeric_limits<std::uint64_t>::max();

Uint128 PowerOfTen(int exponent) {
  Uint128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

EvmBlock MakeBlock(std::uint64_t number, char first) {
  EvmBlock block;
  block.number = BlockNumber{number};
  const auto next = [&] { return first++; };
  block.hash = Filled<32>(next());
  block.parent_hash = Filled<32>(next());
  block.ommers_hash = Filled<32>(next());
  block.miner = Filled<20>(next());
  block.state_root = Filled<32>(next());
  block.transactions_root = Filled<32>(next());
  block.receipts_root = Filled<32>(next());
  block.mix_hash = Filled<32>(next());
  return block;
}

EvmTransaction MakeTransaction(std::uint32_t index, char first) {
  EvmTransaction transaction;
  transaction.index = index;
  const auto next = [&] { return first++; };
  transaction.hash = Filled<32>(next());
  transaction.from = Filled<20>(next());
  transaction.r = Filled<32>(next());
  transaction.s = Filled<32>(next());
  return transaction;
}

}  // namespace

EvmBlock PreMergeBlock() {
  EvmBlock block = MakeBlock(46'147, 'a');
  block.timestamp_s = 1'438'918'233;
  block.logs_bloom = "bloom";
  block.difficulty = 1'460'050'855'221;
  block.total_difficulty = PowerOfTen(38) - 1;
  block.gas_limit = 21'001;
  block.gas_used = 21'000;
  block.extra_data = "Geth";
  block.nonce = kU64Max;

  EvmTransaction transaction = MakeTransaction(0, 'p');
  transaction.nonce = 1;
  transaction.gas_price = PowerOfTen(38) - 1;
  transaction.gas_limit = 2;
  transaction.value =
      "115792089237316195423570985008687907853269984665640564039457584007913129639935";
  transaction.input = "";
  transaction.gas_used = 3;
  transaction.max_fee_per_gas = transaction.gas_price;
  transaction.state_root = Filled<32>('z');
  block.transactions.push_back(transaction);
  return block;
}

EvmBlock LondonBlock() {
  EvmBlock block = MakeBlock((1ULL << 53U) + 1, 'A');
  block.timestamp_s = 1'628'166'822;
  block.logs_bloom = "LB";
  block.difficulty = 0;
  block.gas_limit = 1ULL << 63U;
  block.gas_used = 30'000'000;
  block.base_fee_per_gas = 1'000'000'000;

  EvmTransaction type1 = MakeTransaction(0, 'J');
  type1.to = Filled<20>('t');
  type1.nonce = 1ULL << 63U;
  type1.gas_price = 11;
  type1.gas_limit = 12;
  type1.value = "0";
  type1.input = "call1";
  type1.v_parity = true;
  type1.chain_id = kU64Max;
  type1.gas_used = 13;
  type1.type = 1;
  type1.max_fee_per_gas = 11;
  type1.status = true;
  type1.access_list = {
      {.address = Filled<20>('x'), .storage_keys = {Filled<32>('k'), Filled<32>('l')}},
      {.address = Filled<20>('y'), .storage_keys = {}},
      {.address = Filled<20>('x'), .storage_keys = {Filled<32>('m')}}};

  EvmTransaction type2 = MakeTransaction(1, 'P');
  type2.to = Filled<20>('u');
  type2.gas_limit = 22;
  type2.value = "1000000000000000000";
  type2.input = "call2";
  type2.chain_id = 1;
  type2.gas_used = 23;
  type2.type = 2;
  type2.max_fee_per_gas = 24;
  type2.max_priority_fee_per_gas = 25;
  type2.status = true;
  type2.access_list.emplace();
  block.transactions = {type1, type2};

  for (std::uint32_t topics = 0; topics <= 4; ++topics) {
    EvmLog log;
    log.transaction_hash = type2.hash;
    log.transaction_index = 1;
    log.index = topics;
    log.address = Filled<20>(static_cast<char>('a' + topics));
    for (std::uint32_t topic = 0; topic < topics; ++topic) {
      log.topics.push_back(Filled<32>(static_cast<char>('0' + topic)));
    }
    log.data = std::string(topics, 'd');
    block.logs.push_back(log);
  }
  return block;
}

EvmBlock PragueBlock() {
  EvmBlock block = MakeBlock(kU64Max, '0');
  block.timestamp_s = 9'223'372'036;  // The last second that nanoseconds can tell.
  block.extra_data = "x";
  block.base_fee_per_gas = static_cast<Uint128>(1) << 64U;
  block.withdrawals_root = Filled<32>('v');
  block.blob_gas_used = 393'216;
  block.excess_blob_gas = kU64Max;
  block.parent_beacon_root = Filled<32>('w');
  block.requests_hash = Filled<32>('q');

  EvmTransaction blobs = MakeTransaction(std::numeric_limits<std::uint32_t>::max(), '5');
  blobs.to = Filled<20>('b');
  blobs.value = "1";
  blobs.chain_id = 1;
  blobs.type = 3;
  blobs.max_fee_per_gas = 31;
  blobs.max_priority_fee_per_gas = 0;
  blobs.max_fee_per_blob_gas = 32;
  blobs.access_list.emplace();
  blobs.blob_versioned_hashes = {Filled<32>('f'), Filled<32>('g')};

  EvmTransaction codes = MakeTransaction(1, 'C');
  codes.to = Filled<20>('c');
  codes.value = "2";
  codes.type = 4;
  codes.authorization_list = {{.chain_id = 1,
                               .address = Filled<20>('h'),
                               .nonce = kU64Max,
                               .y_parity = true,
                               .r = Filled<32>('i'),
                               .s = Filled<32>('j')},
                              {.chain_id = 0,
                               .address = Filled<20>('n'),
                               .nonce = 0,
                               .y_parity = false,
                               .r = Filled<32>('o'),
                               .s = Filled<32>('p')}};

  EvmTransaction empty_lists = MakeTransaction(2, 'X');
  empty_lists.value = "3";
  empty_lists.type = 127;
  empty_lists.blob_versioned_hashes.emplace();
  empty_lists.authorization_list.emplace();
  block.transactions = {blobs, codes, empty_lists};
  return block;
}

}  // namespace tidemark::parquet_io
