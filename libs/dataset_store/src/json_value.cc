#include "json_value.h"

#include <algorithm>

#include <fmt/format.h>

namespace tidemark::dataset_store {
namespace {

// Deeper than any table's type; shallow enough for the recursion over it.
constexpr std::size_t kMaxDepth = 128;

// A path is for people: a name that nobody can read to its end is cut.
constexpr std::size_t kLongestNameInPath = 80;

bool HasControlCharacter(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

Result<simdjson::dom::element> ParseJson(simdjson::dom::parser& parser, std::string_view json) {
  simdjson::error_code error = parser.allocate(json.size(), kMaxDepth);
  simdjson::dom::element root;
  if (error == simdjson::SUCCESS) error = parser.parse(json.data(), json.size()).get(root);
  if (error != simdjson::SUCCESS) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("not valid JSON: {}", simdjson::error_message(error)));
  }
  return root;
}

Result<std::string_view> JsonValue::Text() const {
  TIDEMARK_TRY(const auto text, MultilineText());
  if (HasControlCharacter(text)) return MustBe("text without control characters");
  return text;
}

Result<std::string_view> JsonValue::MultilineText() const {
  std::string_view text;
  if (element_.get(text) != simdjson::SUCCESS) return MustBe("a string");
  return text;
}

Result<bool> JsonValue::Bool() const {
  bool value = false;
  if (element_.get(value) != simdjson::SUCCESS) return MustBe("true or false");
  return value;
}

Result<std::uint64_t> JsonValue::Unsigned() const {
  std::uint64_t value = 0;
  if (element_.get(value) != simdjson::SUCCESS) return MustBe("an integer from 0 to 2^64-1");
  return value;
}

Result<std::int64_t> JsonValue::Integer(std::int64_t min, std::int64_t max) const {
  std::int64_t value = 0;
  if (element_.get(value) != simdjson::SUCCESS || value < min || value > max) {
    return MustBe(fmt::format("an integer from {} to {}", min, max));
  }
  return value;
}

Result<JsonValue> JsonValue::Member(std::string_view name) const {
  TIDEMARK_TRY(const auto member, OptionalMember(name));
  if (!member) {
    const JsonValue absent(element_, this, name, 0);
    std::string message;
    absent.AppendPath(message);
    return MakeError(ErrorCode::kInvalidArgument, message + " is missing");
  }
  return *member;
}

Result<std::optional<JsonValue>> JsonValue::OptionalMember(std::string_view name) const {
  TIDEMARK_TRY(const auto object, Object());
  std::optional<JsonValue> found;
  for (const auto member : object) {
    if (member.key != name) continue;
    if (found) return found->MustBe("there only once");
    found = JsonValue(member.value, this, member.key, 0);
  }
  return found;
}

Result<std::vector<JsonValue>> JsonValue::Members() const {
  TIDEMARK_TRY(const auto object, Object());
  std::vector<JsonValue> members;
  for (const auto member : object) {
    if (HasControlCharacter(member.key)) return MustBe("without control characters in its names");
    members.push_back({member.value, this, member.key, 0});
  }
  std::ranges::sort(members, {}, &JsonValue::name_);
  const auto twice = std::ranges::adjacent_find(members, {}, &JsonValue::name_);
  if (twice != members.end()) return twice->MustBe("there only once");
  return members;
}

Result<std::vector<JsonValue>> JsonValue::Elements() const {
  simdjson::dom::array array;
  if (element_.get(array) != simdjson::SUCCESS) return MustBe("an array");
  std::vector<JsonValue> elements;
  for (const auto element : array) elements.push_back({element, this, {}, elements.size()});
  return elements;
}

Result<std::vector<JsonValue>> JsonValue::Pair() const {
  TIDEMARK_TRY(auto elements, Elements());
  if (elements.size() != 2) return MustBe("an array of two");
  return elements;
}

std::unexpected<Error> JsonValue::MustBe(std::string_view expected) const {
  std::string message;
  AppendPath(message);
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("{} must be {}", message.empty() ? "it" : message, expected));
}

Result<simdjson::dom::object> JsonValue::Object() const {
  simdjson::dom::object object;
  if (element_.get(object) != simdjson::SUCCESS) return MustBe("an object");
  return object;
}

void JsonValue::AppendPath(std::string& out) const {
  if (parent_ == nullptr) return;
  parent_->AppendPath(out);
  if (parent_->element_.is_array()) {
    fmt::format_to(std::back_inserter(out), "[{}]", index_);
    return;
  }
  if (!out.empty()) out.push_back('.');
  out += name_.substr(0, kLongestNameInPath);
}

}  // namespace tidemark::dataset_store
