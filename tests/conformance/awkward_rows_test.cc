// Rows that an Amp deployment can hold and that Amp was not asked about: the answers, written by
// hand from the rules, hold over every store.
#include <algorithm>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "lakes.h"

namespace tidemark::conformance {
namespace {

using nlohmann::json;

// Whether `ours` has everything that is expected: further keys are free, further elements are not.
bool Holds(const json& expected, const json& ours) {
  if (expected.is_object()) {
    return ours.is_object() && std::ranges::all_of(expected.items(), [&](const auto& item) {
             return ours.contains(item.key()) && Holds(item.value(), ours[item.key()]);
           });
  }
  if (expected.is_array()) {
    return ours.is_array() && std::ranges::equal(expected, ours, Holds);
  }
  return expected == ours;
}

TEST(AwkwardRowsTest, AreAnsweredByTheRulesOverEveryStore) {
  const Source& source = Sources()[1];
  std::ifstream file(source.recorded);
  const json cases = json::parse(file);
  ASSERT_GT(cases.size(), 50U);
  for (const auto& lake : Lakes::Of(source).all()) {
    for (const json& one : cases) {
      const http::Reply reply = lake->Ask(one.at("request").get<std::string>());
      const json body = json::parse(reply.body, nullptr, false);
      EXPECT_EQ(reply.status, one.at("status"));
      EXPECT_TRUE(Holds(one.value("body", json()), body) || !one.contains("body"))
          << lake->name() << " " << one.at("request") << " (" << one.at("rule") << "): " << body;
    }
  }
}

TEST(AwkwardRowsTest, TheComparisonNotices) {
  const json expected = {{"a", 1}, {"b", json::array({json({{"c", nullptr}})})}};
  EXPECT_TRUE(Holds(expected, {{"a", 1}, {"b", json::array({json({{"c", nullptr}, {"d", 2}})})}}));
  EXPECT_FALSE(Holds(expected, {{"a", 2}, {"b", json::array({json({{"c", nullptr}})})}}));
  EXPECT_FALSE(Holds(expected, {{"a", 1}, {"b", json::array()}}));
  EXPECT_FALSE(Holds(expected, {{"a", 1}, {"b", json::array({json::object()})}}));
}

}  // namespace
}  // namespace tidemark::conformance
