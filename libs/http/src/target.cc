#include "target.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "ascii.h"
#include "tidemark/base/text.h"

namespace tidemark::http {

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) {
    if (text.front() != '%') {
      decoded.push_back(text.front());
      text.remove_prefix(1);
      continue;
    }
    std::array<std::uint8_t, 1> byte{};
    if (!ParseHex(text.substr(1, 2), byte) || byte[0] == 0) return std::nullopt;
    decoded.push_back(static_cast<char>(byte[0]));
    text.remove_prefix(3);
  }
  return decoded;
}

std::optional<Target> SplitTarget(std::string_view target) {
  if (!target.starts_with('/')) {
    // Servers must take the absolute form too (RFC 9112 3.2.2).
    const auto scheme = target.substr(0, std::min(target.find("://"), target.size()));
    if (!EqualsIgnoringCase(scheme, "http") && !EqualsIgnoringCase(scheme, "https")) {
      return std::nullopt;
    }
    target.remove_prefix(scheme.size() + 3);
    const std::size_t host_end = target.find_first_of("/?");
    if (target.empty() || host_end == 0) return std::nullopt;
    if (host_end == std::string_view::npos) return Target{.path = "/", .query = {}};
    target.remove_prefix(host_end);
    if (target.front() == '?') return Target{.path = "/", .query = target.substr(1)};
  }
  const std::size_t path_end = std::min(target.find('?'), target.size());
  return Target{.path = target.substr(0, path_end),
                .query = target.substr(std::min(path_end + 1, target.size()))};
}

std::optional<std::map<std::string, std::string>> ParseQuery(std::string_view query) {
  std::map<std::string, std::string> values;
  std::string spaced(query);
  std::ranges::replace(spaced, '+', ' ');
  std::string_view rest = spaced;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, std::min(rest.find('&'), rest.size()));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto key = PercentDecode(pair.substr(0, equals));
    auto value = PercentDecode(pair.substr(std::min(equals + 1, pair.size())));
    if (!key || !value) return std::nullopt;
    values.insert_or_assign(*std::move(key), *std::move(value));
  }
  return values;
}

}  // namespace tidemark::http
