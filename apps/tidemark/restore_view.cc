#include "restore_view.h"

#include <fmt/format.h>

namespace tidemark::app {

std::string DescribeRestoredFiles(JsonValue answer) {
  std::string text =
      fmt::format("{} files, {} of them new\n", UnsignedOf(answer, "total_files").value_or(0),
                  UnsignedOf(answer, "added_files").value_or(0));
  const auto listed = ArrayOf(answer, "unreadable");
  for (const JsonValue file : listed) {
    text +=
        fmt::format("  left out: {}: {}\n", TextOrDash(file, "path"), TextOrDash(file, "reason"));
  }
  const auto count = UnsignedOf(answer, "unreadable_count").value_or(0);
  if (count > listed.size()) text += fmt::format("  left out: {} more\n", count - listed.size());
  return text;
}

}  // namespace tidemark::app
