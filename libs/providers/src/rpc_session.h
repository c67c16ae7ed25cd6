// One connection to a node.
#pragma once

#include <span>
#include <variant>
#include <vector>

#include "pause.h"
#include "rpc_answer.h"
#include "rpc_call.h"
#include "rpc_node.h"
#include "tidemark/base/result.h"
#include "tidemark/http/client.h"

namespace tidemark::providers {

/// A value for each call, or why the answers cannot be trusted.
using AskOutcome = std::variant<std::vector<RpcValue>, Contradiction>;

/// Puts calls to a node: keeps to its rate limit, tries again what a moment may mend, and divides a
/// batch that the node does not take. Not thread-safe; `node` is shared and outlives it.
class RpcSession {
 public:
  explicit RpcSession(RpcNode& node);

  /// Values are in the order of the calls; a call's own error, other than a rate limit, is a value.
  /// Errors: kUnavailable, kInvalidArgument, as BlockSource has them.
  Result<AskOutcome> Ask(std::span<const RpcCall> calls, const Patience& patience);

 private:
  struct Attempt;

  Result<RpcAnswer> AskOnce(std::span<const RpcCall> calls, const Patience& patience);
  Attempt Try(std::span<const RpcCall> calls, const std::string& body, const Patience& patience);
  Attempt Judge(std::span<const RpcCall> calls, http::Reply reply);
  Attempt JudgeAnswer(std::span<const RpcCall> calls, std::string body);
  Status WaitForTurn(std::span<const RpcCall> calls, const Patience& patience);

  RpcNode& node_;
  http::Client client_;
  AnswerReader reader_;
};

}  // namespace tidemark::providers
