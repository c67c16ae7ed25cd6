#include "json_document.h"

#include <fmt/format.h>

namespace tidemark::app {
namespace {

template <class T>
std::optional<T> As(JsonValue object, std::string_view name) {
  const auto member = MemberOf(object, name);
  T value;
  if (!member || member->get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

}  // namespace

Result<JsonDocument> JsonDocument::Parse(std::string_view text) {
  JsonDocument document;
  document.parser_ = std::make_unique<simdjson::dom::parser>();
  const auto error = document.parser_->parse(text.data(), text.size()).get(document.root_);
  if (error != simdjson::SUCCESS) {
    return MakeError(ErrorCode::kInternal,
                     fmt::format("the answer is no JSON: {}", simdjson::error_message(error)));
  }
  return document;
}

std::optional<JsonValue> MemberOf(JsonValue object, std::string_view name) {
  JsonValue member;
  if (object[name].get(member) != simdjson::SUCCESS || member.is_null()) return std::nullopt;
  return member;
}

std::optional<std::string> TextOf(JsonValue object, std::string_view name) {
  const auto text = As<std::string_view>(object, name);
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

std::optional<std::uint64_t> UnsignedOf(JsonValue object, std::string_view name) {
  return As<std::uint64_t>(object, name);
}

std::optional<double> NumberOf(JsonValue object, std::string_view name) {
  return As<double>(object, name);
}

std::optional<bool> BooleanOf(JsonValue object, std::string_view name) {
  return As<bool>(object, name);
}

std::string TextOrDash(JsonValue object, std::string_view name) {
  return TextOf(object, name).value_or("-");
}

std::string NumberOrDash(JsonValue object, std::string_view name) {
  const auto number = UnsignedOf(object, name);
  return number ? fmt::to_string(*number) : "-";
}

std::vector<JsonMember> MembersOf(JsonValue object, std::string_view name) {
  std::vector<JsonMember> members;
  if (const auto inner = As<simdjson::dom::object>(object, name)) {
    for (const auto field : *inner) {
      members.push_back({.name = std::string(field.key), .value = field.value});
    }
  }
  return members;
}

std::vector<JsonValue> ElementsOf(JsonValue array) {
  simdjson::dom::array elements;
  if (array.get(elements) != simdjson::SUCCESS) return {};
  return {elements.begin(), elements.end()};
}

std::vector<JsonValue> ArrayOf(JsonValue object, std::string_view name) {
  const auto array = MemberOf(object, name);
  return array ? ElementsOf(*array) : std::vector<JsonValue>();
}

}  // namespace tidemark::app
