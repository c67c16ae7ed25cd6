#include "environment.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

namespace tidemark::dataset_store {
namespace {

bool IsVariableName(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && is_letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_letter(c) || is_digit(c); });
}

}  // namespace

Result<std::string> ExpandVariables(std::string_view text) {
  constexpr std::string_view kOpening = "${";
  std::string out;
  while (!text.empty()) {
    const std::size_t opening = text.find(kOpening);
    out += text.substr(0, opening);
    if (opening == std::string_view::npos) break;
    text.remove_prefix(opening + kOpening.size());
    const std::size_t closing = text.find('}');
    const std::string_view name = text.substr(0, closing);
    if (closing == std::string_view::npos || !IsVariableName(name)) {
      out += kOpening;
      continue;
    }
    const char* const value = std::getenv(std::string(name).c_str());
    if (value == nullptr) {
      return MakeError(ErrorCode::kNotFound, fmt::format("variable {} is not set", name));
    }
    out += value;
    text.remove_prefix(closing + 1);
  }
  return out;
}

}  // namespace tidemark::dataset_store
