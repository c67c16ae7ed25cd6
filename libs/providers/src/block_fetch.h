// Whole blocks over one connection.
#pragma once

#include <vector>

#include "patience.h"
#include "rpc_node.h"
#include "rpc_session.h"
#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/evm_block.h"

namespace tidemark::providers {

/// The blocks of a range that is small enough for one request, each with its receipts. Answers that
/// contradict each other, as after a reorg between two calls, are asked for once more.
/// Errors: as BlockSource::FetchBlocks.
Result<std::vector<EvmBlock>> FetchFew(RpcNode& node, RpcSession& session, BlockRange range,
                                       const Patience& patience);

}  // namespace tidemark::providers
