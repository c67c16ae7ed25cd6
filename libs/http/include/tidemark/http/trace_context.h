// Which trace a request belongs to: the header "traceparent" of W3C Trace Context.
#pragma once

#include <optional>
#include <string_view>

namespace tidemark::http {

/// As the caller sent it; points into the header's value.
struct TraceContext {
  std::string_view trace_id;   // 32 hexadecimal digits.
  std::string_view parent_id;  // 16: the caller's span.
  bool is_sampled = false;
};

/// Nullopt for a value that has to be ignored: malformed, or with an id that is all zeros. That of
/// a version to come is read as far as version 00 goes (W3C Trace Context 4.3).
std::optional<TraceContext> ParseTraceparent(std::string_view value);

}  // namespace tidemark::http
