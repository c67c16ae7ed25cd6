#include "json_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::admin_api {
namespace {

using nlohmann::json;

bool Passes(const char* schema, const char* value) {
  static const json kRoot = json::parse(R"({"defs": {"id": {"type": "integer", "minimum": 1}}})");
  return CheckSchema(json::parse(schema), json::parse(value), kRoot).empty();
}

TEST(JsonSchemaTest, EachKeywordPassesAndFails) {
  struct Case {
    const char* schema;
    const char* good;
    const char* bad;
  };
  for (const auto& [schema, good, bad] : {
           Case{R"({"type": "integer"})", "1", "1.5"},
           Case{R"({"type": "number"})", "1.5", R"("1.5")"},
           Case{R"({"type": "string"})", R"("")", "1"},
           Case{R"({"type": ["string", "null"]})", "null", "false"},
           Case{R"({"enum": ["a", null]})", "null", R"("b")"},
           Case{R"({"pattern": "^a+$"})", R"("aa")", R"("ab")"},
           Case{R"({"minLength": 1})", R"("a")", R"("")"},
           Case{R"({"minimum": 0})", "0", "-1"},
           Case{R"({"minimum": 0})", "0.5", "-0.5"},
           Case{R"({"maximum": 18446744073709551614})", "18446744073709551614",
                "18446744073709551615"},
           Case{R"({"required": ["a"]})", R"({"a": null})", R"({"b": 1})"},
           Case{R"({"properties": {"a": {"type": "null"}}})", R"({"a": null, "b": 1})",
                R"({"a": 1})"},
           Case{R"({"properties": {"a": {}}, "required": []})", R"({"a": 1})", R"({"b": 1})"},
           Case{R"({"additionalProperties": {"type": "null"}})", R"({"a": null})", R"({"a": 1})"},
           Case{R"({"items": {"type": "null"}})", "[null]", "[null, 1]"},
           Case{R"({"allOf": [{"minimum": 1}, {"maximum": 2}]})", "2", "3"},
           Case{R"({"oneOf": [{"minimum": 1}, {"maximum": 2}]})", "3", "2"},
           Case{R"({"$ref": "#/defs/id"})", "1", "0"},
       }) {
    EXPECT_TRUE(Passes(schema, good)) << schema;
    EXPECT_FALSE(Passes(schema, bad)) << schema;
  }
}

TEST(JsonSchemaTest, AKeywordThatIsNotCheckedIsAnError) {
  EXPECT_FALSE(Passes(R"({"maxItems": 3})", "[]"));
}

}  // namespace
}  // namespace tidemark::admin_api
