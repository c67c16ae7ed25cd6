// The request target: its path, its query, and the percent escapes in both.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::http {

/// `text` with each %XX replaced, once. Nullopt for an escape without two hex digits, or one of
/// NUL, which no name in any API of ours holds and which ends a C string early.
std::optional<std::string> PercentDecode(std::string_view text);

struct Target {
  std::string_view path;   // Starts with a slash; as sent.
  std::string_view query;  // Without the question mark; as sent.
};

/// Splits "/path?query", or "http://host/path?query" as a request to a proxy has it. Nullopt for
/// any other form.
std::optional<Target> SplitTarget(std::string_view target);

/// The decoded keys and values of "a=1&b"; a plus sign is a blank, the last of two equal keys
/// counts, and a key without `=` has an empty value. Nullopt as in PercentDecode.
std::optional<std::map<std::string, std::string>> ParseQuery(std::string_view query);

}  // namespace tidemark::http
