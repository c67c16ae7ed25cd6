// Providers as JSON.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "json_value.h"
#include "provider_fields.h"
#include "provider_toml.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::dataset_store {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

std::unexpected<Error> Bad(std::string_view name, std::string_view expected) {
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("{} must be {}", name, expected));
}

/// Copies one value, reporting what is wrong by the name of the field that it is in.
class Copier {
 public:
  explicit Copier(const TextFunction& map_text) : map_text_(map_text) {}

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the parser let the document be.
  Status Copy(const element& value, std::string_view field) {
    switch (value.type()) {
      case element_type::ARRAY:
        return CopyArray(simdjson::dom::array(value), field);
      case element_type::OBJECT:
        return CopyObject(simdjson::dom::object(value), field);
      case element_type::STRING: {
        TIDEMARK_TRY(const auto text, map_text_(std::string_view(value)));
        json_.Value(text);
        return {};
      }
      case element_type::INT64:
        json_.Value(std::int64_t(value));
        return {};
      case element_type::DOUBLE:
        json_.Raw(FloatText(double(value)));
        return {};
      case element_type::BOOL:
        json_.Value(bool(value));
        return {};
      case element_type::UINT64:
        return Bad(field, "at most 2^63-1: a TOML file holds no greater number");
      case element_type::NULL_VALUE:
        break;
    }
    return Bad(field, "without null in it");
  }

  Status CopyMember(std::string_view name, const element& value) {
    json_.Key(name);
    return Copy(value, name);
  }

  JsonWriter& json() { return json_; }

 private:
  // NOLINTNEXTLINE(misc-no-recursion)
  Status CopyArray(const simdjson::dom::array& array, std::string_view field) {
    json_.BeginArray();
    for (const auto each : array) TIDEMARK_TRY(Copy(each, field));
    json_.EndArray();
    return {};
  }

  // NOLINTNEXTLINE(misc-no-recursion)
  Status CopyObject(const simdjson::dom::object& object, std::string_view field) {
    std::set<std::string_view> seen;
    json_.BeginObject();
    for (const auto member : object) {
      if (!seen.insert(member.key).second) return Bad(member.key, "there only once");
      if (member.value.is_null()) continue;
      json_.Key(member.key);
      TIDEMARK_TRY(Copy(member.value, field));
    }
    json_.EndObject();
    return {};
  }

  const TextFunction& map_text_;
  JsonWriter json_;
};

Result<std::string> SameText(std::string_view text) { return std::string(text); }

Result<std::optional<std::string>> TextOf(const JsonValue& object, std::string_view name) {
  TIDEMARK_TRY(const auto member, object.OptionalMember(name));
  if (!member) return std::nullopt;
  TIDEMARK_TRY(const auto text, member->MultilineText());
  return std::string(text);
}

}  // namespace

std::string FloatText(double value) {
  std::string text = fmt::format("{}", value);
  // Without a point it would come back as an integer.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

Result<std::string> CopyFields(std::string_view fields_json, const TextFunction& map_text) {
  constexpr std::array<std::string_view, 2> kFirst = {"kind", "network"};
  simdjson::dom::parser parser;
  TIDEMARK_TRY(const auto root, ParseJson(parser, fields_json));
  // Also finds what is not an object, or has a member twice.
  const JsonValue document(root);
  TIDEMARK_TRY(document.Members());
  Copier copier(map_text);
  copier.json().BeginObject();
  const simdjson::dom::object object(root);
  for (const std::string_view name : kFirst) {
    element value;
    if (object.at_key(name).get(value) != simdjson::SUCCESS || value.is_null()) continue;
    TIDEMARK_TRY(copier.CopyMember(name, value));
  }
  for (const auto member : object) {
    const bool is_written = std::ranges::find(kFirst, member.key) != kFirst.end();
    if (is_written || member.key == "name" || member.value.is_null()) continue;
    TIDEMARK_TRY(copier.CopyMember(member.key, member.value));
  }
  copier.json().EndObject();
  return std::move(copier.json()).Take();
}

Result<Provider> MakeProvider(std::string_view name, std::string_view fields_json) {
  Provider provider;
  provider.name = name;
  TIDEMARK_TRY(provider.fields_json, CopyFields(fields_json, SameText));
  simdjson::dom::parser parser;
  TIDEMARK_TRY(const auto root, ParseJson(parser, provider.fields_json));
  const JsonValue object(root);
  TIDEMARK_TRY(const auto kind, object.Member("kind"));
  TIDEMARK_TRY(provider.kind, kind.MultilineText());
  TIDEMARK_TRY(provider.network, TextOf(object, "network"));
  return provider;
}

}  // namespace tidemark::dataset_store
