// Reading the Admin API's answers. A member that is missing, null or of another type is simply
// absent: the CLI shows what it is given, and an older or newer server must not break it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "tidemark/base/result.h"

namespace tidemark::app {

using JsonValue = simdjson::dom::element;

/// A parsed text. Values taken from it live as long as it does.
class JsonDocument {
 public:
  /// Errors: kInternal if the text is no JSON.
  static Result<JsonDocument> Parse(std::string_view text);

  JsonValue root() const { return root_; }

 private:
  std::unique_ptr<simdjson::dom::parser> parser_;
  JsonValue root_;
};

std::optional<JsonValue> MemberOf(JsonValue object, std::string_view name);
std::optional<std::string> TextOf(JsonValue object, std::string_view name);
std::optional<std::uint64_t> UnsignedOf(JsonValue object, std::string_view name);
std::optional<double> NumberOf(JsonValue object, std::string_view name);
std::optional<bool> BooleanOf(JsonValue object, std::string_view name);
/// "-" for what is absent, for people.
std::string TextOrDash(JsonValue object, std::string_view name);
std::string NumberOrDash(JsonValue object, std::string_view name);
/// Both are empty if there is no array.
std::vector<JsonValue> ElementsOf(JsonValue array);
std::vector<JsonValue> ArrayOf(JsonValue object, std::string_view name);

struct JsonMember {
  std::string name;
  JsonValue value;
};
/// The members of an object, in its order; empty if it is no object.
std::vector<JsonMember> MembersOf(JsonValue object, std::string_view name);

}  // namespace tidemark::app
