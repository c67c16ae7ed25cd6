#include "evm_receipt_reader.h"

#include <array>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "hex_members.h"

namespace tidemark::providers {
namespace {

struct LogDraft : EvmLog {
  BlockHash block_hash;
  BlockNumber block_number;
  bool is_removed = false;
};

bool ReadTopics(JsonValue& value, LogDraft& out, std::string& /*why*/) {
  JsonArray array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  std::array<Hash32, 4> topics;
  std::size_t count = 0;
  for (auto next : array) {
    JsonValue topic;
    if (count == topics.size() || std::move(next).get(topic) != simdjson::SUCCESS) return false;
    if (!ReadInto(topic, topics[count++])) return false;
  }
  out.topics.assign(topics.begin(), topics.begin() + static_cast<std::ptrdiff_t>(count));
  return true;
}

bool ReadRemoved(JsonValue& value, LogDraft& out, std::string& /*why*/) {
  return value.get_bool().get(out.is_removed) == simdjson::SUCCESS;
}

constexpr auto kLogMembers = MakeMembers<LogDraft>({
    {"address", Presence::kRequired, ReadField<&LogDraft::address>},
    {"blockHash", Presence::kRequired, ReadField<&LogDraft::block_hash>},
    {"blockNumber", Presence::kRequired, ReadField<&LogDraft::block_number>},
    {"data", Presence::kRequired, ReadField<&LogDraft::data>},
    {"logIndex", Presence::kRequired, ReadField<&LogDraft::index>},
    {"removed", Presence::kOptional, ReadRemoved},
    {"topics", Presence::kRequired, ReadTopics},
    {"transactionHash", Presence::kRequired, ReadField<&LogDraft::transaction_hash>},
    {"transactionIndex", Presence::kRequired, ReadField<&LogDraft::transaction_index>},
});

/// One receipt under way. Its logs go straight to the block's.
struct ReceiptDraft : EvmReceipt {
  BlockNumber asked;
  BlockReceipts* block = nullptr;
  BlockHash block_hash;
  BlockNumber block_number;
  std::optional<std::uint64_t> status_number;
  std::string_view bloom_digits;  // Of the node's answer.
};

bool ReadBloom(JsonValue& value, ReceiptDraft& out, std::string& /*why*/) {
  const auto digits = HexDigits(value);
  if (digits) out.bloom_digits = *digits;
  return digits.has_value();
}

bool IsPlaced(BlockReceipts& block, const BlockHash& hash, BlockNumber number, BlockNumber asked,
              std::string& why) {
  if (!block.block_hash) block.block_hash = hash;
  if (number != asked) {
    why = fmt::format("it is of block number {}", number.value);
  } else if (hash != *block.block_hash) {
    why = fmt::format("it is of block {}, others are of {}", ToHex(hash), ToHex(*block.block_hash));
  }
  return why.empty();
}

bool ReadLogs(JsonValue& value, ReceiptDraft& out, std::string& why) {
  JsonArray array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  std::vector<EvmLog>& logs = out.block->logs;
  for (auto next : array) {
    JsonObject object;
    if (next.get_object().get(object) != simdjson::SUCCESS) return false;
    LogDraft log;
    if (!kLogMembers.Read(object, log, why)) return false;
    if (!IsPlaced(*out.block, log.block_hash, log.block_number, out.asked, why)) return false;
    if (log.is_removed) why = fmt::format("log {} was removed by a reorg", log.index);
    if (!logs.empty() && log.index <= logs.back().index) {
      why = fmt::format("log {} comes after log {}", log.index, logs.back().index);
    }
    if (!why.empty()) return false;
    logs.push_back(static_cast<EvmLog&&>(log));
  }
  return true;
}

constexpr auto kReceiptMembers = MakeMembers<ReceiptDraft>({
    {"blockHash", Presence::kRequired, ReadField<&ReceiptDraft::block_hash>},
    {"blockNumber", Presence::kRequired, ReadField<&ReceiptDraft::block_number>},
    {"gasUsed", Presence::kRequired, ReadField<&ReceiptDraft::gas_used>},
    {"logs", Presence::kRequired, ReadLogs},
    {"logsBloom", Presence::kOptional, ReadBloom},
    {"root", Presence::kOptional, ReadField<&ReceiptDraft::state_root>},
    {"status", Presence::kOptional, ReadField<&ReceiptDraft::status_number>},
    {"transactionHash", Presence::kRequired, ReadField<&ReceiptDraft::transaction_hash>},
    {"transactionIndex", Presence::kRequired, ReadField<&ReceiptDraft::transaction_index>},
});

bool FinishStatus(ReceiptDraft& draft, std::string& why) {
  // Before Byzantium a receipt carried the state root in place of the outcome, which nobody can
  // tell from it; Amp stores true.
  draft.status = draft.status_number ? *draft.status_number == 1 : draft.state_root.has_value();
  if (!draft.status_number && !draft.state_root) why = "\"status\" is missing";
  if (draft.status_number && *draft.status_number > 1) why = "\"status\" is neither 0 nor 1";
  return why.empty();
}

}  // namespace

bool ReadReceipt(JsonObject& object, BlockNumber number, BlockReceipts& receipts,
                 std::string& why) {
  const std::size_t first_log = receipts.logs.size();
  ReceiptDraft draft;
  draft.asked = number;
  draft.block = &receipts;
  if (!kReceiptMembers.Read(object, draft, why)) return false;
  if (!IsPlaced(receipts, draft.block_hash, draft.block_number, number, why)) return false;
  // Only now, for the logs may be written before what they are held against.
  for (const EvmLog& log : std::span(receipts.logs).subspan(first_log)) {
    if (log.transaction_hash != draft.transaction_hash ||
        log.transaction_index != draft.transaction_index) {
      why = fmt::format("log {} is of another transaction", log.index);
      return false;
    }
  }
  // Nodes that have lost their logs, or have yet to index them, give receipts like this.
  if (receipts.logs.size() == first_log &&
      draft.bloom_digits.find_first_not_of('0') != std::string_view::npos) {
    why = "it has no logs, and a bloom filter that says it has";
    return false;
  }
  if (!FinishStatus(draft, why)) return false;
  receipts.receipts.push_back(static_cast<EvmReceipt&&>(draft));
  return true;
}

bool ReadReceipts(JsonArray& array, BlockNumber number, BlockReceipts& receipts, std::string& why) {
  for (auto next : array) {
    JsonObject object;
    if (next.get_object().get(object) != simdjson::SUCCESS) {
      why = "an element is no object";
      return false;
    }
    if (!ReadReceipt(object, number, receipts, why)) {
      why = fmt::format("receipt {}: {}", receipts.receipts.size(), why);
      return false;
    }
  }
  return true;
}

}  // namespace tidemark::providers
