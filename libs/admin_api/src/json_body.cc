#include "json_body.h"

#include <algorithm>

#include <fmt/format.h>

namespace tidemark::admin_api {
namespace {

// A manifest's types are what is nested deepest, and dataset_store allows them this much.
constexpr std::size_t kMaxDepth = 128;

/// Whether a Content-Type is application/json, whatever its parameters.
bool IsJson(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return std::ranges::equal(type, std::string_view("application/json"), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
  });
}

}  // namespace

Outcome<JsonBody> JsonBody::Parse(const http::Request& request, std::string_view code,
                                  IfEmpty if_empty) {
  const auto content_type = request.FindHeader("Content-Type");
  if (content_type && !IsJson(*content_type)) {
    return MakeProblem(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be application/json");
  }
  std::string_view text = request.body;
  if (text.empty() && if_empty == IfEmpty::kNoMembers) text = "{}";

  auto parser = std::make_unique<simdjson::dom::parser>();
  simdjson::error_code error = parser->allocate(text.size(), kMaxDepth);
  simdjson::dom::element root;
  if (error == simdjson::SUCCESS) error = parser->parse(text.data(), text.size()).get(root);
  if (error != simdjson::SUCCESS) {
    return MakeProblem(
        400, code, fmt::format("the body is not valid JSON: {}", simdjson::error_message(error)));
  }
  simdjson::dom::object object;
  if (root.get(object) != simdjson::SUCCESS) {
    return MakeProblem(400, code, "the body must be a JSON object");
  }
  return JsonBody(std::move(parser), root, object, code);
}

Outcome<std::string> JsonBody::Text(std::string_view name) const {
  TIDEMARK_TRY(auto text, OptionalText(name));
  if (!text) return MustBe(name, "there, a string");
  return *std::move(text);
}

Outcome<std::optional<std::string>> JsonBody::OptionalText(std::string_view name) const {
  TIDEMARK_TRY(const auto member, OptionalMember(name));
  if (!member) return std::nullopt;
  std::string_view text;
  if (member->get(text) != simdjson::SUCCESS) return MustBe(name, "a string");
  return std::string(text);
}

Outcome<std::optional<std::uint32_t>> JsonBody::OptionalNumber(std::string_view name,
                                                               std::uint32_t min,
                                                               std::uint32_t max) const {
  TIDEMARK_TRY(const auto member, OptionalMember(name));
  if (!member) return std::nullopt;
  std::uint64_t number = 0;
  if (member->get(number) != simdjson::SUCCESS || number < min || number > max) {
    return MustBe(name, fmt::format("an integer from {} to {}", min, max));
  }
  return static_cast<std::uint32_t>(number);
}

Outcome<std::optional<std::int64_t>> JsonBody::OptionalId(std::string_view name) const {
  TIDEMARK_TRY(const auto member, OptionalMember(name));
  if (!member) return std::nullopt;
  std::int64_t id = 0;
  if (member->get(id) != simdjson::SUCCESS || id <= 0) {
    return MustBe(name, "a positive integer below 2^63");
  }
  return id;
}

Outcome<std::optional<bool>> JsonBody::OptionalBool(std::string_view name) const {
  TIDEMARK_TRY(const auto member, OptionalMember(name));
  if (!member) return std::nullopt;
  bool value = false;
  if (member->get(value) != simdjson::SUCCESS) return MustBe(name, "true or false");
  return value;
}

Outcome<simdjson::dom::element> JsonBody::Member(std::string_view name) const {
  TIDEMARK_TRY(const auto member, OptionalMember(name));
  if (!member) return MustBe(name, "there");
  return *member;
}

std::unexpected<Problem> JsonBody::MustBe(std::string_view name, std::string_view expected) const {
  return MakeProblem(400, code_, fmt::format("'{}' must be {}", name, expected));
}

Outcome<std::optional<simdjson::dom::element>> JsonBody::OptionalMember(
    std::string_view name) const {
  std::optional<simdjson::dom::element> found;
  for (const auto member : object_) {
    if (member.key != name) continue;
    if (found) return MustBe(name, "there only once");
    found = member.value;
  }
  if (found && found->is_null()) return std::nullopt;
  return found;
}

}  // namespace tidemark::admin_api
