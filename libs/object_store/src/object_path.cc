#include "tidemark/object_store/object_path.h"

#include <iterator>

#include <fmt/format.h>

namespace tidemark::object_store {
namespace {

bool IsPathCharacter(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("/-._~!$&'()*+,;=:@").find(c) != std::string_view::npos;
}

std::unexpected<Error> BadPath(std::string_view path, std::string_view why) {
  // A path with control characters would break the line of the log that shows the message.
  std::string shown;
  for (const char c : path) shown.push_back(c >= ' ' && c != '\x7f' ? c : '?');
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("object path '{}' {}", shown, why));
}

}  // namespace

Status CheckObjectPath(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return BadPath(path, "holds a NUL");
  for (std::string_view rest = path;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    if (segment.empty()) return BadPath(path, "is empty, absolute, or has an empty segment");
    if (segment == "." || segment == "..") return BadPath(path, "has a segment '.' or '..'");
    if (segment.starts_with(kTemporaryPrefix)) return BadPath(path, "is that of a temporary file");
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

std::string PercentEncodePath(std::string_view path) {
  std::string url;
  for (const char c : path) {
    if (IsPathCharacter(c)) {
      url.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(url), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return url;
}

}  // namespace tidemark::object_store
