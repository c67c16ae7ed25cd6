#include "raw_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "tidemark/base/text.h"

namespace tidemark::http {
namespace {

constexpr int kPatienceMs =
    static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(kPatience).count());

bool WaitFor(int fd, short events, int timeout_ms = kPatienceMs) {
  pollfd entry{.fd = fd, .events = events, .revents = 0};
  return ::poll(&entry, 1, timeout_ms) == 1;
}

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

RawSocket::RawSocket(RawSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      pending_(std::move(other.pending_)),
      is_ended_(other.is_ended_),
      was_reset_(other.was_reset_) {}

RawSocket& RawSocket::operator=(RawSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(pending_, other.pending_);
  std::swap(is_ended_, other.is_ended_);
  std::swap(was_reset_, other.was_reset_);
  return *this;
}

RawSocket::~RawSocket() {
  if (fd_ >= 0) ::close(fd_);
}

RawSocket RawSocket::ConnectTo(std::uint16_t port) {
  RawSocket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = Loopback(port);
  if (::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return RawSocket(-1);
  }
  // Each Send is to be a packet, so that a test can cut a message where it likes.
  const int on = 1;
  ::setsockopt(socket.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

bool RawSocket::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!WaitFor(fd_, POLLOUT)) return false;
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawSocket::FinishSending() { ::shutdown(fd_, SHUT_WR); }

void RawSocket::Reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(fd_, -1));
}

void RawSocket::ShrinkReceiveBuffer() {
  const int size_bytes = 4096;
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &size_bytes, sizeof size_bytes);
}

bool RawSocket::IsReadable() const { return WaitFor(fd_, POLLIN, 0); }

bool RawSocket::ReadSome() {
  if (is_ended_ || !WaitFor(fd_, POLLIN)) return false;
  std::array<char, 16384> bytes{};
  const ssize_t received = ::recv(fd_, bytes.data(), bytes.size(), 0);
  is_ended_ = received <= 0;
  was_reset_ = received < 0;
  if (!is_ended_) pending_.append(bytes.data(), static_cast<std::size_t>(received));
  return !is_ended_;
}

std::string RawSocket::ReadUntil(std::string_view end) {
  std::size_t found = pending_.find(end);
  while (found == std::string::npos && ReadSome()) found = pending_.find(end);
  const std::size_t taken = found == std::string::npos ? pending_.size() : found + end.size();
  std::string text = pending_.substr(0, taken);
  pending_.erase(0, taken);
  return text;
}

std::optional<std::string> RawSocket::ReadToEnd() {
  while (ReadSome()) {
  }
  if (!is_ended_) return std::nullopt;
  return std::exchange(pending_, {});
}

std::string RawSocket::ReadReply() {
  constexpr std::string_view kLength = "Content-Length: ";
  std::string reply = ReadUntil("\r\n\r\n");
  const std::size_t length_at = reply.find(kLength);
  if (length_at == std::string::npos) return reply;
  const std::size_t digits = length_at + kLength.size();
  const auto length = ParseDecimal<std::size_t>(
      std::string_view(reply).substr(digits, reply.find("\r\n", digits) - digits));
  while (length && pending_.size() < *length && ReadSome()) {
  }
  const std::size_t body_bytes = std::min(length.value_or(0), pending_.size());
  reply.append(pending_, 0, body_bytes);
  pending_.erase(0, body_bytes);
  return reply;
}

RawServer::RawServer(Script script) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0) return;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  ::listen(listener_, SOMAXCONN);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, script = std::move(script)] {
    for (int number = 0;; ++number) {
      RawSocket socket(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
      if (!socket.is_open()) return;
      script(socket, number);
    }
  });
}

RawServer::~RawServer() {
  ::shutdown(listener_, SHUT_RDWR);  // Wakes up accept.
  if (thread_.joinable()) thread_.join();
  ::close(listener_);
}

bool Eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return condition();
    std::this_thread::yield();
  }
  return true;
}

}  // namespace tidemark::http
