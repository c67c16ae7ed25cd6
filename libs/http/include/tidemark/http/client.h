// The HTTP client: one connection, one request at a time, blocking.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/http/message.h"

namespace tidemark::http {

/// The parts of "http://host:port/path?query".
struct Url {
  bool is_tls = false;
  std::string host;
  std::uint16_t port = 80;
  std::string target = "/";  // Path and query.
};

/// Errors: kInvalidArgument for a scheme other than http and https, credentials in the URL, no
/// host, or a port that is none.
Result<Url> ParseUrl(std::string_view text);

/// A path segment or query value with everything but unreserved characters as %XX.
std::string PercentEncode(std::string_view text);

struct ClientOptions {
  std::uint64_t max_response_bytes = 64ULL << 20U;  // Body; past it the request fails.
  // Capacity left behind a body whose length was told, for who appends to it without a copy.
  std::size_t spare_response_bytes = 0;
};

struct ClientRequest {
  Method method = Method::kGet;
  std::string target;  // Path and query; empty: the URL's own.
  std::vector<Header> headers;
  std::string_view body;
};

/// Keeps its connection open between requests and opens it anew when the server has closed it; a
/// request that failed on a reused connection before any answer came is sent once more. Verifies
/// certificates against the system's store. Does not follow redirects. Not thread-safe.
class Client {
 public:
  explicit Client(Url url, const ClientOptions& options = {});
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// Any status is a reply, also 500.
  /// Errors: kUnavailable (no connection, closed, timed out, stopped, too large), naming host and
  /// port; kInvalidArgument if the server's certificate is not valid, or if the target or a header
  /// holds what would end its line.
  Result<Reply> Send(const ClientRequest& request, Deadline deadline, std::stop_token stop = {});

  /// Whether the latest Send failed because the answer was larger than `max_response_bytes`: the
  /// same request will fare no better, one that asks for less may.
  bool was_too_large() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::http
