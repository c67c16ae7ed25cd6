// Blocks of one network, from one provider.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/chain_head.h"
#include "tidemark/model/evm_block.h"

namespace tidemark::providers {

/// Thread-safe. Every call ends at its deadline, or soon after `stop` is requested.
/// Errors of every function: kUnavailable for what a retry may mend (no answer, 429, 5xx, an answer
/// that contradicts itself, a block that is not there yet; also when stopped), kInvalidArgument for
/// what it cannot (refused credentials, an unknown method). The message names the method, the block
/// and the node's host, never credentials.
class BlockSource {
 public:
  BlockSource() = default;
  BlockSource(const BlockSource&) = delete;
  BlockSource& operator=(const BlockSource&) = delete;
  virtual ~BlockSource() = default;

  /// What a message calls it: the node's host and port.
  virtual std::string name() const { return "the source"; }

  /// The chain's EIP-155 id, by which sources of different chains are told apart whatever blocks
  /// they have. nullopt if the source does not tell.
  virtual Result<std::optional<std::uint64_t>> FetchChainId(Deadline deadline,
                                                            std::stop_token stop) = 0;

  /// nullopt if the chain has no such block yet.
  virtual Result<std::optional<ChainHead>> FetchHead(HeadTag tag, Deadline deadline,
                                                     std::stop_token stop) = 0;
  /// All blocks of the range, in order, each complete: transactions with their receipts, logs in
  /// order, everything of the block whose hash it carries. Neighbours need not link: the chain may
  /// have changed between two answers.
  virtual Result<std::vector<EvmBlock>> FetchBlocks(BlockRange range, Deadline deadline,
                                                    std::stop_token stop) = 0;
};

}  // namespace tidemark::providers
