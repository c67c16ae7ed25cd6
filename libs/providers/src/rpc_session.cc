#include "rpc_session.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "rpc_error.h"
#include "tidemark/base/random.h"
#include "tidemark/base/text.h"
#include "tidemark/base/wait.h"

namespace tidemark::providers {
namespace {

constexpr int kTriesMax = 4;
constexpr std::chrono::milliseconds kFirstBackOff{100};
// What a node may ask for. A minute brings any honest limit back; a node that wants more is asked
// again all the same, so that a slip of its own does not end a job for a day.
constexpr std::chrono::seconds kRetryAfterMax{60};

/// Full jitter: anywhere between now and the doubled limit, so that the clients of a node that
/// comes back do not all come back at once.
std::chrono::nanoseconds BackOff(int tries) {
  const std::chrono::nanoseconds limit = kFirstBackOff * (1 << (tries - 1));
  return std::chrono::nanoseconds(RandomU64() % static_cast<std::uint64_t>(limit.count()));
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// Retry-After in seconds; its other form, a date, is for people and ignored.
std::optional<std::chrono::seconds> RetryAfter(const http::Reply& reply) {
  for (const http::Header& header : reply.headers) {
    if (!EqualsIgnoringCase(header.name, "Retry-After")) continue;
    const auto seconds = ParseDecimal<std::uint64_t>(header.value);
    if (!seconds) continue;
    // Compared as plain numbers: the node's may be past what a duration holds.
    const auto max = static_cast<std::uint64_t>(kRetryAfterMax.count());
    return std::chrono::seconds(std::min(*seconds, max));
  }
  return std::nullopt;
}

}  // namespace

/// How one HTTP request ended.
struct RpcSession::Attempt {
  enum class Next : std::uint8_t { kReturn, kTryAgain };

  static Attempt Final(Result<RpcAnswer> result) { return {std::move(result), Next::kReturn, {}}; }
  static Attempt Again(Error error, std::optional<std::chrono::nanoseconds> after = std::nullopt) {
    return {std::unexpected(std::move(error)), Next::kTryAgain, after};
  }

  Result<RpcAnswer> result;
  Next next;
  std::optional<std::chrono::nanoseconds> after;  // As the node wishes.
};

RpcSession::RpcSession(RpcNode& node)
    : node_(node),
      client_(node.url(), {.max_response_bytes = node.options().max_response_bytes,
                           .spare_response_bytes = AnswerReader::kPaddingBytes}) {}

Result<AskOutcome> RpcSession::Ask(std::span<const RpcCall> calls, const Patience& patience) {
  std::vector<RpcValue> values;
  values.reserve(calls.size());
  while (!calls.empty()) {
    const auto asked = calls.first(std::min(calls.size(), node_.calls_per_request_max()));
    TIDEMARK_TRY(RpcAnswer answer, AskOnce(asked, patience));
    if (auto* contradiction = std::get_if<Contradiction>(&answer)) {
      return std::move(*contradiction);
    }
    if (const auto* refusal = std::get_if<BatchRefusal>(&answer)) {
      if (asked.size() == 1) {
        return std::unexpected(NodeError(node_, asked.front(), refusal->error));
      }
      node_.LimitCallsPerRequest(asked.size() / 2);
      continue;
    }
    std::ranges::move(std::get<std::vector<RpcValue>>(answer), std::back_inserter(values));
    calls = calls.subspan(asked.size());
  }
  return values;
}

Result<RpcAnswer> RpcSession::AskOnce(std::span<const RpcCall> calls, const Patience& patience) {
  const std::string body = RequestBody(calls);
  for (int tries = 1;; ++tries) {
    TIDEMARK_TRY(WaitForTurn(calls, patience));
    Attempt attempt = Try(calls, body, patience);
    if (attempt.next == Attempt::Next::kReturn || tries == kTriesMax)
      return std::move(attempt.result);
    const std::chrono::nanoseconds wait = attempt.after ? *attempt.after : BackOff(tries);
    const SteadyTime next_try = std::chrono::steady_clock::now() + wait;
    // No use in waiting for a try that would come too late.
    if (next_try >= patience.deadline.time()) return std::move(attempt.result);
    WaitUntil(next_try, patience.stop);
    if (patience.stop.stop_requested()) return std::move(attempt.result);
  }
}

Status RpcSession::WaitForTurn(std::span<const RpcCall> calls, const Patience& patience) {
  TIDEMARK_TRY(WaitForPause(calls, patience));
  if (RateLimiter* limiter = node_.rate_limiter()) {
    const auto turn =
        limiter->TakeTurn(calls.size(), std::chrono::steady_clock::now(), patience.deadline.time());
    if (!turn) {
      return std::unexpected(NodeError(ErrorCode::kUnavailable, node_, calls,
                                       "the rate limit leaves no turn before the deadline"));
    }
    WaitUntil(*turn, patience.stop);
  }
  if (patience.stop.stop_requested()) {
    return std::unexpected(NodeError(ErrorCode::kUnavailable, node_, calls, "stopped"));
  }
  return {};
}

Status RpcSession::WaitForPause(std::span<const RpcCall> calls, const Patience& patience) {
  const SteadyTime end = node_.pause_end();
  if (end >= patience.deadline.time()) {
    const auto left =
        std::chrono::ceil<std::chrono::seconds>(end - std::chrono::steady_clock::now());
    return std::unexpected(
        NodeError(ErrorCode::kUnavailable, node_, calls,
                  fmt::format("the node wants no calls for another {} s", left.count())));
  }
  WaitUntil(end, patience.stop);
  return {};
}

RpcSession::Attempt RpcSession::Try(std::span<const RpcCall> calls, const std::string& body,
                                    const Patience& patience) {
  const SteadyTime timeout =
      std::chrono::steady_clock::now() + std::chrono::seconds(node_.options().timeout_s);
  Result<http::Reply> reply = client_.Send(
      {.method = http::Method::kPost, .target = {}, .headers = node_.headers(), .body = body},
      Deadline::At(std::min(timeout, patience.deadline.time())), patience.stop);
  if (reply) return Judge(calls, *std::move(reply));
  Error error = WithContext(Describe(calls), std::move(reply).error()).error();
  if (client_.was_too_large() && calls.size() > 1) {
    return Attempt::Final(BatchRefusal{{0, "the answer is too large"}});
  }
  if (error.code != ErrorCode::kUnavailable || client_.was_too_large()) {
    return Attempt::Final(std::unexpected(error));
  }
  return Attempt::Again(std::move(error));
}

RpcSession::Attempt RpcSession::Judge(std::span<const RpcCall> calls, http::Reply reply) {
  const auto error = [&](ErrorCode code) {
    return NodeError(code, node_, calls, fmt::format("HTTP status {}", reply.status));
  };
  const auto again = [&] {
    const auto after = RetryAfter(reply);
    if (after) node_.PauseUntil(std::chrono::steady_clock::now() + *after);
    return Attempt::Again(error(ErrorCode::kUnavailable), after);
  };
  switch (reply.status) {
    case 200:
      return JudgeAnswer(calls, std::move(reply.body));
    case 400:
      if (calls.size() == 1) break;
      [[fallthrough]];
    case 413:
      return Attempt::Final(BatchRefusal{{reply.status, "the request is too large"}});
    case 408:
    case 425:
    case 429:
      return again();
    default:
      break;
  }
  if (reply.status >= 500) return again();
  return Attempt::Final(std::unexpected(error(ErrorCode::kInvalidArgument)));
}

RpcSession::Attempt RpcSession::JudgeAnswer(std::span<const RpcCall> calls, std::string body) {
  bytes_answered_ += body.size();
  RpcAnswer answer = node_.readers().Read(std::move(body), calls);
  if (const auto* refusal = std::get_if<BatchRefusal>(&answer)) {
    if (IsRateLimit(refusal->error) && !IsBatchTooLarge(refusal->error)) {
      return Attempt::Again(NodeError(node_, calls.front(), refusal->error));
    }
  }
  if (auto* values = std::get_if<std::vector<RpcValue>>(&answer)) {
    for (std::size_t i = 0; i < values->size(); ++i) {
      auto* error = std::get_if<RpcError>(&(*values)[i]);
      if (error == nullptr) continue;
      if (calls.size() > 1 && IsBatchTooLarge(*error)) {
        return Attempt::Final(BatchRefusal{std::move(*error)});
      }
      if (IsRateLimit(*error)) return Attempt::Again(NodeError(node_, calls[i], *error));
    }
  }
  return Attempt::Final(std::move(answer));
}

}  // namespace tidemark::providers
