#include "block_fetch.h"

#include <optional>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "rpc_error.h"

namespace tidemark::providers {
namespace {

using FetchOutcome = std::variant<std::vector<EvmBlock>, Contradiction>;

/// One round of fetching a few blocks.
class Round {
 public:
  Round(RpcNode& node, RpcSession& session, const Patience& patience)
      : node_(node), session_(session), patience_(patience) {}

  Result<FetchOutcome> Run(BlockRange range);

 private:
  struct Parts {
    EvmBlock block;
    std::optional<BlockReceipts> receipts;  // Absent: to be fetched transaction by transaction.
  };

  /// Places the value of `call` in the last of the parts, or opens a new one.
  Status Take(const RpcCall& call, RpcValue value);
  /// Fetches the receipts that are absent.
  Result<std::optional<Contradiction>> FetchReceiptsByTransaction();
  Error NotThereYet(const RpcCall& call) const;

  RpcNode& node_;
  RpcSession& session_;
  const Patience& patience_;
  std::vector<Parts> parts_;
};

Error Round::NotThereYet(const RpcCall& call) const {
  return NodeError(ErrorCode::kUnavailable, node_, std::span(&call, 1),
                   fmt::format("block {} is not there yet", call.block.value));
}

Status Round::Take(const RpcCall& call, RpcValue value) {
  if (std::holds_alternative<NotThere>(value)) return std::unexpected(NotThereYet(call));
  if (const auto* error = std::get_if<RpcError>(&value)) {
    if (call.method != RpcMethod::kBlockReceipts || !IsUnknownMethod(*error)) {
      return std::unexpected(NodeError(node_, call, *error));
    }
    node_.UseReceiptsByTransaction();
    return {};
  }
  if (call.method == RpcMethod::kBlock) {
    parts_.push_back({.block = std::get<EvmBlock>(std::move(value)), .receipts = std::nullopt});
  } else {
    parts_.back().receipts = std::get<BlockReceipts>(std::move(value));
  }
  return {};
}

Result<std::optional<Contradiction>> Round::FetchReceiptsByTransaction() {
  std::vector<RpcCall> calls;
  std::vector<BlockReceipts*> targets;
  for (Parts& parts : parts_) {
    if (parts.receipts) continue;
    parts.receipts.emplace();
    for (const EvmTransaction& transaction : parts.block.transactions) {
      calls.push_back({.method = RpcMethod::kTransactionReceipt,
                       .block = parts.block.number,
                       .transaction = transaction.hash});
      targets.push_back(&*parts.receipts);
    }
  }
  TIDEMARK_TRY(AskOutcome outcome, session_.Ask(calls, patience_));
  if (auto* contradiction = std::get_if<Contradiction>(&outcome)) return std::move(*contradiction);
  auto& values = std::get<std::vector<RpcValue>>(outcome);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (std::holds_alternative<NotThere>(values[i])) return std::unexpected(NotThereYet(calls[i]));
    if (const auto* error = std::get_if<RpcError>(&values[i])) {
      return std::unexpected(NodeError(node_, calls[i], *error));
    }
    if (auto what = Append(*targets[i], std::get<BlockReceipts>(std::move(values[i])))) {
      return Contradiction{fmt::format("block {}: {}", calls[i].block.value, *what)};
    }
  }
  return std::nullopt;
}

Result<FetchOutcome> Round::Run(BlockRange range) {
  std::vector<RpcCall> calls;
  const bool by_transaction = node_.wants_receipts_by_transaction();
  for (std::uint64_t i = 0; i <= range.last().value - range.first().value; ++i) {
    const BlockNumber number{range.first().value + i};
    calls.push_back({.method = RpcMethod::kBlock, .block = number});
    if (!by_transaction) calls.push_back({.method = RpcMethod::kBlockReceipts, .block = number});
  }
  TIDEMARK_TRY(AskOutcome outcome, session_.Ask(calls, patience_));
  if (auto* contradiction = std::get_if<Contradiction>(&outcome)) return std::move(*contradiction);
  auto& values = std::get<std::vector<RpcValue>>(outcome);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    TIDEMARK_TRY(Take(calls[i], std::move(values[i])));
  }
  TIDEMARK_TRY(auto contradiction, FetchReceiptsByTransaction());
  if (contradiction) return *std::move(contradiction);

  std::vector<EvmBlock> blocks;
  blocks.reserve(parts_.size());
  for (Parts& parts : parts_) {
    if (!parts.receipts) {
      return MakeError(
          ErrorCode::kInternal,
          fmt::format("the receipts of block {} were not asked for", parts.block.number.value));
    }
    if (auto what = Join(parts.block, *std::move(parts.receipts))) {
      return Contradiction{fmt::format("block {}: {}", parts.block.number.value, *what)};
    }
    blocks.push_back(std::move(parts.block));
  }
  return blocks;
}

}  // namespace

Result<std::vector<EvmBlock>> FetchFew(RpcNode& node, RpcSession& session, BlockRange range,
                                       const Patience& patience) {
  constexpr int kRoundsMax = 2;
  for (int round = 1;; ++round) {
    const std::uint64_t bytes_before = session.bytes_answered();
    TIDEMARK_TRY(FetchOutcome outcome, Round(node, session, patience).Run(range));
    if (auto* blocks = std::get_if<std::vector<EvmBlock>>(&outcome)) {
      node.ObserveAnswer(session.bytes_answered() - bytes_before, blocks->size());
      return std::move(*blocks);
    }
    if (round < kRoundsMax) continue;
    const RpcCall first{.method = RpcMethod::kBlock, .block = range.first()};
    return std::unexpected(NodeError(ErrorCode::kUnavailable, node, std::span(&first, 1),
                                     std::get<Contradiction>(outcome).what));
  }
}

}  // namespace tidemark::providers
