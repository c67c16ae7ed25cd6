#include "retry_budget.h"

#include <gtest/gtest.h>

namespace tidemark::worker {
namespace {

using std::chrono::milliseconds;

TEST(RetryBudgetTest, EndsAfterFiveFailuresInARow) {
  RetryBudget budget({.base = milliseconds(0), .max = milliseconds(0)});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(budget.WaitForNext({})) << i;
  EXPECT_FALSE(budget.WaitForNext({}));
}

TEST(RetryBudgetTest, BeginsAgainAfterASuccess) {
  RetryBudget budget({.base = milliseconds(0), .max = milliseconds(0)});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(budget.WaitForNext({}));
  budget.Reset();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(budget.WaitForNext({})) << i;
}

}  // namespace
}  // namespace tidemark::worker
