// Receipts as eth_getBlockReceipts and eth_getTransactionReceipt give them.
#pragma once

#include <string>

#include "block_receipts.h"
#include "json_members.h"

namespace tidemark::providers {

/// Appends one receipt. False, with `why`, if it is malformed, is of another block than `number`
/// or than the receipts before it, or has a log of another transaction or with an index that does
/// not grow.
bool ReadReceipt(JsonObject& object, BlockNumber number, BlockReceipts& receipts, std::string& why);

/// The same for an array of receipts.
bool ReadReceipts(JsonArray& array, BlockNumber number, BlockReceipts& receipts, std::string& why);

}  // namespace tidemark::providers
