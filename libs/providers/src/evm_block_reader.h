// A block as eth_getBlockByNumber gives it.
#pragma once

#include <string>

#include "json_members.h"
#include "tidemark/model/evm_block.h"
#include "tidemark/providers/block_source.h"

namespace tidemark::providers {

/// A full block, without what its receipts will add. False, with `why`, if it is malformed, is not
/// number `asked`, or has a transaction that is not of it or not in its place.
bool ReadBlock(JsonObject& object, BlockNumber asked, EvmBlock& block, std::string& why);

/// The header members that a head has.
bool ReadHead(JsonObject& object, ChainHead& head, std::string& why);

}  // namespace tidemark::providers
