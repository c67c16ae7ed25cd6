// A client of HTTP for programs that ask a server on loopback as fast as it answers.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "program.h"

namespace tidemark::programs {

/// A connection that stays open.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket API's own way.
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      Fail(fmt::format("cannot connect to port {}", port));
    }
  }
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client& operator=(Client&&) = delete;
  ~Client() {
    if (fd_ >= 0) close(fd_);
  }

  void Send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) Fail("a server has closed the connection");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// Head and body; valid until the next call.
  std::string_view Receive() {
    pending_.erase(0, std::exchange(taken_, 0));
    std::size_t head = std::string::npos;
    while ((head = pending_.find("\r\n\r\n")) == std::string::npos) ReadMore();
    const std::size_t size = head + 4 + LengthOf(std::string_view(pending_).substr(0, head));
    while (pending_.size() < size) ReadMore();
    taken_ = size;
    return std::string_view(pending_).substr(0, size);
  }

 private:
  static std::size_t LengthOf(std::string_view head) {
    constexpr std::string_view kName = "\r\nContent-Length: ";
    const auto at = head.find(kName);
    if (at == std::string_view::npos) return 0;
    std::size_t length = 0;
    std::from_chars(head.data() + at + kName.size(), head.data() + head.size(), length);
    return length;
  }

  void ReadMore() {
    char bytes[16'384];
    const ssize_t got = recv(fd_, bytes, sizeof bytes, 0);
    if (got <= 0) Fail("a server has closed the connection, or not answered for 30 s");
    pending_.append(bytes, static_cast<std::size_t>(got));
  }

  int fd_;
  std::string pending_;
  std::size_t taken_ = 0;
};

}  // namespace tidemark::programs
