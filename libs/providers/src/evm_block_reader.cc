#include "evm_block_reader.h"

#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "evm_transaction.h"
#include "hex_members.h"

namespace tidemark::providers {
namespace {

constexpr std::size_t kBloomBytes = 256;

struct Draft : EvmBlock {
  // Of the transactions, which may be written before the block's own; absent if there are none.
  std::optional<BlockHash> transactions_block_hash;
  BlockNumber asked;
};

bool ReadBloom(JsonValue& value, Draft& out, std::string& /*why*/) {
  return ReadInto(value, out.logs_bloom) && out.logs_bloom.size() == kBloomBytes;
}

// Eight bytes that Ethereum writes as data; a number to us.
bool ReadNonce(JsonValue& value, Draft& out, std::string& /*why*/) {
  const auto digits = HexDigits(value);
  if (!digits || digits->size() != 2 * sizeof out.nonce) return false;
  return ReadInto(value, out.nonce);
}

bool IsInItsPlace(const PlacedTransaction& transaction, const Draft& block, std::string& why) {
  if (transaction.index != block.transactions.size()) {
    why = fmt::format("it has index {}", transaction.index);
  } else if (transaction.block_number != block.asked) {
    why = fmt::format("it is of block number {}", transaction.block_number.value);
  } else if (block.transactions_block_hash &&
             transaction.block_hash != *block.transactions_block_hash) {
    why = fmt::format("it is of block {}", ToHex(transaction.block_hash));
  }
  return why.empty();
}

bool ReadTransactions(JsonValue& value, Draft& out, std::string& why) {
  JsonArray array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto next : array) {
    JsonObject object;
    if (next.get_object().get(object) != simdjson::SUCCESS) return false;
    PlacedTransaction transaction;
    if (!ReadTransaction(object, transaction, why) || !IsInItsPlace(transaction, out, why)) {
      why = fmt::format("transaction {}: {}", out.transactions.size(), why);
      return false;
    }
    out.transactions_block_hash = transaction.block_hash;
    out.transactions.push_back(static_cast<EvmTransaction&&>(transaction));
  }
  return true;
}

constexpr auto kBlockMembers = MakeMembers<Draft>({
    {"baseFeePerGas", Presence::kOptional, ReadField<&Draft::base_fee_per_gas>},
    {"blobGasUsed", Presence::kOptional, ReadField<&Draft::blob_gas_used>},
    {"difficulty", Presence::kRequired, ReadField<&Draft::difficulty>},
    {"excessBlobGas", Presence::kOptional, ReadField<&Draft::excess_blob_gas>},
    {"extraData", Presence::kRequired, ReadField<&Draft::extra_data>},
    {"gasLimit", Presence::kRequired, ReadField<&Draft::gas_limit>},
    {"gasUsed", Presence::kRequired, ReadField<&Draft::gas_used>},
    {"hash", Presence::kRequired, ReadField<&Draft::hash>},
    {"logsBloom", Presence::kRequired, ReadBloom},
    {"miner", Presence::kRequired, ReadField<&Draft::miner>},
    {"mixHash", Presence::kRequired, ReadField<&Draft::mix_hash>},
    {"nonce", Presence::kRequired, ReadNonce},
    {"number", Presence::kRequired, ReadField<&Draft::number>},
    {"parentBeaconBlockRoot", Presence::kOptional, ReadField<&Draft::parent_beacon_root>},
    {"parentHash", Presence::kRequired, ReadField<&Draft::parent_hash>},
    {"receiptsRoot", Presence::kRequired, ReadField<&Draft::receipts_root>},
    {"requestsHash", Presence::kOptional, ReadField<&Draft::requests_hash>},
    {"sha3Uncles", Presence::kRequired, ReadField<&Draft::ommers_hash>},
    {"stateRoot", Presence::kRequired, ReadField<&Draft::state_root>},
    {"timestamp", Presence::kRequired, ReadField<&Draft::timestamp_s>},
    {"totalDifficulty", Presence::kOptional, ReadField<&Draft::total_difficulty>},
    {"transactions", Presence::kRequired, ReadTransactions},
    {"transactionsRoot", Presence::kRequired, ReadField<&Draft::transactions_root>},
    {"withdrawalsRoot", Presence::kOptional, ReadField<&Draft::withdrawals_root>},
});

constexpr auto kHeadMembers = MakeMembers<ChainHead>({
    {"hash", Presence::kRequired, ReadField<&ChainHead::hash>},
    {"number", Presence::kRequired, ReadField<&ChainHead::number>},
    {"timestamp", Presence::kRequired, ReadField<&ChainHead::timestamp_s>},
});

}  // namespace

bool ReadBlock(JsonObject& object, BlockNumber asked, EvmBlock& block, std::string& why) {
  Draft draft;
  draft.asked = asked;
  if (!kBlockMembers.Read(object, draft, why)) return false;
  if (draft.number != asked) {
    why = fmt::format("it is block number {}", draft.number.value);
    return false;
  }
  if (draft.transactions_block_hash && *draft.transactions_block_hash != draft.hash) {
    why = fmt::format("its transactions are of block {}", ToHex(*draft.transactions_block_hash));
    return false;
  }
  block = static_cast<EvmBlock&&>(draft);
  return true;
}

bool ReadHead(JsonObject& object, ChainHead& head, std::string& why) {
  return kHeadMembers.Read(object, head, why);
}

}  // namespace tidemark::providers
