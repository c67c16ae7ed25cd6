#include "target.h"

#include <cstdint>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tidemark/http/client.h"

namespace tidemark::http {
namespace {

using Query = std::map<std::string, std::string>;

TEST(SplitTargetTest, TakesOriginAndAbsoluteForm) {
  const auto split = [](std::string_view text) {
    const auto target = SplitTarget(text);
    return target ? std::string(target->path) + " | " + std::string(target->query) : "none";
  };
  EXPECT_EQ(split("/"), "/ | ");
  EXPECT_EQ(split("/a/b?c=d?e"), "/a/b | c=d?e");
  EXPECT_EQ(split("/a?"), "/a | ");
  EXPECT_EQ(split("/a//http://b"), "/a//http://b | ");
  EXPECT_EQ(split("http://host"), "/ | ");
  EXPECT_EQ(split("HTTPS://host:1/a?b"), "/a | b");
  EXPECT_EQ(split("http://host?b"), "/ | b");
  for (const std::string_view bad :
       {"", "*", "a", "?a", "host:80", "http:///a", "http://", "ftp://h/", "://h/a"}) {
    EXPECT_EQ(split(bad), "none") << bad;
  }
}

TEST(ParseQueryTest, DecodesKeysAndValues) {
  EXPECT_EQ(ParseQuery(""), Query{});
  EXPECT_EQ(ParseQuery("a=1&b=2"), (Query{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(ParseQuery("a=1&a=2"), (Query{{"a", "2"}}));
  EXPECT_EQ(ParseQuery("flag&empty=&=v"), (Query{{"flag", ""}, {"empty", ""}, {"", "v"}}));
  EXPECT_EQ(ParseQuery("&&a=b=c&"), (Query{{"a", "b=c"}}));
  EXPECT_EQ(ParseQuery("a+b=c+d%2B"), (Query{{"a b", "c d+"}}));
  EXPECT_EQ(ParseQuery("%26=%3D%26"), (Query{{"&", "=&"}}));
}

TEST(ParseQueryTest, RefusesBadEscapesAndNul) {
  for (const std::string_view bad : {"a=%", "a=%2", "%zz", "a=%00", "%00=a", "a=1&b=%"}) {
    EXPECT_FALSE(ParseQuery(bad)) << bad;
  }
}

TEST(PercentEncodeTest, LeavesUnreservedCharactersAlone) {
  EXPECT_EQ(PercentEncode(""), "");
  EXPECT_EQ(PercentEncode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(PercentEncode("a/b c+%\xC3\xA9"), "a%2Fb%20c%2B%25%C3%A9");
}

// Method: random bytes, without NUL, which decoding refuses.
TEST(PercentEncodePropertyTest, DecodingGivesTheTextBack) {
  const int seed = GTEST_FLAG_GET(random_seed);
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  std::uniform_int_distribution<int> byte(1, 255);
  std::uniform_int_distribution<std::size_t> length(0, 20);
  for (int round = 0; round < 2000; ++round) {
    std::string text(length(random), ' ');
    for (char& c : text) c = static_cast<char>(byte(random));
    ASSERT_EQ(PercentDecode(PercentEncode(text)), text);
    ASSERT_EQ(ParseQuery("k=" + PercentEncode(text)), (Query{{"k", text}}));
  }
}

}  // namespace
}  // namespace tidemark::http
