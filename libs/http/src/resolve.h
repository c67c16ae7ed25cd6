// Names to addresses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "tidemark/base/result.h"
#include "wait_limit.h"

namespace tidemark::http {

/// The addresses of `host`, which may be one itself, in the order to try them.
/// Errors: kUnavailable if there are none, or the limit is reached first.
Result<std::vector<boost::asio::ip::tcp::endpoint>> Resolve(const std::string& host,
                                                            std::uint16_t port,
                                                            const WaitLimit& limit);

}  // namespace tidemark::http
