// Blocks from an Ethereum JSON-RPC node over HTTP.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tidemark/base/result.h"
#include "tidemark/providers/block_source.h"

namespace tidemark::providers {

/// A provider file of kind "evm-rpc" (amp-facts 9.4).
struct EvmRpcOptions {
  std::string url;                         // http:// or https://, with path and query as needed.
  std::optional<std::string> auth_header;  // Header that carries the token; absent: Authorization.
  std::optional<std::string> auth_token;   // Sent as "Bearer <token>" if no header is named.
  std::optional<std::uint32_t> rate_limit_per_minute;  // Requests; a batch counts each of its calls.
  std::uint32_t concurrent_request_limit = 8;  // HTTP requests under way at once.
  std::uint32_t rpc_batch_size = 10;           // Blocks asked for in one HTTP request; 0 counts as 1.
  bool fetch_receipts_per_tx = false;          // For nodes without eth_getBlockReceipts.
  std::uint32_t timeout_s = 30;                // Of one HTTP request.
  std::uint64_t max_response_bytes = 256ULL << 20U;
};

/// Does not connect yet.
/// Errors: kInvalidArgument for a URL that is not http or https.
Result<std::unique_ptr<BlockSource>> MakeEvmRpcSource(const EvmRpcOptions& options);

}  // namespace tidemark::providers
