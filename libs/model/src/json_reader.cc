#include "json_reader.h"

#include <fmt/format.h>

namespace tidemark {
namespace {

std::unexpected<Error> Malformed(std::string_view name, std::string_view expected) {
  return MakeError(ErrorCode::kCorruption, fmt::format("\"{}\" must be {}", name, expected));
}

template <class T>
Result<T> ReadAs(simdjson::dom::object object, std::string_view name, std::string_view expected) {
  TIDEMARK_TRY(const simdjson::dom::element element, ReadMember(object, name));
  T value;
  if (element.get(value) != simdjson::SUCCESS) return Malformed(name, expected);
  return value;
}

}  // namespace

Result<simdjson::dom::object> ParseJsonObject(simdjson::dom::parser& parser,
                                              std::string_view json) {
  simdjson::dom::object object;
  const auto error = parser.parse(json.data(), json.size()).get(object);
  if (error != simdjson::SUCCESS) {
    return MakeError(ErrorCode::kCorruption,
                     fmt::format("not a JSON object: {}", simdjson::error_message(error)));
  }
  return object;
}

Result<simdjson::dom::element> ReadMember(simdjson::dom::object object, std::string_view name) {
  simdjson::dom::element element;
  if (object.at_key(name).get(element) != simdjson::SUCCESS) {
    return MakeError(ErrorCode::kCorruption, fmt::format("\"{}\" is missing", name));
  }
  return element;
}

Result<simdjson::dom::object> ReadObject(simdjson::dom::object object, std::string_view name) {
  return ReadAs<simdjson::dom::object>(object, name, "an object");
}

Result<simdjson::dom::array> ReadArray(simdjson::dom::object object, std::string_view name) {
  return ReadAs<simdjson::dom::array>(object, name, "an array");
}

Result<std::string> ReadText(simdjson::dom::object object, std::string_view name) {
  TIDEMARK_TRY(const std::string_view text, ReadAs<std::string_view>(object, name, "a string"));
  return std::string(text);
}

Result<std::uint64_t> ReadUnsigned(simdjson::dom::object object, std::string_view name) {
  return ReadAs<std::uint64_t>(object, name, "an integer from 0 to 2^64-1");
}

Result<bool> ReadBool(simdjson::dom::object object, std::string_view name) {
  return ReadAs<bool>(object, name, "true or false");
}

bool HasMember(simdjson::dom::object object, std::string_view name) {
  return object.at_key(name).error() == simdjson::SUCCESS;
}

Result<std::optional<std::string>> ReadOptionalText(simdjson::dom::object object,
                                                    std::string_view name) {
  simdjson::dom::element element;
  if (object.at_key(name).get(element) != simdjson::SUCCESS || element.is_null()) {
    return std::optional<std::string>();
  }
  TIDEMARK_TRY(auto text, ReadText(object, name));
  return std::optional<std::string>(std::move(text));
}

}  // namespace tidemark
