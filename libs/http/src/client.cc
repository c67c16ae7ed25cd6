#include "tidemark/http/client.h"

#include <algorithm>
#include <utility>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include "ascii.h"
#include "client_connection.h"
#include "head_scanner.h"
#include "net_text.h"
#include "parse_step.h"

namespace tidemark::http {
namespace {

namespace beast_http = boost::beast::http;
using Parser = beast_http::response_parser<beast_http::string_body>;

constexpr std::size_t kReadBytes = 16U << 10U;
constexpr std::size_t kMaxHeadBytes = 64U << 10U;
constexpr int kMaxInterimReplies = 8;

std::unexpected<Error> Unavailable(std::string message) {
  return MakeError(ErrorCode::kUnavailable, std::move(message));
}

Result<std::string> FormatRequest(const Url& url, const ClientRequest& request) {
  const std::string& target = request.target.empty() ? url.target : request.target;
  if (!target.starts_with('/') || !std::ranges::all_of(target, IsVisible)) {
    return MakeError(ErrorCode::kInvalidArgument, "the request target is not a path");
  }
  const bool is_default_port = url.port == (url.is_tls ? 443 : 80);
  std::string host = FormatEndpoint(url.host, url.port);
  if (is_default_port) host.resize(host.rfind(':'));

  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: tidemark\r\n",
                                 ToString(request.method), target, host);
  for (const Header& header : request.headers) {
    if (!IsToken(header.name) || !IsFieldValue(header.value)) {
      return MakeError(ErrorCode::kInvalidArgument, "a request header is malformed");
    }
    text.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  const bool wants_length = request.method == Method::kPost || request.method == Method::kPut;
  if (wants_length || !request.body.empty()) {
    text.append(fmt::format("Content-Length: {}\r\n", request.body.size()));
  }
  return text.append("\r\n").append(request.body);
}

}  // namespace

struct Client::Impl {
  /// One request and its answer over the open connection, which is closed unless it can be used
  /// again.
  Result<Reply> Exchange(Method method, std::string_view text, const WaitLimit& limit);
  Result<Reply> ReadReply(Method method, const WaitLimit& limit);
  Status ReadHead(Parser& parser, const WaitLimit& limit);
  Status ReadBody(Parser& parser, const WaitLimit& limit);
  /// Errors: kUnavailable. Also the end of the stream is one, unless `parser` can take it.
  Status ReadMore(Parser& parser, const WaitLimit& limit);
  std::unexpected<Error> TooLarge();

  Url url;
  ClientOptions options;
  ClientConnection connection;
  boost::beast::flat_buffer buffer{kMaxHeadBytes + kReadBytes};
  bool has_answer_begun = false;  // The latest request's.
  bool was_too_large = false;     // Its answer.
};

Result<Reply> Client::Impl::Exchange(Method method, std::string_view text, const WaitLimit& limit) {
  has_answer_begun = false;
  buffer.clear();
  const Status written = connection.Write(text, limit);
  // A server may refuse a request before it has read all of it; then its answer is here although
  // the rest could not be sent.
  Result<Reply> reply = ReadReply(method, limit);
  if (!reply || !written) connection.Close();
  if (!reply && !written && !has_answer_begun) return std::unexpected(written.error());
  return reply;
}

Result<Reply> Client::Impl::ReadReply(Method method, const WaitLimit& limit) {
  for (int interim = 0; interim <= kMaxInterimReplies; ++interim) {
    Parser parser;
    parser.header_limit(kMaxHeadBytes);
    parser.body_limit(options.max_response_bytes);
    parser.skip(method == Method::kHead);
    TIDEMARK_TRY(ReadHead(parser, limit));
    if (parser.get().result_int() / 100 == 1) continue;  // Such as 100 Continue.
    if (const auto length = parser.content_length()) {
      parser.get().body().reserve(std::min(*length, options.max_response_bytes) +
                                  options.spare_response_bytes);
    }
    TIDEMARK_TRY(ReadBody(parser, limit));

    // What follows an answer that nobody asked for cannot be told from the next one.
    if (!parser.keep_alive() || buffer.size() != 0) connection.Close();
    auto& message = parser.get();
    Reply reply{.status = static_cast<int>(message.result_int()),
                .content_type = {},
                .body = std::move(message.body()),
                .headers = {}};
    for (const auto& field : message.base()) {
      const auto name = field.name_string();
      const auto value = field.value();
      reply.headers.push_back(
          {.name = {name.data(), name.size()}, .value = {value.data(), value.size()}});
      if (EqualsIgnoringCase(reply.headers.back().name, "Content-Type")) {
        reply.content_type = reply.headers.back().value;
      }
    }
    return reply;
  }
  return Unavailable("the server sends interim answers without end");
}

Status Client::Impl::ReadHead(Parser& parser, const WaitLimit& limit) {
  HeadScanner head;
  for (;;) {
    const auto bytes = buffer.cdata();
    head.Scan({static_cast<const char*>(bytes.data()), bytes.size()});
    if (head.is_malformed()) return Unavailable("the answer is not HTTP/1.1");
    if (head.size_bytes().value_or(buffer.size()) > kMaxHeadBytes) {
      return Unavailable("the answer's headers are too large");
    }
    if (const auto size_bytes = head.size_bytes()) {
      const ParseStep step = ParseHead(parser, buffer, *size_bytes);
      if (step == ParseStep::kTooLarge) return TooLarge();
      if (step != ParseStep::kDone) return Unavailable("the answer is not valid HTTP/1.1");
      return {};
    }
    TIDEMARK_TRY(ReadMore(parser, limit));
  }
}

Status Client::Impl::ReadBody(Parser& parser, const WaitLimit& limit) {
  while (!parser.is_done()) {
    switch (ParseBody(parser, buffer)) {
      case ParseStep::kDone:
        return {};
      case ParseStep::kTooLarge:
        return TooLarge();
      case ParseStep::kMalformed:
        return Unavailable("the answer's body is not valid HTTP/1.1");
      case ParseStep::kNeedsMore:
        TIDEMARK_TRY(ReadMore(parser, limit));
    }
  }
  return {};
}

Status Client::Impl::ReadMore(Parser& parser, const WaitLimit& limit) {
  const auto space = buffer.prepare(std::min(kReadBytes, buffer.max_size() - buffer.size()));
  TIDEMARK_TRY(const std::size_t size_bytes,
               connection.ReadSome({static_cast<char*>(space.data()), space.size()}, limit));
  if (size_bytes != 0) {
    has_answer_begun = true;
    buffer.commit(size_bytes);
    return {};
  }
  if (!parser.is_header_done()) {
    return Unavailable(has_answer_begun ? "the connection was closed within the answer's head"
                                        : "the connection was closed before an answer came");
  }
  boost::system::error_code error;
  parser.put_eof(error);
  if (error) return Unavailable("the connection was closed within the answer's body");
  return {};
}

std::unexpected<Error> Client::Impl::TooLarge() {
  was_too_large = true;
  return Unavailable(
      fmt::format("the answer is larger than the limit of {} bytes", options.max_response_bytes));
}

Client::Client(Url url, const ClientOptions& options) : impl_(std::make_unique<Impl>()) {
  impl_->url = std::move(url);
  impl_->options = options;
}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

bool Client::was_too_large() const { return impl_->was_too_large; }

Result<Reply> Client::Send(const ClientRequest& request, Deadline deadline, std::stop_token stop) {
  const WaitLimit limit{deadline, std::move(stop)};
  const std::string endpoint = FormatEndpoint(impl_->url.host, impl_->url.port);
  impl_->was_too_large = false;
  TIDEMARK_TRY(const std::string text, FormatRequest(impl_->url, request));

  if (impl_->connection.is_open()) {
    Result<Reply> reply = impl_->Exchange(request.method, text, limit);
    if (reply) return reply;
    // The server may have closed the connection while nobody looked.
    const bool was_stale = !impl_->has_answer_begun && !limit.IsReached();
    if (!was_stale) return WithContext(endpoint, std::move(reply).error());
  }
  if (Status opened = impl_->connection.Open(impl_->url, limit); !opened) {
    return WithContext(endpoint, std::move(opened).error());
  }
  Result<Reply> reply = impl_->Exchange(request.method, text, limit);
  if (!reply) return WithContext(endpoint, std::move(reply).error());
  return reply;
}

}  // namespace tidemark::http
