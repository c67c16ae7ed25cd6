// One connection to a node.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "patience.h"
#include "rpc_answer.h"
#include "rpc_call.h"
#include "rpc_node.h"
#include "tidemark/base/result.h"
#include "tidemark/http/client.h"

namespace tidemark::providers {

/// A value for each call, or why the answers cannot be trusted.
using AskOutcome = std::variant<std::vector<RpcValue>, Contradiction>;

/// Puts calls to a node: keeps to its rate limit and to the pauses it asks for, tries again what a
/// moment may mend, and divides a batch that the node does not take or answers at too great length.
/// Not thread-safe; `node` is shared and outlives it.
class RpcSession {
 public:
  explicit RpcSession(RpcNode& node);

  /// Values are in the order of the calls; a call's own error, other than a rate limit, is a value.
  /// Errors: kUnavailable, kInvalidArgument, as BlockSource has them.
  Result<AskOutcome> Ask(std::span<const RpcCall> calls, const Patience& patience);

  /// Of all answers so far that were looked into.
  std::uint64_t bytes_answered() const { return bytes_answered_; }

 private:
  struct Attempt;

  Result<RpcAnswer> AskOnce(std::span<const RpcCall> calls, const Patience& patience);
  Attempt Try(std::span<const RpcCall> calls, const std::string& body, const Patience& patience);
  Attempt Judge(std::span<const RpcCall> calls, http::Reply reply);
  Attempt JudgeAnswer(std::span<const RpcCall> calls, std::string body);
  Status WaitForPause(std::span<const RpcCall> calls, const Patience& patience);
  Status WaitForTurn(std::span<const RpcCall> calls, const Patience& patience);

  RpcNode& node_;
  http::Client client_;
  std::uint64_t bytes_answered_ = 0;
};

}  // namespace tidemark::providers
