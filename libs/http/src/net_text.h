// Addresses and socket errors as a person reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/system/error_code.hpp>

namespace tidemark::http {

/// "127.0.0.1:1610" or "[::1]:1610".
std::string FormatEndpoint(std::string_view host, std::uint16_t port);

/// "connection refused".
std::string Reason(const boost::system::error_code& error);

}  // namespace tidemark::http
