#include "head_scanner.h"

#include <string>

#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

HeadScanner ScanWhole(std::string_view bytes) {
  HeadScanner head;
  head.Scan(bytes);
  return head;
}

TEST(HeadScannerTest, FindsTheEndOfTheHead) {
  const HeadScanner head = ScanWhole("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\nwith lines\r\n\r\n");
  EXPECT_EQ(head.size_bytes(), 27U);
  EXPECT_EQ(head.first_line_bytes(), 14U);
  EXPECT_FALSE(head.is_malformed());
}

TEST(HeadScannerTest, AHeadMayBeOneLine) { EXPECT_EQ(ScanWhole("a\r\n\r\n").size_bytes(), 5U); }

TEST(HeadScannerTest, KnowsAtOnceWhatIsNoHead) {
  for (const std::string_view bytes :
       {"\r\n", "\n", " GET", "\x16\x03", "1", "GET\n", "GET\r\nA\n", "GET\r\nA: 1\r\n\n"}) {
    EXPECT_TRUE(ScanWhole(bytes).is_malformed()) << testing::PrintToString(bytes);
    EXPECT_FALSE(ScanWhole(bytes).size_bytes());
  }
}

// Method: every prefix in turn, and at each length the same findings as from a fresh scan.
TEST(HeadScannerPropertyTest, FindsTheSameHoweverTheBytesCome) {
  for (const std::string text : {"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\n", "a\r\r\n\r\n\r\n",
                                 "GET\r\nA\nB\r\n\r\n", "a\r\n\r\n"}) {
    HeadScanner steps;
    for (std::size_t length = 0; length <= text.size(); ++length) {
      const std::string_view prefix = std::string_view(text).substr(0, length);
      steps.Scan(prefix);
      const HeadScanner whole = ScanWhole(prefix);
      ASSERT_EQ(steps.size_bytes(), whole.size_bytes()) << prefix;
      ASSERT_EQ(steps.first_line_bytes(), whole.first_line_bytes()) << prefix;
      ASSERT_EQ(steps.is_malformed(), whole.is_malformed()) << prefix;
    }
  }
}

}  // namespace
}  // namespace tidemark::http
