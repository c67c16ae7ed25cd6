#include <algorithm>

#include "ascii.h"
#include "tidemark/base/text.h"
#include "tidemark/http/client.h"

namespace tidemark::http {
namespace {

// The URL itself is in no message: it may hold a password or a token.
std::unexpected<Error> BadUrl(std::string_view why) {
  return MakeError(ErrorCode::kInvalidArgument, "bad URL: " + std::string(why));
}

bool IsHostName(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '.' || c == '-' || c == '_';
  });
}

bool IsIpv6Text(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return IsDigit(c) || IsLetter(c) || c == ':' || c == '.' || c == '%';
  });
}

/// Fills host and port from "host", "host:port" or the same with "[v6 address]".
Status ParseAuthority(std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos) {
    return BadUrl("it may not hold a user name or a password");
  }
  std::string_view host = authority;
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return BadUrl("its [ has no ]");
    host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
    if (!IsIpv6Text(host)) return BadUrl("no IPv6 address between [ and ]");
  } else {
    host = authority.substr(0, std::min(authority.find(':'), authority.size()));
    port = authority.substr(host.size());
    if (!IsHostName(host)) return BadUrl("it names no host");
  }
  url.host = ToLower(host);
  if (port.empty()) return {};

  const auto number =
      port.starts_with(':') ? ParseDecimal<std::uint16_t>(port.substr(1)) : std::nullopt;
  if (!number || *number == 0) return BadUrl("its port is not a number from 1 to 65535");
  url.port = *number;
  return {};
}

}  // namespace

Result<Url> ParseUrl(std::string_view text) {
  if (!std::ranges::all_of(text, IsVisible))
    return BadUrl("it holds a blank or a control character");
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos)
    return BadUrl("it does not start with http:// or https://");
  const std::string scheme = ToLower(text.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") return BadUrl("its scheme is neither http nor https");

  Url url;
  url.is_tls = scheme == "https";
  url.port = url.is_tls ? 443 : 80;

  std::string_view rest = text.substr(scheme_end + 3);
  rest = rest.substr(0, std::min(rest.find('#'), rest.size()));
  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  TIDEMARK_TRY(ParseAuthority(rest.substr(0, authority_end), url));
  url.target = rest.substr(authority_end);
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  return url;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (IsLetter(c) || IsDigit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.push_back('%');
      encoded.push_back(kDigits[byte >> 4U]);
      encoded.push_back(kDigits[byte & 0xFU]);
    }
  }
  return encoded;
}

}  // namespace tidemark::http
