#include "tidemark/http/trace_context.h"

#include <algorithm>
#include <cstddef>

namespace tidemark::http {
namespace {

constexpr std::size_t kVersionDigits = 2;
constexpr std::size_t kTraceIdDigits = 32;
constexpr std::size_t kParentIdDigits = 16;
constexpr std::size_t kFlagDigits = 2;

bool IsLowerHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool IsId(std::string_view digits) {
  return std::ranges::any_of(digits, [](char c) { return c != '0'; });
}

/// Takes so many hexadecimal digits from the front.
std::optional<std::string_view> TakeDigits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  const std::string_view digits = text.substr(0, count);
  if (!std::ranges::all_of(digits, IsLowerHex)) return std::nullopt;
  text.remove_prefix(count);
  return digits;
}

bool TakeDash(std::string_view& text) {
  if (!text.starts_with('-')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(std::string_view value) {
  const auto version = TakeDigits(value, kVersionDigits);
  if (!version || *version == "ff" || !TakeDash(value)) return std::nullopt;
  const auto trace_id = TakeDigits(value, kTraceIdDigits);
  if (!trace_id || !IsId(*trace_id) || !TakeDash(value)) return std::nullopt;
  const auto parent_id = TakeDigits(value, kParentIdDigits);
  if (!parent_id || !IsId(*parent_id) || !TakeDash(value)) return std::nullopt;
  const auto flags = TakeDigits(value, kFlagDigits);
  if (!flags) return std::nullopt;
  const bool may_go_on = *version != "00" && value.starts_with('-');
  if (!value.empty() && !may_go_on) return std::nullopt;
  constexpr std::string_view kOdd = "13579bdf";
  return TraceContext{
      .trace_id = *trace_id, .parent_id = *parent_id, .is_sampled = kOdd.contains(flags->back())};
}

}  // namespace tidemark::http
