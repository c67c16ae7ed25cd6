// Characters as the HTTP grammar classes them: ASCII alone, whatever the locale.
#pragma once

#include <string>
#include <string_view>

namespace tidemark::http {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// What a method or a field's name is made of (RFC 9110 5.6.2).
constexpr bool IsTokenCharacter(char c) {
  return IsDigit(c) || IsLetter(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// Neither a control character nor a blank.
constexpr bool IsVisible(char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7F'; }

/// Not empty, and token characters only.
bool IsToken(std::string_view text);

/// True if `text` can be a field's value without starting another line.
bool IsFieldValue(std::string_view text);

bool EqualsIgnoringCase(std::string_view a, std::string_view b);
std::string ToLower(std::string_view text);

}  // namespace tidemark::http
