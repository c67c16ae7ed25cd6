#include "output.h"

#include <gtest/gtest.h>

namespace tidemark::app {
namespace {

TEST(ClipToScreenTest, LinesEndWhereTheScreenDoes) {
  EXPECT_EQ(ClipToScreen("abcdef\nab\n", {.columns = 3, .rows = 24}), "abc\nab\n");
  EXPECT_EQ(ClipToScreen("1\n2\n3\n", {.columns = 3, .rows = 3}), "1\n2\n")
      << "the last row is the cursor's";
  EXPECT_EQ(ClipToScreen("", {.columns = 3, .rows = 3}), "");
}

TEST(ClipToScreenTest, ColoursTakeNoRoomAndAreEnded) {
  EXPECT_EQ(ClipToScreen("a\x1b[32mbcd\x1b[0m\n", {.columns = 2, .rows = 24}),
            "a\x1b[32mb\x1b[0m\n");
}

TEST(ClipToScreenTest, ACharacterOfSeveralBytesIsOneColumn) {
  EXPECT_EQ(ClipToScreen("██░░\n", {.columns = 3, .rows = 24}), "██░\n");
}

}  // namespace
}  // namespace tidemark::app
