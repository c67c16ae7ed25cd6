// A transaction as a full block carries it.
#pragma once

#include <optional>
#include <string>

#include "json_members.h"
#include "tidemark/model/evm_block.h"

namespace tidemark::providers {

/// What a transaction says of itself and of where it is. The receipt's fields are not set.
struct PlacedTransaction : EvmTransaction {
  BlockHash block_hash;
  BlockNumber block_number;
};

/// False, with `why`, for a transaction that is malformed or lacks what its type must have.
bool ReadTransaction(JsonObject& object, PlacedTransaction& transaction, std::string& why);

}  // namespace tidemark::providers
