// What the errors of nodes mean. The codes are EIP-1474's; what nodes do with them is less uniform.
#pragma once

#include <span>

#include "rpc_answer.h"
#include "rpc_call.h"
#include "rpc_node.h"
#include "tidemark/base/result.h"

namespace tidemark::providers {

/// The caller asks too much at the moment.
bool IsRateLimit(const RpcError& error);
/// The node does not have the method, or not any more.
bool IsUnknownMethod(const RpcError& error);
/// The call may be well, but not together with so many others.
bool IsBatchTooLarge(const RpcError& error);

/// "<calls>: <host:port>: <what>".
Error NodeError(ErrorCode code, const RpcNode& node, std::span<const RpcCall> calls,
                std::string_view what);
/// The error of a call that will not be tried again.
Error NodeError(const RpcNode& node, const RpcCall& call, const RpcError& error);

}  // namespace tidemark::providers
