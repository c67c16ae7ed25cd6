#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "tidemark/base/text.h"
#include "tidemark/model/names.h"

namespace tidemark {
namespace {

bool IsNumeric(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool HasLeadingZero(std::string_view number) { return number.size() > 1 && number.front() == '0'; }

/// The part of `text` before the first `separator`; `text` keeps what follows it, or nothing.
std::string_view TakeUntil(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return part;
}

enum class NumericIdentifiers : std::uint8_t { kAnyDigits, kNoLeadingZero };

/// Dot-separated identifiers of [0-9A-Za-z-], none empty (semver.org 9 and 10).
bool AreIdentifiers(std::string_view text, NumericIdentifiers rule) {
  if (text.empty() || text.ends_with('.')) return false;
  while (!text.empty()) {
    const auto part = TakeUntil(text, '.');
    if (part.empty()) return false;
    const bool valid = std::ranges::all_of(part, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    });
    if (!valid) return false;
    if (rule == NumericIdentifiers::kNoLeadingZero && IsNumeric(part) && HasLeadingZero(part)) {
      return false;
    }
  }
  return true;
}

std::weak_ordering CompareIdentifier(std::string_view a, std::string_view b) {
  const bool a_numeric = IsNumeric(a);
  const bool b_numeric = IsNumeric(b);
  if (a_numeric != b_numeric) return b_numeric <=> a_numeric;  // Numbers precede words.
  // Without leading zeros the longer number is the greater one, whatever its size.
  if (a_numeric && a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

std::weak_ordering ComparePrerelease(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();  // A release is above its own.
  while (!a.empty() && !b.empty()) {
    const auto order = CompareIdentifier(TakeUntil(a, '.'), TakeUntil(b, '.'));
    if (order != 0) return order;
  }
  return b.empty() <=> a.empty();  // The one with more identifiers is above.
}

}  // namespace

Result<SemanticVersion> SemanticVersion::Parse(std::string_view text) {
  const auto fail = [&] {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("'{}' is no semantic version like 1.2.0", text));
  };
  SemanticVersion version;
  version.text_ = text;

  std::string_view rest = text;
  if (const auto plus = rest.find('+'); plus != std::string_view::npos) {
    if (!AreIdentifiers(rest.substr(plus + 1), NumericIdentifiers::kAnyDigits)) return fail();
    rest = rest.substr(0, plus);
  }
  if (const auto hyphen = rest.find('-'); hyphen != std::string_view::npos) {
    version.prerelease_ = rest.substr(hyphen + 1);
    if (!AreIdentifiers(version.prerelease_, NumericIdentifiers::kNoLeadingZero)) return fail();
    rest = rest.substr(0, hyphen);
  }
  if (std::ranges::count(rest, '.') != 2) return fail();
  for (std::uint64_t* number : {&version.major_, &version.minor_, &version.patch_}) {
    const auto part = TakeUntil(rest, '.');
    const auto value = ParseDecimal<std::uint64_t>(part);
    if (!value || HasLeadingZero(part)) return fail();
    *number = *value;
  }
  return version;
}

std::weak_ordering SemanticVersion::Compare(const SemanticVersion& other) const {
  if (major_ != other.major_) return major_ <=> other.major_;
  if (minor_ != other.minor_) return minor_ <=> other.minor_;
  if (patch_ != other.patch_) return patch_ <=> other.patch_;
  return ComparePrerelease(prerelease_, other.prerelease_);
}

}  // namespace tidemark
