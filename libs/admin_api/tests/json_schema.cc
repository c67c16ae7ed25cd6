#include "json_schema.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <regex>
#include <set>
#include <string_view>
#include <utility>

namespace tidemark::admin_api {
namespace {

using nlohmann::json;

bool IsOfType(const json& value, std::string_view type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "number") return value.is_number();
  if (type == "integer") return value.is_number_integer();
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  return type == "object" && value.is_object();
}

/// Exact for every pair of integers.
bool IsLess(const json& a, const json& b) {
  if (a.is_number_float() || b.is_number_float()) return a.get<double>() < b.get<double>();
  const auto with_b = [&](auto number) {
    return b.is_number_unsigned() ? std::cmp_less(number, b.get<std::uint64_t>())
                                  : std::cmp_less(number, b.get<std::int64_t>());
  };
  return a.is_number_unsigned() ? with_b(a.get<std::uint64_t>()) : with_b(a.get<std::int64_t>());
}

/// Compiled once: the document has few patterns, and the tests ask for them thousands of times.
bool MatchesPattern(const std::string& text, const std::string& pattern) {
  static std::map<std::string, std::regex> compiled;
  auto found = compiled.find(pattern);
  if (found == compiled.end()) found = compiled.emplace(pattern, std::regex(pattern)).first;
  return std::regex_search(text, found->second);
}

class Checker {
 public:
  explicit Checker(const json& root) : root_(root) {}

  std::vector<std::string> Errors(const json& schema, const json& value, const std::string& path) {
    std::vector<std::string> errors;
    if (schema.is_boolean()) {
      if (!schema.get<bool>()) errors.push_back(path + " must not be there");
      return errors;
    }
    for (const auto& [keyword, argument] : schema.items()) {
      CheckKeyword({keyword, argument, schema}, value, path, errors);
    }
    if (value.is_object() && schema.contains("properties") && schema.contains("required") &&
        !schema.contains("additionalProperties")) {
      for (const auto& [name, member] : value.items()) {
        if (!schema["properties"].contains(name))
          errors.push_back(path + "/" + name + " is not documented");
      }
    }
    return errors;
  }

 private:
  struct Keyword {
    std::string_view name;
    const json& argument;
    const json& schema;
  };

  void CheckKeyword(const Keyword& keyword, const json& value, const std::string& path,
                    std::vector<std::string>& errors) {
    static const std::set<std::string_view> kAnnotations = {"description", "format", "default",
                                                            "example"};
    const auto& [name, argument, schema] = keyword;
    const auto fail_if = [&](bool is_broken) {
      if (is_broken) {
        errors.push_back(path + " breaks " + std::string(name) + " " + argument.dump() + ": " +
                         value.dump().substr(0, 200));
      }
    };
    const auto add = [&](const std::vector<std::string>& more) {
      errors.insert(errors.end(), more.begin(), more.end());
    };
    if (name == "$ref") {
      add(Errors(root_.at(json::json_pointer(argument.get<std::string>().substr(1))), value, path));
    } else if (name == "type") {
      fail_if(argument.is_string() ? !IsOfType(value, argument.get<std::string>())
                                   : std::ranges::none_of(argument, [&](const json& type) {
                                       return IsOfType(value, type.get<std::string>());
                                     }));
    } else if (name == "enum") {
      fail_if(std::ranges::find(argument, value) == argument.end());
    } else if (name == "pattern") {
      fail_if(value.is_string() &&
              !MatchesPattern(value.get<std::string>(), argument.get<std::string>()));
    } else if (name == "minLength") {
      fail_if(value.is_string() && value.get<std::string>().size() < argument.get<std::size_t>());
    } else if (name == "maxLength") {
      fail_if(value.is_string() && argument.get<std::size_t>() < value.get<std::string>().size());
    } else if (name == "minimum") {
      fail_if(value.is_number() && IsLess(value, argument));
    } else if (name == "maximum") {
      fail_if(value.is_number() && IsLess(argument, value));
    } else if (name == "required") {
      for (const json& member : argument) {
        fail_if(value.is_object() && !value.contains(member.get<std::string>()));
      }
    } else if (name == "allOf") {
      for (const json& part : argument) add(Errors(part, value, path));
    } else if (name == "oneOf") {
      fail_if(std::ranges::count_if(argument, [&](const json& choice) {
                return Errors(choice, value, path).empty();
              }) != 1);
    } else if (name == "not") {
      fail_if(Errors(argument, value, path).empty());
    } else if (name == "items" || name == "properties" || name == "additionalProperties") {
      CheckChildren(keyword, value, path, errors);
    } else if (!kAnnotations.contains(name)) {
      errors.push_back("the schema uses " + std::string(name) + ", which is not checked");
    }
  }

  void CheckChildren(const Keyword& keyword, const json& value, const std::string& path,
                     std::vector<std::string>& errors) {
    if (value.is_array() != (keyword.name == "items") || value.is_primitive()) return;
    for (const auto& [name, member] : value.items()) {
      const json* schema = &keyword.argument;
      const bool is_listed =
          keyword.schema.contains("properties") && keyword.schema["properties"].contains(name);
      if (keyword.name != "items" && is_listed != (keyword.name == "properties")) continue;
      if (keyword.name == "properties") schema = &keyword.argument[name];
      const auto more = Errors(*schema, member, path + "/" + name);
      errors.insert(errors.end(), more.begin(), more.end());
    }
  }

  const json& root_;
};

}  // namespace

std::vector<std::string> CheckSchema(const json& schema, const json& value, const json& root) {
  return Checker(root).Errors(schema, value, "");
}

}  // namespace tidemark::admin_api
