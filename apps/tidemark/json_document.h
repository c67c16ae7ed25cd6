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
/// Empty if it is no array.
std::vector<JsonValue> ArrayOf(JsonValue object, std::string_view name);

}  // namespace tidemark::app
