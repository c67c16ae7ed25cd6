#include "exchange.h"

#include <string>

#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

TEST(ExchangeTest, WhatIsClearedIsAsNewAndKeepsNoLargeMemory) {
  constexpr std::size_t kLarge = 1U << 20U;
  std::atomic<std::size_t> taken = 0;
  Exchange exchange;
  exchange.head.Scan("GET");
  exchange.request.path.assign(kLarge, 'p');
  exchange.request.query["a"] = "b";
  exchange.request.path_params["a"] = "b";
  exchange.request.headers.resize(kLarge / 64);
  exchange.request.body.assign(kLarge, 'b');
  exchange.request.request_id = "id";
  exchange.request.route = 3;
  exchange.request.held = std::make_shared<int>(1);
  exchange.method_text.assign(kLarge, 'm');
  exchange.method = Method::kHead;
  exchange.is_http10 = exchange.keeps_open = exchange.wants_continue = true;
  exchange.head_ended_at = std::chrono::steady_clock::now();
  ASSERT_TRUE(exchange.body_share.TryGrowTo(10, taken, 10));

  exchange.Clear();
  EXPECT_FALSE(exchange.head.size_bytes() || exchange.head.is_malformed());
  EXPECT_EQ(exchange.request.path, "");
  EXPECT_TRUE(exchange.request.query.empty() && exchange.request.path_params.empty());
  EXPECT_TRUE(exchange.request.headers.empty() && exchange.request.body.empty());
  EXPECT_TRUE(exchange.request.request_id.empty() && exchange.method_text.empty());
  EXPECT_FALSE(exchange.request.route || exchange.request.held || exchange.method);
  EXPECT_FALSE(exchange.is_http10 || exchange.keeps_open || exchange.wants_continue);
  EXPECT_EQ(exchange.head_ended_at, SteadyTime());
  EXPECT_EQ(taken, 0U);
  EXPECT_LT(exchange.request.path.capacity() + exchange.request.body.capacity() +
                exchange.method_text.capacity() + exchange.request.headers.capacity(),
            10'000U);
}

TEST(ExchangeTest, SharesOfBodiesAddUp) {
  std::atomic<std::size_t> taken = 0;
  BodyShare one;
  BodyShare other;
  EXPECT_TRUE(one.TryGrowTo(60, taken, 100));
  EXPECT_FALSE(other.TryGrowTo(41, taken, 100));
  EXPECT_TRUE(other.TryGrowTo(40, taken, 100));
  EXPECT_FALSE(one.TryGrowTo(61, taken, 100));
  EXPECT_EQ(taken, 100U);
  one.LetGo();
  one.LetGo();
  EXPECT_TRUE(other.TryGrowTo(100, taken, 100));
  EXPECT_EQ(taken, 100U);
}

}  // namespace
}  // namespace tidemark::http
