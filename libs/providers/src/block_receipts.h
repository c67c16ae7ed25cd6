// Receipts of a block's transactions, with their logs, and how a block becomes whole by them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidemark/model/evm_block.h"

namespace tidemark::providers {

/// What a receipt adds to its transaction.
struct EvmReceipt {
  Hash32 transaction_hash;
  std::uint32_t transaction_index = 0;
  std::uint64_t gas_used = 0;
  bool status = false;
  std::optional<Hash32> state_root;
};

/// Receipts and logs of one block, in the order in which the node gave them, or a part of them.
struct BlockReceipts {
  std::optional<BlockHash> block_hash;  // Of every receipt and log; absent while there is none.
  std::vector<EvmReceipt> receipts;
  std::vector<EvmLog> logs;
};

/// Appends `next`, the part that follows. nullopt if all is well; else how the two contradict each
/// other.
std::optional<std::string> Append(BlockReceipts& receipts, BlockReceipts next);

/// Completes the transactions of `block` and gives it its logs. nullopt if all is well; else how
/// block and receipts contradict each other, with `block` unspecified.
std::optional<std::string> Join(EvmBlock& block, BlockReceipts receipts);

}  // namespace tidemark::providers
