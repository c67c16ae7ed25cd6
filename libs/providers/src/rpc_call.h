// A JSON-RPC call that is put to a node.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tidemark/model/evm_block.h"
#include "tidemark/providers/block_source.h"

namespace tidemark::providers {

enum class RpcMethod : std::uint8_t {
  kChainId,
  kHead,
  kBlock,
  kBlockReceipts,
  kTransactionReceipt,
};

/// "eth_getBlockByNumber" and so on.
std::string_view ToString(RpcMethod method);

struct RpcCall {
  RpcMethod method;
  HeadTag tag = HeadTag::kLatest;  // Of kHead.
  BlockNumber block = {};          // Of all others but kChainId.
  Hash32 transaction = {};         // Of kTransactionReceipt.
};

/// What a message calls it: "eth_getBlockReceipts of block 17".
std::string Describe(const RpcCall& call);
/// The first call, and how many more there are.
std::string Describe(std::span<const RpcCall> calls);

/// The body of the request. One call is an object, several are a batch. Ids count from 1.
std::string RequestBody(std::span<const RpcCall> calls);

}  // namespace tidemark::providers
