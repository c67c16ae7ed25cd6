#include "output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <langinfo.h>
#include <locale.h>

namespace tidemark::app {
namespace {

std::string_view Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

/// Appends what fits; escape sequences all, so that a colour that was begun is ended.
void AppendClipped(std::string_view line, std::size_t columns, std::string& out) {
  std::size_t width = 0;
  bool is_escape = false;
  bool is_cut = false;
  for (const char c : line) {
    if (c == '\x1b') is_escape = true;
    if (is_escape) {
      out += c;
      is_escape = std::isalpha(static_cast<unsigned char>(c)) == 0;
      continue;
    }
    // Bytes that go on with a character belong to the one before.
    const bool is_first_byte = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    if (is_first_byte) is_cut = is_cut || ++width > columns;
    if (!is_cut) out += c;
  }
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

ScreenSize TerminalSize() {
  ScreenSize size;
  winsize told{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &told) != 0) return size;
  if (told.ws_col > 0) size.columns = told.ws_col;
  if (told.ws_row > 0) size.rows = told.ws_row;
  return size;
}

bool UsesUtf8() {
  // Asked of a locale of its own: the program's stays the plain one.
  const locale_t locale = ::newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) return false;
  const bool is_utf8 = std::string_view(::nl_langinfo_l(CODESET, locale)) == "UTF-8";
  ::freelocale(locale);
  return is_utf8;
}

std::string ClipToScreen(std::string_view text, const ScreenSize& size) {
  std::string out;
  std::size_t lines = 0;
  // A line below the block is the cursor's.
  while (!text.empty() && lines + 1 < size.rows) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    AppendClipped(text.substr(0, end), size.columns, out);
    out += '\n';
    ++lines;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

Status LiveBlock::Show(std::string_view text) {
  const std::string clipped = ClipToScreen(text, TerminalSize());
  std::string out;
  if (lines_ > 0) out = fmt::format("\x1b[{}A", lines_);
  for (std::string_view rest = clipped; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1);
    // Clearing to the end of each line, not the whole block first, is what keeps it from
    // flickering.
    out.append(rest.substr(0, end)).append("\x1b[K\n");
    rest.remove_prefix(end + 1);
  }
  out += "\x1b[J";
  lines_ = static_cast<std::size_t>(std::ranges::count(clipped, '\n'));
  return Print(out);
}

}  // namespace tidemark::app
