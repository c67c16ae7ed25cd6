#include "request_check.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "ascii.h"
#include "target.h"
#include "tidemark/base/random.h"

namespace tidemark::http {
namespace {

bool IsSaneRequestId(std::string_view id) {
  constexpr std::size_t kMaxBytes = 128;
  return !id.empty() && id.size() <= kMaxBytes && std::ranges::all_of(id, [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '.' || c == '_' || c == '-';
  });
}

std::size_t CountHeader(const Request& request, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      request.headers, [&](const Header& h) { return EqualsIgnoringCase(h.name, name); }));
}

/// Whoever stands between the client and us may have read another length from a transfer encoding
/// that is anything but one "chunked"; what he took for a body would be a request here.
bool HasCertainLength(const RequestLine& line, const Request& request) {
  const auto encoding = request.FindHeader("Transfer-Encoding");
  if (!encoding) return true;
  return !line.is_http10 && CountHeader(request, "Transfer-Encoding") == 1 &&
         EqualsIgnoringCase(*encoding, "chunked");
}

bool MayHaveBody(std::optional<Method> method) {
  return method == Method::kPost || method == Method::kPut || method == Method::kDelete;
}

/// Which process it was, then which request. The system's generator would do too, but one call of
/// it can take longer than the whole request.
std::string MakeRequestId() {
  static const std::string process = fmt::format("{:016x}", RandomU64());
  static std::atomic<std::uint64_t> count = 0;
  constexpr std::size_t kDigits = 16;
  constexpr std::uint64_t kBase = 16;
  std::string id(2 * kDigits, '0');
  id.replace(0, kDigits, process);
  std::uint64_t left = ++count;
  for (auto digit = id.rbegin(); left != 0; ++digit, left /= kBase) {
    *digit = "0123456789abcdef"[left % kBase];
  }
  return id;
}

}  // namespace

std::string ChooseRequestId(const Request& request) {
  const auto id = request.FindHeader("X-Request-Id");
  return id && IsSaneRequestId(*id) ? std::string(*id) : MakeRequestId();
}

std::optional<Refusal> CheckRequest(const RequestLine& line, const ServerOptions& options,
                                    Request& request) {
  request.request_id = ChooseRequestId(request);
  if (line.target.size() > options.max_target_bytes) return Refusal{414, "the URL is too long"};
  const auto target = SplitTarget(line.target);
  if (!target) return Refusal{400, "the request target is not a path"};
  request.path = target->path;
  auto query = ParseQuery(target->query);
  if (!query) return Refusal{400, "the query holds an invalid percent escape"};
  request.query = *std::move(query);

  const std::size_t hosts = CountHeader(request, "Host");
  if (hosts > 1 || (hosts == 0 && !line.is_http10)) {
    return Refusal{400, "the request has not exactly one Host header"};
  }
  if (!HasCertainLength(line, request)) {
    return Refusal{400, "the only transfer encoding here is chunked"};
  }
  if (line.has_body && !MayHaveBody(line.method)) {
    return Refusal{400, "a request with this method has no body"};
  }
  return std::nullopt;
}

}  // namespace tidemark::http
