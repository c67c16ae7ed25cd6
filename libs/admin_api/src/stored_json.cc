#include "stored_json.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "tidemark/base/log.h"

namespace tidemark::admin_api {
namespace {

constexpr std::size_t kMaxDepth = 256;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Walks one text from its beginning, without recursion.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// One value, and nothing behind it.
  bool ScanAll() {
    while (true) {
      if (!ScanValueOrOpen()) return false;
      // A value is complete: what may follow depends on what it is in.
      while (true) {
        SkipBlanks();
        if (open_.empty()) return rest_.empty();
        if (Skip(open_.back() == '{' ? '}' : ']')) {
          open_.pop_back();
          continue;
        }
        if (!Skip(',')) return false;
        if (open_.back() == '{' && !ScanKey()) return false;
        break;
      }
    }
  }

 private:
  /// A complete value; or the openings of lists and objects down to the first complete one. An
  /// empty list or object is complete.
  bool ScanValueOrOpen() {
    while (true) {
      SkipBlanks();
      const bool opens_object = rest_.starts_with('{');
      if (!opens_object && !rest_.starts_with('[')) return ScanScalar();
      if (open_.size() == kMaxDepth) return false;
      const char bracket = rest_.front();
      rest_.remove_prefix(1);
      SkipBlanks();
      if (Skip(opens_object ? '}' : ']')) return true;
      open_.push_back(bracket);
      if (opens_object && !ScanKey()) return false;
    }
  }

  bool ScanScalar() {
    if (rest_.starts_with('"')) return ScanString();
    for (const std::string_view word : {"true", "false", "null"}) {
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return true;
    }
    return ScanNumber();
  }

  bool ScanKey() {
    SkipBlanks();
    if (!ScanString()) return false;
    SkipBlanks();
    return Skip(':');
  }

  bool ScanString() {
    if (!Skip('"')) return false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !ScanEscape()) return false;
    }
    return false;
  }

  bool ScanEscape() {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c != 'u') return std::string_view("\"\\/bfnrt").contains(c);
    if (rest_.size() < 4) return false;
    const bool is_hex = std::ranges::all_of(rest_.substr(0, 4), [](char digit) {
      return IsDigit(digit) || (digit >= 'a' && digit <= 'f') || (digit >= 'A' && digit <= 'F');
    });
    rest_.remove_prefix(4);
    return is_hex;
  }

  bool ScanNumber() {
    Skip('-');
    if (!Skip('0') && !SkipDigits()) return false;
    if (Skip('.') && !SkipDigits()) return false;
    if (Skip('e') || Skip('E')) {
      if (!Skip('+')) Skip('-');
      return SkipDigits();
    }
    return true;
  }

  /// At least one.
  bool SkipDigits() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && IsDigit(rest_.front())) rest_.remove_prefix(1);
    return rest_.size() < before;
  }

  bool Skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void SkipBlanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  std::string_view rest_;
  std::vector<char> open_;  // '{' or '[' for each one that is not closed.
};

}  // namespace

bool IsJson(std::string_view text) { return Scanner(text).ScanAll(); }

std::optional<std::string> MinifyJson(std::string_view text) {
  if (!IsJson(text) || !simdjson::validate_utf8(text.data(), text.size())) return std::nullopt;
  std::string out(text.size(), '\0');
  std::size_t size = 0;
  if (simdjson::minify(text.data(), text.size(), out.data(), size) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  out.resize(size);
  return out;
}

void WriteStoredJson(const std::optional<std::string>& stored, JsonWriter& json) {
  if (const auto value = stored ? MinifyJson(*stored) : std::nullopt) {
    json.Raw(*value);
  } else {
    json.Null();
  }
}

void WriteStoredObject(std::string_view name, std::string_view owner,
                       const std::optional<std::string>& stored, JsonWriter& json) {
  json.Key(name);
  const auto value = stored ? MinifyJson(*stored) : std::nullopt;
  if (value && value->starts_with('{')) {
    json.Raw(*value);
    return;
  }
  if (stored) {
    Log(LogLevel::kWarning, "stored_json_is_no_object", {{"of", owner}, {"member", name}});
  }
  json.Null();
}

}  // namespace tidemark::admin_api
