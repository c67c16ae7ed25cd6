#include "tidemark/base/log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "tidemark/base/clock.h"
#include "tidemark/base/json_writer.h"

namespace tidemark {
namespace {

std::atomic<LogLevel> g_level{LogLevel::kInfo};

void AppendValue(std::string& line, std::string_view value) {
  const bool plain = !value.empty() && std::ranges::all_of(value, [](char c) {
    return c > ' ' && c < 127 && c != '"' && c != '=' && c != '\\';
  });
  if (plain) {
    line += value;
  } else {
    AppendJsonString(line, value);
  }
}

}  // namespace

void SetLogLevel(LogLevel level) { g_level.store(level, std::memory_order_relaxed); }

std::string_view ToString(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
    case LogLevel::kOff:
      return "off";
  }
  return "off";
}

std::optional<LogLevel> ParseLogLevel(std::string_view text) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError, LogLevel::kOff}) {
    if (text == ToString(level)) return level;
  }
  return std::nullopt;
}

bool IsLogged(LogLevel level) { return level >= g_level.load(std::memory_order_relaxed); }

std::string LogLine(LogLevel level, std::string_view event,
                    std::initializer_list<LogField> fields) {
  std::string line = "ts=" + FormatRfc3339(SystemClock().Now());
  line.append(" level=").append(ToString(level)).append(" event=").append(event);
  for (const LogField& field : fields) {
    line.append(" ").append(field.key).append("=");
    AppendValue(line, field.value);
  }
  line.push_back('\n');
  return line;
}

void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!IsLogged(level)) return;
  const std::string line = LogLine(level, event, fields);
  // A lost log line must never stop the work that it reports, so the result is not looked at.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace tidemark
