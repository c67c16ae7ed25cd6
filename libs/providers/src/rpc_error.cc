#include "rpc_error.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace tidemark::providers {
namespace {

constexpr std::int64_t kInvalidRequest = -32600;
constexpr std::int64_t kMethodNotFound = -32601;
constexpr std::int64_t kResourceUnavailable = -32003;  // Geth: the batch's answer is too large.
constexpr std::int64_t kMethodNotSupported = -32004;
constexpr std::int64_t kLimitExceeded = -32005;
constexpr std::int64_t kTooManyRequests = 429;  // HTTP's, which some nodes give as their own.

bool Mentions(std::string_view text, std::string_view lower_case_word) {
  const auto is_same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  return !std::ranges::search(text, lower_case_word, is_same).empty();
}

}  // namespace

bool IsRateLimit(const RpcError& error) {
  return error.code == kLimitExceeded || error.code == kTooManyRequests;
}

bool IsUnknownMethod(const RpcError& error) {
  return error.code == kMethodNotFound || error.code == kMethodNotSupported;
}

bool IsBatchTooLarge(const RpcError& error) {
  // There is no code for it. Nodes that limit batches agree on naming what they limit.
  return error.code == kInvalidRequest || error.code == kResourceUnavailable ||
         Mentions(error.message, "batch");
}

Error NodeError(ErrorCode code, const RpcNode& node, std::span<const RpcCall> calls,
                std::string_view what) {
  return {code, fmt::format("{}: {}: {}", Describe(calls), node.name(), what)};
}

Error NodeError(const RpcNode& node, const RpcCall& call, const RpcError& error) {
  const ErrorCode code =
      IsUnknownMethod(error) ? ErrorCode::kInvalidArgument : ErrorCode::kUnavailable;
  return NodeError(code, node, std::span(&call, 1),
                   fmt::format("error {}: {}", error.code, node.Quote(error.message)));
}

}  // namespace tidemark::providers
