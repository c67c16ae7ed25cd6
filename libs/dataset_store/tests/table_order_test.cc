#include "table_order.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::dataset_store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(TableOrderTest, ByNameExceptThatWhatIsReadComesFirst) {
  EXPECT_THAT(*OrderTables({}), testing::IsEmpty());
  EXPECT_THAT(*OrderTables({{"a", {}}, {"b", {}}, {"c", {}}}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(*OrderTables({{"a", {2}}, {"b", {}}, {"c", {}}}), ElementsAre("c", "a", "b"));
  EXPECT_THAT(*OrderTables({{"a", {1, 2}}, {"b", {3}}, {"c", {3}}, {"d", {}}}),
              ElementsAre("d", "b", "c", "a"));
}

TEST(TableOrderTest, ACircleIsNamedWithoutWhatLeadsToIt) {
  const auto circle = OrderTables({{"a", {1}}, {"b", {2}}, {"c", {1}}});
  ASSERT_FALSE(circle);
  EXPECT_EQ(circle.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(circle.error().message, HasSubstr("circle: b reads c reads b"));
  EXPECT_THAT(OrderTables({{"a", {0}}}).error().message, HasSubstr("circle: a reads a"));
}

TEST(TableOrderTest, LongChainsAndLongCirclesAreFine) {
  std::vector<TableNode> tables;
  constexpr std::size_t kCount = 200'000;
  for (std::size_t i = 0; i < kCount; ++i) {
    tables.push_back({.name = fmt::format("t{:06}", i), .reads = {}});
    if (i + 1 < kCount) tables.back().reads.push_back(i + 1);
  }
  EXPECT_EQ(OrderTables(tables)->front(), tables.back().name);
  tables.back().reads.push_back(0);
  EXPECT_LT(OrderTables(tables).error().message.size(), 300U);
}

// Method: random graphs of up to seven tables. Whether one has a circle is decided by taking away
// tables that read nothing until nothing changes; an order is checked against the edges.
TEST(TableOrderPropertyTest, OrdersEveryGraphWithoutACircleAndRefusesTheOthers) {
  const int seed = testing::UnitTest::GetInstance()->random_seed();
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  int ordered = 0;
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t count = std::uniform_int_distribution<std::size_t>(1, 7)(random);
    std::vector<TableNode> tables;
    for (std::size_t i = 0; i < count; ++i) {
      tables.push_back({.name = fmt::format("t{}", i), .reads = {}});
      for (std::size_t j = 0; j < count; ++j) {
        if (std::uniform_int_distribution<int>(0, 5)(random) == 0) tables[i].reads.push_back(j);
      }
    }
    std::vector<bool> is_gone(count, false);
    for (std::size_t pass = 0; pass < count; ++pass) {
      for (std::size_t i = 0; i < count; ++i) {
        if (std::ranges::all_of(tables[i].reads, [&](std::size_t r) { return is_gone[r]; })) {
          is_gone[i] = true;
        }
      }
    }
    const bool has_circle = std::ranges::count(is_gone, true) < static_cast<std::ptrdiff_t>(count);
    const auto order = OrderTables(tables);
    ASSERT_EQ(order.has_value(), !has_circle);
    if (!order) {
      ++refused;
      continue;
    }
    ++ordered;
    ASSERT_EQ(order->size(), count);
    const auto place = [&](std::size_t i) { return std::ranges::find(*order, tables[i].name); };
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_NE(place(i), order->end());
      for (const std::size_t read : tables[i].reads) ASSERT_LT(place(read), place(i));
    }
  }
  EXPECT_GT(ordered, 1000);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace tidemark::dataset_store
