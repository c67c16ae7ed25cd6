#include "glob.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::data_store {
namespace {

struct GlobCase {
  std::string pattern;
  std::string text;
  bool matches;
};

TEST(GlobTest, MatchesTheWholeText) {
  const std::vector<GlobCase> cases = {
      {"node", "node", true},
      {"node", "node-1", false},
      {"node-1", "node", false},
      {"Node", "node", false},
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "anything", true},
      {"**", "a", true},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"node-?", "node-1", true},
      {"node-?", "node-12", false},
      {"node-*", "node-", true},
      {"node-*", "node-12", true},
      {"node-*", "xnode-1", false},
      {"*-eu", "a-eu", true},
      {"*-eu", "a-eu-1", false},
      {"*a*b", "xaxxb", true},
      {"*a*b", "xbxxa", false},
      {"a*b*c", "abcbc", true},
      {"a*b*c", "abcb", false},
      {"*?", "", false},
      {"*?", "a", true},
      {"?*?", "a", false},
      {"a[b]c", "abc", false},
      {"a[b]c", "a[b]c", true},
      {"a.c", "abc", false},
  };
  for (const GlobCase& one : cases) {
    EXPECT_EQ(MatchesGlob(one.pattern, one.text), one.matches)
        << "'" << one.pattern << "' and '" << one.text << "'";
  }
}

// A matcher that tries every way for every star would not come back.
TEST(GlobTest, AnswersSoonForManyStars) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(MatchesGlob(pattern + "b", std::string(5'000, 'a')));
  EXPECT_TRUE(MatchesGlob(pattern, std::string(5'000, 'a')));
}

}  // namespace
}  // namespace tidemark::data_store
