#include "output.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

namespace tidemark::app {
namespace {

std::string_view Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

Status Print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return MakeError(ErrorCode::kUnavailable, "cannot write to standard output");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

bool IsTerminal() { return ::isatty(STDOUT_FILENO) == 1 && Environment("TERM") != "dumb"; }

bool UsesColor() { return IsTerminal() && Environment("NO_COLOR").empty(); }

Status LiveBlock::Show(std::string_view text) {
  std::string out;
  if (lines_ > 0) out = fmt::format("\x1b[{}A", lines_);
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1);
    // Clearing to the end of each line, not the whole block first, is what keeps it from
    // flickering.
    out.append(rest.substr(0, end)).append("\x1b[K\n");
    rest.remove_prefix(end + 1);
  }
  out += "\x1b[J";
  lines_ = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  return Print(out);
}

}  // namespace tidemark::app
