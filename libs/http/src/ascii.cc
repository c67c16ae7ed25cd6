#include "ascii.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>

namespace tidemark::http {
namespace {

/// Which characters belong to a class. Every reply's headers are checked, so a look has to do.
using Class = std::array<bool, UCHAR_MAX + 1>;

template <class Predicate>
consteval Class ClassOf(Predicate contains) {
  Class members{};
  for (std::size_t i = 0; i < members.size(); ++i) members[i] = contains(static_cast<char>(i));
  return members;
}

constexpr Class kTokenCharacters = ClassOf(IsTokenCharacter);
constexpr Class kFieldCharacters = ClassOf(
    [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7F'); });

bool IsAllOf(const Class& members, std::string_view text) {
  for (const char c : text) {
    if (!members[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool IsToken(std::string_view text) { return !text.empty() && IsAllOf(kTokenCharacters, text); }

bool IsFieldValue(std::string_view text) { return IsAllOf(kFieldCharacters, text); }

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  // Most names differ in their length already.
  return a.size() == b.size() && std::ranges::equal(a, b, {}, Lower, Lower);
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), Lower);
  return lower;
}

}  // namespace tidemark::http
