#include "listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace tidemark::http {
namespace {

bool Set(const FileDescriptor& socket, int level, int option) {
  const int on = 1;
  return ::setsockopt(socket.number(), level, option, &on, sizeof on) == 0;
}

boost::system::error_code LastErrorUnless(bool is_done) {
  if (is_done) return {};
  return {errno, boost::system::system_category()};
}

}  // namespace

boost::system::error_code Bind(boost::asio::ip::tcp::endpoint& endpoint, Port port,
                               FileDescriptor& socket) {
  socket = FileDescriptor(::socket(endpoint.protocol().family(),
                                   SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  auto size_bytes = static_cast<socklen_t>(endpoint.size());
  return LastErrorUnless(socket.is_open() && Set(socket, SOL_SOCKET, SO_REUSEADDR) &&
                         (port == Port::kOwn || Set(socket, SOL_SOCKET, SO_REUSEPORT)) &&
                         ::bind(socket.number(), endpoint.data(), size_bytes) == 0 &&
                         ::getsockname(socket.number(), endpoint.data(), &size_bytes) == 0);
}

boost::system::error_code Listen(const FileDescriptor& socket) {
  return LastErrorUnless(::listen(socket.number(), SOMAXCONN) == 0);
}

FileDescriptor Accept(const FileDescriptor& listener, boost::system::error_code& error) {
  FileDescriptor socket(
      ::accept4(listener.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  error = LastErrorUnless(socket.is_open());
  // Without it the kernel may wait for more. The connection works without.
  if (socket.is_open()) Set(socket, IPPROTO_TCP, TCP_NODELAY);
  return socket;
}

}  // namespace tidemark::http
