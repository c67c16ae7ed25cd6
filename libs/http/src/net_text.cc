#include "net_text.h"

#include <fmt/format.h>

#include "ascii.h"

namespace tidemark::http {

std::string FormatEndpoint(std::string_view host, std::uint16_t port) {
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string Reason(const boost::system::error_code& error) {
  std::string reason = error.message();
  const bool starts_a_word = reason.size() > 1 && IsLetter(reason[1]) && reason[1] >= 'a';
  if (starts_a_word) reason.replace(0, 1, ToLower(reason.substr(0, 1)));
  return reason;
}

}  // namespace tidemark::http
