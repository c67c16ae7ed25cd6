#include "tidemark/http/trace_context.h"

#include <string>

#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

const std::string kTraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParentId = "00f067aa0ba902b7";

// The example of W3C Trace Context 3.2.
TEST(TraceparentTest, SaysTraceParentAndWhetherItIsSampled) {
  const std::string value = "00-" + kTraceId + "-" + kParentId + "-01";
  const auto context = ParseTraceparent(value);
  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(context->trace_id, kTraceId);
  EXPECT_EQ(context->parent_id, kParentId);
  EXPECT_TRUE(context->is_sampled);
  EXPECT_FALSE(ParseTraceparent("00-" + kTraceId + "-" + kParentId + "-00")->is_sampled);
  EXPECT_FALSE(ParseTraceparent("00-" + kTraceId + "-" + kParentId + "-fe")->is_sampled);
}

TEST(TraceparentTest, AVersionToComeIsReadAsFarAsItIsKnown) {
  const std::string known = "cc-" + kTraceId + "-" + kParentId + "-01";
  EXPECT_TRUE(ParseTraceparent(known).has_value());
  EXPECT_TRUE(ParseTraceparent(known + "-what-the-future-brings").has_value());
  EXPECT_FALSE(ParseTraceparent(known + ".what-the-future-brings").has_value());
}

TEST(TraceparentTest, WhatIsMalformedIsIgnored) {
  const std::string good = "00-" + kTraceId + "-" + kParentId + "-01";
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(ParseTraceparent(good.substr(0, size)).has_value()) << size;
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = 'G';
    EXPECT_FALSE(ParseTraceparent(bad).has_value()) << bad;
  }
  EXPECT_FALSE(ParseTraceparent(good + "-more").has_value());
  EXPECT_FALSE(ParseTraceparent("ff-" + kTraceId + "-" + kParentId + "-01").has_value());
  EXPECT_FALSE(
      ParseTraceparent("00-" + std::string(32, '0') + "-" + kParentId + "-01").has_value());
  EXPECT_FALSE(ParseTraceparent("00-" + kTraceId + "-" + std::string(16, '0') + "-01").has_value());
  EXPECT_FALSE(
      ParseTraceparent("00-4BF92F3577B34DA6A3CE929D0E0E4736-" + kParentId + "-01").has_value());
}

}  // namespace
}  // namespace tidemark::http
