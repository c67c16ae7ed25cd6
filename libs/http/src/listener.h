// A socket that clients connect to.
#pragma once

#include <cstdint>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include "tidemark/base/file_descriptor.h"

namespace tidemark::http {

enum class Port : std::uint8_t {
  kOwn,
  kShared,  // Others may listen at it too, if they all say so (SO_REUSEPORT).
};

/// Takes the address, without listening yet. `endpoint` is then as the kernel has it: with a port
/// where none was given.
boost::system::error_code Bind(boost::asio::ip::tcp::endpoint& endpoint, Port port,
                               FileDescriptor& socket);

/// From here on clients can connect.
boost::system::error_code Listen(const FileDescriptor& socket);

/// One that has connected: not blocking, and sends what it is given at once. Closed if there is
/// none: `error` says why, and is EAGAIN if nobody has connected.
FileDescriptor Accept(const FileDescriptor& listener, boost::system::error_code& error);

}  // namespace tidemark::http
