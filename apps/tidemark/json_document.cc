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

std::vector<JsonValue> ArrayOf(JsonValue object, std::string_view name) {
  std::vector<JsonValue> values;
  if (const auto array = As<simdjson::dom::array>(object, name)) {
    values.assign(array->begin(), array->end());
  }
  return values;
}

}  // namespace tidemark::app
