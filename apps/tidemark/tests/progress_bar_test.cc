#include "progress_bar.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace tidemark::app {
namespace {

constexpr std::uint64_t kHighest = 18446744073709551615U;

TEST(ProgressBarTest, TheFractionIsOneOnlyAtTheEnd) {
  EXPECT_EQ(FractionDone({.start = {}, .current = {}, .end = 9}), 0);
  EXPECT_EQ(FractionDone({.start = 0, .current = 4, .end = 9}), 0.5);
  EXPECT_EQ(FractionDone({.start = 0, .current = 9, .end = 9}), 1);
  EXPECT_EQ(FractionDone({.start = 5, .current = 9, .end = 7}), 1) << "an earlier job went further";
  EXPECT_LT(FractionDone({.start = 0, .current = kHighest - 1, .end = kHighest}), 1);
}

TEST(ProgressBarTest, ABarIsAsWideAsItIsTold) {
  EXPECT_EQ(RenderBar(0, 19, Glyphs::kAscii), "[------------]   0%");
  EXPECT_EQ(RenderBar(0.5, 19, Glyphs::kAscii), "[######------]  50%");
  EXPECT_EQ(RenderBar(1, 19, Glyphs::kAscii), "[############] 100%");
  EXPECT_EQ(RenderBar(0.5, 15, Glyphs::kUtf8), "█████░░░░░  50%");
  EXPECT_EQ(RenderBar(0.5625, 15, Glyphs::kUtf8), "█████▋░░░░  56%");
  EXPECT_EQ(RenderBar(0.5, 14, Glyphs::kUtf8), " 50%") << "too narrow for a bar";
  EXPECT_EQ(RenderBar(0.9999, 0, Glyphs::kAscii), " 99%");
}

TEST(ProgressBarTest, TheTimeLeftIsUnknownWithoutASpeed) {
  const Way way{.start = 0, .current = 899, .end = 999};
  EXPECT_EQ(DescribeTimeLeft(way, 2.0), "50s");
  EXPECT_EQ(DescribeTimeLeft(way, std::nullopt), "unknown");
  EXPECT_EQ(DescribeTimeLeft(way, 0.0), "unknown");
  EXPECT_EQ(DescribeTimeLeft({.start = {}, .current = {}, .end = 9}, 2.0), "unknown");
  EXPECT_EQ(DescribeTimeLeft({.start = 0, .current = 9, .end = 9}, std::nullopt), "done");
  EXPECT_EQ(DescribeTimeLeft({.start = 0, .current = 1, .end = kHighest}, 0.1), "over a year");
}

}  // namespace
}  // namespace tidemark::app
