#include "tidemark/base/json_writer.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tidemark {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(JsonWriterTest, CommasStandBetweenValuesOnly) {
  JsonWriter json;
  json.BeginObject().Field("a", 1).Key("b").BeginArray();
  json.Value(true).Null().BeginObject().EndObject().BeginArray().EndArray();
  json.EndArray().Field("c", "x").EndObject();
  EXPECT_EQ(json.text(), R"({"a":1,"b":[true,null,{},[]],"c":"x"})");
}

TEST(JsonWriterTest, IntegersAreExactToTheirLimits) {
  JsonWriter json;
  json.BeginArray();
  json.Value(std::numeric_limits<std::uint64_t>::max());
  json.Value(std::numeric_limits<std::int64_t>::min());
  json.Value(std::uint64_t{9007199254740993});
  json.EndArray();
  EXPECT_EQ(json.text(), "[18446744073709551615,-9223372036854775808,9007199254740993]");
}

TEST(JsonWriterTest, NumbersThatJsonCannotHoldAreNull) {
  JsonWriter json;
  json.BeginArray().Value(std::nan("")).Value(HUGE_VAL).Value(0.5).EndArray();
  EXPECT_EQ(json.text(), "[null,null,0.5]");
}

TEST(JsonWriterTest, AbsentOptionalsAreNull) {
  JsonWriter json;
  json.BeginArray();
  json.Value(std::optional<std::uint64_t>()).Value(std::optional<std::uint64_t>(7));
  json.Value(std::optional<std::string>("x"));
  json.EndArray();
  EXPECT_EQ(json.text(), R"([null,7,"x"])");
}

TEST(JsonWriterTest, ControlCharactersQuotesAndBackslashesAreEscaped) {
  EXPECT_EQ(Quoted(std::string_view("\"\\\n\t\0\x1f/", 7)), R"("\"\\\n\t\u0000\u001f/")");
  EXPECT_EQ(Quoted("\b\t\n\v\f\r\x7f"), "\"\\b\\t\\n\\u000b\\f\\r\x7f\"");
}

TEST(JsonWriterTest, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  EXPECT_EQ(Quoted("caf\xC3\xA9"), "\"caf\xC3\xA9\"");
  EXPECT_EQ(Quoted("\xC3"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(Quoted("\xC0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(Quoted("\xED\xA0\x80").size(), 2U + 9U);
  EXPECT_EQ(Quoted("\xF4\x90\x80\x80").size(), 2U + 12U);
}

// Method: any bytes at all, read back by an independent parser, which rejects invalid UTF-8.
TEST(JsonWriterPropertyTest, AnyBytesGiveAStringThatAParserAccepts) {
  const int seed = GTEST_FLAG_GET(random_seed);
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  std::uniform_int_distribution<int> byte(0, 255);
  std::uniform_int_distribution<std::size_t> length(0, 12);
  for (int round = 0; round < 20000; ++round) {
    std::string text(length(random), '\0');
    for (char& c : text) c = static_cast<char>(byte(random));
    ASSERT_TRUE(nlohmann::json::accept(Quoted(text))) << Quoted(text);
  }
}

}  // namespace
}  // namespace tidemark
