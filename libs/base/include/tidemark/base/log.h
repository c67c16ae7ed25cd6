// Logging: one line an event, logfmt, on standard error.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError, kOff };

/// One key and its value. A value with a blank, a quote or a control character is quoted.
struct LogField {
  LogField(std::string_view field_key, std::string_view field_value)
      : key(field_key), value(field_value) {}
  LogField(std::string_view field_key, const char* field_value)
      : LogField(field_key, std::string_view(field_value)) {}
  LogField(std::string_view field_key, const std::string& field_value)
      : LogField(field_key, std::string_view(field_value)) {}
  LogField(std::string_view field_key, std::integral auto field_value)
      : key(field_key), value(std::to_string(field_value)) {}

  std::string_view key;
  std::string value;
};

/// Events below `level` are dropped. kInfo at first. Thread-safe, like everything here.
void SetLogLevel(LogLevel level);

/// "debug", "info", "warning", "error" or "off".
std::string_view ToString(LogLevel level);
std::optional<LogLevel> ParseLogLevel(std::string_view text);

/// Writes `ts=... level=... event=<event> key=value ...` as one write, so that lines of several
/// threads do not mix. `event` is a constant in snake_case; what varies goes in fields.
void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

/// For who writes lines by other ways: whether Log would write an event of that level,
bool IsLogged(LogLevel level);
/// and the line that it would write, with its end.
std::string LogLine(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

}  // namespace tidemark
