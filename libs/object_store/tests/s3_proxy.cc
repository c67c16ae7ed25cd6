#include "s3_proxy.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tidemark/base/text.h"

namespace tidemark::object_store {
namespace {

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// False at the end of the stream.
bool ReceiveMore(int socket, std::string& bytes) {
  std::array<char, 65'536> chunk{};
  const ssize_t got = ::recv(socket, chunk.data(), chunk.size(), 0);
  if (got <= 0) return false;
  bytes.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<ProxiedRequest> ReadRequest(int socket) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::string bytes;
  std::size_t end = 0;
  while ((end = bytes.find(kEnd)) == std::string::npos) {
    if (!ReceiveMore(socket, bytes)) return std::nullopt;
  }
  ProxiedRequest request;
  request.head = bytes.substr(0, end + kEnd.size());
  request.body = bytes.substr(end + kEnd.size());
  const std::size_t blank = bytes.find(' ');
  request.method = bytes.substr(0, blank);
  request.target = bytes.substr(blank + 1, bytes.find(' ', blank + 1) - blank - 1);
  const auto length = ParseDecimal<std::size_t>(request.HeaderOf("content-length")).value_or(0);
  while (request.body.size() < length) {
    if (!ReceiveMore(socket, request.body)) return std::nullopt;
  }
  return request;
}

}  // namespace

std::string ProxiedRequest::HeaderOf(std::string_view name) const {
  std::string lower = head;
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const std::string mark = fmt::format("\r\n{}: ", name);
  const std::size_t begin = lower.find(mark);
  if (begin == std::string::npos) return "";
  const std::size_t value = begin + mark.size();
  return head.substr(value, head.find("\r\n", value) - value);
}

bool ProxiedRequest::makes_object() const {
  const bool is_of_upload = target.find("uploadId=") != std::string::npos;
  return method == (is_of_upload ? "POST" : "PUT");
}

Fault Answer(int status, std::string_view body, std::string_view headers) {
  return {.kind = Fault::Kind::kAnswer,
          .answer = fmt::format(
              "HTTP/1.1 {} Status\r\nContent-Length: {}\r\n{}Connection: close\r\n\r\n{}", status,
              body.size(), headers, body)};
}

Fault ErrorAnswer(int status, std::string_view code, std::string_view message) {
  return Answer(status, fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}"
                                    "</Code><Message>{}</Message></Error>",
                                    code, message));
}

S3Proxy::S3Proxy(std::uint16_t server_port, Script script)
    : server_port_(server_port),
      script_(std::move(script)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(listener_, 64), 0);
  EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { Accept(); });
}

S3Proxy::~S3Proxy() {
  is_ending_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  std::vector<std::jthread> connections;
  {
    const MutexLock lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    connections.swap(connections_);
  }
  connections.clear();
  const MutexLock lock(mutex_);
  for (const int socket : sockets_) ::close(socket);
  ::close(listener_);
}

std::vector<ProxiedRequest> S3Proxy::requests() {
  const MutexLock lock(mutex_);
  return requests_;
}

std::vector<ProxiedRequest> S3Proxy::making_requests() {
  auto making = requests();
  std::erase_if(making, [](const ProxiedRequest& request) { return !request.makes_object(); });
  return making;
}

void S3Proxy::Accept() {
  while (!is_ending_) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const MutexLock lock(mutex_);
    sockets_.push_back(socket);
    connections_.emplace_back([this, socket] { Serve(socket); });
  }
}

/// The server's whole answer.
std::string S3Proxy::Forward(const ProxiedRequest& request) const {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(server_port_);
  std::string answer;
  if (socket >= 0 &&
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    // So that the answer is whole when the connection ends.
    SendAll(socket, request.head.substr(0, request.head.size() - 2) + "Connection: close\r\n\r\n");
    SendAll(socket, request.body);
    while (ReceiveMore(socket, answer)) {
    }
  }
  if (socket >= 0) ::close(socket);
  return answer;
}

void S3Proxy::Serve(int socket) {
  using Kind = Fault::Kind;
  const auto request = ReadRequest(socket);
  if (request) {
    {
      const MutexLock lock(mutex_);
      requests_.push_back(*request);
    }
    const Fault fault = script_(*request);
    const bool is_asked =
        fault.kind != Kind::kAnswer && fault.kind != Kind::kDrop && fault.kind != Kind::kSilence;
    const std::string answer = is_asked ? Forward(*request) : fault.answer;
    if (fault.kind == Kind::kNone || fault.kind == Kind::kAnswer) SendAll(socket, answer);
    if (fault.kind == Kind::kHalfAnswer) {
      SendAll(socket, std::string_view(answer).substr(0, answer.size() / 2));
    }
    if (fault.kind == Kind::kSilence || fault.kind == Kind::kLateSilence) {
      // Until the client, or the proxy, has had enough.
      for (std::string ignored; ReceiveMore(socket, ignored);) {
      }
    }
  }
  ::shutdown(socket, SHUT_RDWR);
}

}  // namespace tidemark::object_store
