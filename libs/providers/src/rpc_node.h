// One node as its connections share it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rate_limiter.h"
#include "reader_pool.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/http/client.h"
#include "tidemark/providers/evm_rpc.h"

namespace tidemark::providers {

/// Where the node is, how it is asked, and what has been learnt about it. Thread-safe.
class RpcNode {
 public:
  /// Errors: kInvalidArgument for a URL that is not http or https, or credentials that cannot be
  /// sent as a header.
  static Result<std::unique_ptr<RpcNode>> Make(const EvmRpcOptions& options);

  const EvmRpcOptions& options() const { return options_; }
  const http::Url& url() const { return url_; }
  const std::vector<http::Header>& headers() const { return headers_; }
  /// "host:port", which is all of the URL that a message may show: keys are in its path and query.
  const std::string& name() const { return name_; }

  /// Blocks to ask for in one request, at least 1: as many as the options say, unless the answers
  /// would get long. An answer is kept whole, with several times its size to parse it in.
  std::size_t blocks_per_request() const;
  /// Takes note of what that many blocks, 1 at least, took to answer.
  void ObserveAnswer(std::uint64_t bytes, std::uint64_t blocks);
  /// The most calls that the node has not refused to take in one request.
  std::size_t calls_per_request_max() const { return calls_per_request_max_; }
  void LimitCallsPerRequest(std::size_t calls);

  bool wants_receipts_by_transaction() const { return wants_receipts_by_transaction_; }
  void UseReceiptsByTransaction() { wants_receipts_by_transaction_ = true; }

  /// Until when the node wants no calls, on whatever connection; past if it has not said.
  SteadyTime pause_end() const { return SteadyTime(SteadyTime::duration(pause_end_)); }
  /// Never makes a pause shorter.
  void PauseUntil(SteadyTime end);

  ReaderPool& readers() { return readers_; }
  RateLimiter* rate_limiter() { return rate_limiter_ ? &*rate_limiter_ : nullptr; }

  /// The node's own words, fit for a message: short, printable, and left out if they repeat
  /// something of the URL or the credentials.
  std::string Quote(std::string_view words) const;

 private:
  RpcNode(const EvmRpcOptions& options, http::Url url);

  EvmRpcOptions options_;
  http::Url url_;
  std::string name_;
  std::vector<http::Header> headers_;
  std::vector<std::string> secrets_;
  std::atomic<std::size_t> calls_per_request_max_;
  std::atomic<std::uint64_t> bytes_per_block_ = 0;  // Smoothed; 0 before the first answer.
  std::atomic<bool> wants_receipts_by_transaction_;
  std::atomic<SteadyTime::rep> pause_end_ = SteadyTime::min().time_since_epoch().count();
  std::optional<RateLimiter> rate_limiter_;
  ReaderPool readers_;
};

}  // namespace tidemark::providers
