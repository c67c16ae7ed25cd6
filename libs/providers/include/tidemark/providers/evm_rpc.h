// Blocks from an Ethereum JSON-RPC node over HTTP.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tidemark/base/result.h"
#include "tidemark/providers/block_source.h"

namespace tidemark::providers {

/// What a provider file of kind "evm-rpc" says.
struct EvmRpcOptions {
  /// http:// or https://, with path and query as needed.
  std::string url = {};
  /// Header that carries the token as it is. Absent: "Authorization: Bearer <token>".
  std::optional<std::string> auth_header = {};
  std::optional<std::string> auth_token = {};
  /// Calls; a batch counts each of its own.
  std::optional<std::uint32_t> rate_limit_per_minute = {};
  std::uint32_t concurrent_request_limit = 8;  // HTTP requests under way at once; 1 to 64.
  std::uint32_t rpc_batch_size = 10;           // Blocks in one request at most; 0 counts as 1.
  bool fetch_receipts_per_tx = false;          // For nodes without eth_getBlockReceipts.
  std::uint32_t timeout_s = 30;                // Of one HTTP request.
  /// Of one answer. A batch with a larger one is divided; a single call fails. Times
  /// concurrent_request_limit it bounds the memory that a node can make its source take.
  std::uint64_t max_response_bytes = 64ULL << 20U;
};

/// The most blocks of one FetchBlocks; it answers kInvalidArgument for more.
inline constexpr std::uint64_t kBlocksPerFetchMax = 65'536;

/// Does not connect yet. A concurrent_request_limit out of bounds counts as the nearest bound.
/// Errors: kInvalidArgument for a URL that is not http or https, or credentials that are no header.
Result<std::unique_ptr<BlockSource>> MakeEvmRpcSource(const EvmRpcOptions& options);

}  // namespace tidemark::providers
