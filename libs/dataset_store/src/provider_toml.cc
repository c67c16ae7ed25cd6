#include "provider_toml.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>
#include <toml++/toml.h>

#include "json_value.h"
#include "provider_fields.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::dataset_store {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

void AppendTomlString(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\u{:04X}", byte);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void AppendTomlKey(std::string& out, std::string_view key) {
  const bool is_bare = !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  if (is_bare) {
    out += key;
  } else {
    AppendTomlString(out, key);
  }
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser let the document be.
void AppendTomlValue(std::string& out, const element& value) {
  std::string_view separator;
  switch (value.type()) {
    case element_type::ARRAY:
      out.push_back('[');
      for (const auto each : simdjson::dom::array(value)) {
        out += std::exchange(separator, ", ");
        AppendTomlValue(out, each);
      }
      out.push_back(']');
      return;
    case element_type::OBJECT:
      out += "{ ";
      for (const auto member : simdjson::dom::object(value)) {
        out += std::exchange(separator, ", ");
        AppendTomlKey(out, member.key);
        out += " = ";
        AppendTomlValue(out, member.value);
      }
      out += separator.empty() ? "}" : " }";
      return;
    case element_type::STRING:
      AppendTomlString(out, std::string_view(value));
      return;
    case element_type::INT64:
      fmt::format_to(std::back_inserter(out), "{}", std::int64_t(value));
      return;
    case element_type::UINT64:
      fmt::format_to(std::back_inserter(out), "{}", std::uint64_t(value));
      return;
    case element_type::DOUBLE:
      out += FloatText(double(value));
      return;
    case element_type::BOOL:
      out += bool(value) ? "true" : "false";
      return;
    case element_type::NULL_VALUE:
      // There are none.
      out += "\"\"";
      return;
  }
}

void WriteNode(const toml::node& node, JsonWriter& json);

// A table keeps its keys sorted; a person wrote them in an order that means something to them.
// NOLINTNEXTLINE(misc-no-recursion): as deep as toml++ let the document be.
void WriteTable(const toml::table& table, JsonWriter& json) {
  std::vector<std::pair<const toml::key*, const toml::node*>> members;
  for (const auto& [key, node] : table) members.emplace_back(&key, &node);
  std::ranges::sort(members, [](const auto& a, const auto& b) {
    const toml::source_position& a_begin = a.first->source().begin;
    const toml::source_position& b_begin = b.first->source().begin;
    return a_begin == b_begin ? a.first->str() < b.first->str() : a_begin < b_begin;
  });
  json.BeginObject();
  for (const auto& [key, node] : members) {
    json.Key(key->str());
    WriteNode(*node, json);
  }
  json.EndObject();
}

// NOLINTNEXTLINE(misc-no-recursion)
void WriteNode(const toml::node& node, JsonWriter& json) {
  if (const auto* const table = node.as_table()) {
    WriteTable(*table, json);
  } else if (const auto* const array = node.as_array()) {
    json.BeginArray();
    for (const toml::node& each : *array) WriteNode(each, json);
    json.EndArray();
  } else if (const auto* const text = node.as_string()) {
    json.Value(text->get());
  } else if (const auto* const integer = node.as_integer()) {
    json.Value(integer->get());
  } else if (const auto* const number = node.as_floating_point()) {
    if (std::isfinite(number->get())) {
      json.Raw(FloatText(number->get()));
    } else {
      json.Null();
    }
  } else if (const auto* const boolean = node.as_boolean()) {
    json.Value(boolean->get());
  } else {
    std::ostringstream time;
    node.visit([&](const auto& value) {
      if constexpr (toml::is_chronological<decltype(value)>) time << value.get();
    });
    json.Value(time.str());
  }
}

}  // namespace

Result<std::string> PrintToml(std::string_view fields_json) {
  simdjson::dom::parser parser;
  TIDEMARK_TRY(const auto root, ParseJson(parser, fields_json));
  simdjson::dom::object object;
  if (root.get(object) != simdjson::SUCCESS) return JsonValue(root).MustBe("an object");
  std::string out;
  for (const auto member : object) {
    AppendTomlKey(out, member.key);
    out += " = ";
    AppendTomlValue(out, member.value);
    out.push_back('\n');
  }
  return out;
}

Result<std::string> TomlToJson(std::string_view toml) {
  try {
    const toml::table table = toml::parse(toml);
    JsonWriter json;
    WriteTable(table, json);
    return std::move(json).Take();
  } catch (const toml::parse_error& error) {
    // Its description may quote the text.
    return MakeError(ErrorCode::kCorruption,
                     fmt::format("line {} is not TOML", error.source().begin.line));
  }
}

Result<Provider> ParseProviderFile(std::string_view name, std::string_view toml) {
  TIDEMARK_TRY(const auto json, TomlToJson(toml));
  const auto corrupt = [](const Error& error) {
    return MakeError(ErrorCode::kCorruption, error.message);
  };
  auto provider = MakeProvider(name, json);
  if (!provider) return corrupt(provider.error());
  // Of the kinds that only others read, a later version may mean something else by a field.
  if (provider->kind == "evm-rpc") {
    if (const Status typed = CheckTypes(*provider); !typed) return corrupt(typed.error());
  }
  return provider;
}

}  // namespace tidemark::dataset_store
