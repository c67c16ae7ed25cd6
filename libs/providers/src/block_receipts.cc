#include "block_receipts.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace tidemark::providers {

std::optional<std::string> Append(BlockReceipts& receipts, BlockReceipts next) {
  if (!receipts.block_hash) receipts.block_hash = next.block_hash;
  if (next.block_hash && *next.block_hash != *receipts.block_hash) {
    return fmt::format("one receipt is of block {}, another of {}", ToHex(*receipts.block_hash),
                       ToHex(*next.block_hash));
  }
  if (!receipts.logs.empty() && !next.logs.empty() &&
      next.logs.front().index <= receipts.logs.back().index) {
    return fmt::format("log {} comes after log {}", next.logs.front().index,
                       receipts.logs.back().index);
  }
  std::ranges::move(next.receipts, std::back_inserter(receipts.receipts));
  std::ranges::move(next.logs, std::back_inserter(receipts.logs));
  return std::nullopt;
}

std::optional<std::string> Join(EvmBlock& block, BlockReceipts receipts) {
  if (receipts.block_hash && *receipts.block_hash != block.hash) {
    return fmt::format("the receipts are of block {}, the transactions of {}",
                       ToHex(*receipts.block_hash), ToHex(block.hash));
  }
  if (receipts.receipts.size() != block.transactions.size()) {
    return fmt::format("{} receipts for {} transactions", receipts.receipts.size(),
                       block.transactions.size());
  }
  for (std::size_t i = 0; i < receipts.receipts.size(); ++i) {
    const EvmReceipt& receipt = receipts.receipts[i];
    EvmTransaction& transaction = block.transactions[i];
    if (receipt.transaction_index != i || receipt.transaction_hash != transaction.hash) {
      return fmt::format("receipt {} is of transaction {} {}", i, receipt.transaction_index,
                         ToHex(receipt.transaction_hash));
    }
    transaction.gas_used = receipt.gas_used;
    transaction.status = receipt.status;
    transaction.state_root = receipt.state_root;
  }
  block.logs = std::move(receipts.logs);
  return std::nullopt;
}

}  // namespace tidemark::providers
