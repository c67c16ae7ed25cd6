// Blocks in the shape of the Ethereum JSON-RPC, from tests/data/evm_rpc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "rpc_call.h"
#include "tidemark/model/block_range.h"

namespace tidemark::providers {

/// Members stay in the order in which the file has them.
using Json = nlohmann::ordered_json;

struct EvmFixture {
  Json block;
  Json receipts;

  BlockNumber number() const;
};

/// "london" and so on.
EvmFixture LoadFixture(std::string_view name);

/// The two calls that a block is fetched with.
std::vector<RpcCall> CallsFor(BlockNumber number);

/// An answer to a call, with the id that its place in the request gives it.
Json ResultElement(int id, const Json& result);
Json ErrorElement(int id, int code, std::string_view message);

/// The answer of a node to CallsFor.
Json AnswerOf(const EvmFixture& fixture);

}  // namespace tidemark::providers
