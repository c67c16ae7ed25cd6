#include "rate_limiter.h"

#include <gtest/gtest.h>

namespace tidemark::providers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kStart = SteadyTime(std::chrono::hours(1));

TEST(RateLimiterTest, TurnsAreSpreadOverTheMinute) {
  RateLimiter limiter(60);
  EXPECT_EQ(limiter.TakeTurn(1, kStart, SteadyTime::max()), kStart);
  EXPECT_EQ(limiter.TakeTurn(1, kStart, SteadyTime::max()), kStart + seconds(1));
  EXPECT_EQ(limiter.TakeTurn(1, kStart, SteadyTime::max()), kStart + seconds(2));
}

TEST(RateLimiterTest, ABatchCountsEachOfItsCalls) {
  RateLimiter limiter(600);
  EXPECT_EQ(limiter.TakeTurn(20, kStart, SteadyTime::max()), kStart);
  EXPECT_EQ(limiter.TakeTurn(20, kStart + seconds(1), SteadyTime::max()), kStart + seconds(2));
}

TEST(RateLimiterTest, QuietTimeIsNotSavedUp) {
  RateLimiter limiter(60);
  EXPECT_TRUE(limiter.TakeTurn(1, kStart, SteadyTime::max()));
  const SteadyTime later = kStart + seconds(100);
  EXPECT_EQ(limiter.TakeTurn(1, later, SteadyTime::max()), later);
  EXPECT_EQ(limiter.TakeTurn(1, later, SteadyTime::max()), later + seconds(1));
}

TEST(RateLimiterTest, ATurnThatWouldComeTooLateIsNotTaken) {
  RateLimiter limiter(60);
  EXPECT_TRUE(limiter.TakeTurn(10, kStart, SteadyTime::max()));
  EXPECT_EQ(limiter.TakeTurn(1, kStart, kStart + seconds(10) - milliseconds(1)), std::nullopt);
  EXPECT_EQ(limiter.TakeTurn(1, kStart, kStart + seconds(10)), kStart + seconds(10));
}

TEST(RateLimiterTest, ZeroCountsAsOneAMinute) {
  RateLimiter limiter(0);
  EXPECT_EQ(limiter.TakeTurn(1, kStart, SteadyTime::max()), kStart);
  EXPECT_EQ(limiter.TakeTurn(1, kStart, SteadyTime::max()), kStart + std::chrono::minutes(1));
}

}  // namespace
}  // namespace tidemark::providers
