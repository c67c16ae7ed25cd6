// A node's answer to one HTTP request: from bytes to the value of each call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "block_receipts.h"
#include "rpc_call.h"
#include "tidemark/model/evm_block.h"
#include "tidemark/providers/block_source.h"

namespace tidemark::providers {

/// The node answered null: it has no such thing, yet or ever.
struct NotThere {};

/// The node's own refusal.
struct RpcError {
  std::int64_t code = 0;  // 0 if it gave none.
  std::string message;
};

/// The answer to kChainId.
struct ChainId {
  std::uint64_t value = 0;
};

/// What became of one call.
using RpcValue = std::variant<NotThere, RpcError, ChainId, ChainHead, EvmBlock, BlockReceipts>;

/// The node refused a batch as a whole.
struct BatchRefusal {
  RpcError error;
};

/// The answer is malformed, or disagrees with its question or with itself. Asking again may help: a
/// reorg between two calls looks like this, and so does half an answer.
struct Contradiction {
  std::string what;
};

/// A value for each call, in the order of the calls; or the reason why none can be trusted.
using RpcAnswer = std::variant<std::vector<RpcValue>, BatchRefusal, Contradiction>;

/// Parses answers, keeping its buffers from one to the next. Not thread-safe.
class AnswerReader {
 public:
  AnswerReader();
  ~AnswerReader();

  /// Capacity that `body` should have beyond its size, or else it is copied.
  static constexpr std::size_t kPaddingBytes = 64;

  /// A call's value is NotThere, an RpcError, or of the one kind that its method gives.
  RpcAnswer Read(std::string body, std::span<const RpcCall> calls);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::providers
