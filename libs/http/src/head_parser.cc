#include "head_parser.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

#include "ascii.h"

namespace tidemark::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

/// Takes the line from the front, and its end.
std::string_view TakeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find(kLineEnd));
  text.remove_prefix(line.size() + kLineEnd.size());
  return line;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

bool ParseRequestLine(std::string_view line, RequestHead& head) {
  const std::size_t method_end = line.find(' ');
  const std::size_t target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || method_end == target_end) return false;
  const std::string_view method = line.substr(0, method_end);
  const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
  const std::string_view version = line.substr(target_end + 1);
  if (!IsToken(method) || target.empty() || !std::ranges::all_of(target, IsVisible)) return false;
  head.method = method;
  head.target = target;
  head.is_http10 = version == "HTTP/1.0";
  return head.is_http10 || version == "HTTP/1.1";
}

/// Whether a header whose value is a list of words has this one.
bool ListsWord(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(','));
    if (EqualsIgnoringCase(Trim(item), word)) return true;
    list.remove_prefix(std::min(item.size() + 1, list.size()));
  }
  return false;
}

std::optional<std::uint64_t> ParseLength(std::string_view digits) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return length;
}

/// What the headers say of the connection so far.
struct ConnectionWords {
  bool has_close = false;
  bool has_keep_alive = false;
};

/// False if the header contradicts another, or itself.
bool Note(std::string_view name, std::string_view value, RequestHead& head,
          ConnectionWords& connection) {
  if (EqualsIgnoringCase(name, "Connection")) {
    connection.has_close = connection.has_close || ListsWord(value, "close");
    connection.has_keep_alive = connection.has_keep_alive || ListsWord(value, "keep-alive");
  } else if (EqualsIgnoringCase(name, "Content-Length")) {
    const auto length = ParseLength(value);
    if (!length || head.content_length) return false;
    head.content_length = length;
  } else if (EqualsIgnoringCase(name, "Transfer-Encoding")) {
    head.is_chunked = true;
  } else if (EqualsIgnoringCase(name, "Expect")) {
    head.wants_continue = EqualsIgnoringCase(value, "100-continue");
  }
  return true;
}

}  // namespace

bool ParseHead(std::string_view text, RequestHead& head, std::vector<Header>& headers) {
  if (!ParseRequestLine(TakeLine(text), head)) return false;

  ConnectionWords connection;
  while (text != kLineEnd) {
    const std::string_view line = TakeLine(text);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = Trim(line.substr(colon + 1));
    if (!IsToken(name) || !IsFieldValue(value)) return false;
    headers.push_back({.name = std::string(name), .value = std::string(value)});
    if (!Note(name, value, head, connection)) return false;
  }
  // Whoever stands between might believe the one or the other (RFC 9112 6.3).
  if (head.is_chunked && head.content_length) return false;
  // RFC 9110 10.1.1.
  head.wants_continue = head.wants_continue && !head.is_http10;
  head.keeps_open = !connection.has_close && (!head.is_http10 || connection.has_keep_alive);
  return true;
}

}  // namespace tidemark::http
