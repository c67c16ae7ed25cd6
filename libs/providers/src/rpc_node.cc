#include "rpc_node.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tidemark::providers {
namespace {

constexpr std::size_t kQuotedCharsMax = 200;
// Shorter parts of a URL, such as "v2" or "mainnet", are no keys; hiding them would hide messages.
constexpr std::size_t kSecretCharsMin = 8;

// What answers are to have, about. Longer ones are not faster, and take their memory several times.
constexpr std::uint64_t kAnswerBytes = 1ULL << 20U;
constexpr std::uint64_t kBlocksBeforeTheFirstAnswer = 4;

bool IsHeaderText(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::vector<std::string> FindSecrets(const EvmRpcOptions& options, std::string_view target) {
  std::vector<std::string> secrets;
  if (options.auth_token && !options.auth_token->empty()) secrets.push_back(*options.auth_token);
  while (!target.empty()) {
    const std::size_t end = std::min(target.find_first_of("/?&="), target.size());
    if (end >= kSecretCharsMin) secrets.emplace_back(target.substr(0, end));
    target.remove_prefix(std::min(end + 1, target.size()));
  }
  return secrets;
}

}  // namespace

Result<std::unique_ptr<RpcNode>> RpcNode::Make(const EvmRpcOptions& options) {
  TIDEMARK_TRY(http::Url url, http::ParseUrl(options.url));
  const std::string header = options.auth_header.value_or("Authorization");
  if (header.empty() || !IsHeaderText(header) || header.find_first_of(": ") != std::string::npos) {
    return MakeError(ErrorCode::kInvalidArgument, "auth_header is not the name of a header");
  }
  if (options.auth_token && !IsHeaderText(*options.auth_token)) {
    return MakeError(ErrorCode::kInvalidArgument, "auth_token has characters no header may have");
  }
  auto node = std::unique_ptr<RpcNode>(new RpcNode(options, std::move(url)));
  node->headers_ = {{.name = "Content-Type", .value = "application/json"},
                    {.name = "Accept", .value = "application/json"}};
  if (options.auth_token) {
    node->headers_.push_back({.name = header,
                              .value = options.auth_header
                                           ? *options.auth_token
                                           : fmt::format("Bearer {}", *options.auth_token)});
  }
  return node;
}

RpcNode::RpcNode(const EvmRpcOptions& options, http::Url url)
    : options_(options),
      url_(std::move(url)),
      name_(url_.host.find(':') == std::string::npos
                ? fmt::format("{}:{}", url_.host, url_.port)
                : fmt::format("[{}]:{}", url_.host, url_.port)),
      secrets_(FindSecrets(options_, url_.target)),
      // A block takes two calls.
      calls_per_request_max_(2 * std::size_t{std::max(options_.rpc_batch_size, 1U)}),
      wants_receipts_by_transaction_(options_.fetch_receipts_per_tx) {
  if (options_.rate_limit_per_minute) rate_limiter_.emplace(*options_.rate_limit_per_minute);
}

std::size_t RpcNode::blocks_per_request() const {
  const std::uint64_t bytes_per_block = bytes_per_block_;
  const std::uint64_t fitting =
      bytes_per_block == 0 ? kBlocksBeforeTheFirstAnswer : kAnswerBytes / bytes_per_block;
  return std::clamp<std::uint64_t>(fitting, 1, std::max(options_.rpc_batch_size, 1U));
}

void RpcNode::ObserveAnswer(std::uint64_t bytes, std::uint64_t blocks) {
  const std::uint64_t known = bytes_per_block_;
  const std::uint64_t measured = std::max<std::uint64_t>(bytes / blocks, 1);
  // Between two threads one may be lost: the next answer says nearly the same.
  bytes_per_block_ = known == 0 ? measured : known - known / 4 + measured / 4;
}

void RpcNode::LimitCallsPerRequest(std::size_t calls) {
  std::size_t limit = calls_per_request_max_;
  const std::size_t wanted = std::max<std::size_t>(calls, 1);
  // Never up: another thread may have learnt a lower limit meanwhile.
  while (wanted < limit && !calls_per_request_max_.compare_exchange_weak(limit, wanted)) {
  }
}

void RpcNode::PauseUntil(SteadyTime end) {
  SteadyTime::rep known = pause_end_;
  const SteadyTime::rep wanted = end.time_since_epoch().count();
  while (wanted > known && !pause_end_.compare_exchange_weak(known, wanted)) {
  }
}

std::string RpcNode::Quote(std::string_view words) const {
  const auto repeats = [&](const std::string& secret) {
    return words.find(secret) != std::string_view::npos;
  };
  if (std::ranges::any_of(secrets_, repeats)) return "(left out: it repeats credentials)";
  std::string text(words.substr(0, kQuotedCharsMax));
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace tidemark::providers
