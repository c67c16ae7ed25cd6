#include "tidemark/base/metrics.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark {
namespace {

TEST(MetricsTest, AnEmptyRegistryRendersNothing) { EXPECT_EQ(MetricRegistry().Render(), ""); }

TEST(MetricsTest, RendersEachNameOnceWithItsNumbersByLabel) {
  MetricRegistry registry;
  registry.GetCounter({"b_rows_total", "Rows.", {{"kind", "writer"}}}).Add(2);
  registry.GetCounter({"b_rows_total", "Rows.", {{"kind", "file"}, {"of", "x"}}}).Add();
  registry.GetGauge({"c_files", "Files now."}).Set(-3);
  registry.GetGauge({"a_files", "Files before."}).Add(7);
  EXPECT_EQ(registry.Render(),
            "# HELP a_files Files before.\n# TYPE a_files gauge\na_files 7\n"
            "# HELP b_rows_total Rows.\n# TYPE b_rows_total counter\n"
            "b_rows_total{kind=\"file\",of=\"x\"} 1\nb_rows_total{kind=\"writer\"} 2\n"
            "# HELP c_files Files now.\n# TYPE c_files gauge\nc_files -3\n");
}

TEST(MetricsTest, EscapesWhatALabelHolds) {
  MetricRegistry registry;
  registry.GetCounter({"x_total", "X.", {{"kind", "a\"b\\c\nd"}}});
  EXPECT_NE(registry.Render().find(R"(x_total{kind="a\"b\\c\nd"} 0)"), std::string::npos);
}

TEST(MetricsTest, OneNameAndLabelIsOneNumber) {
  MetricRegistry registry;
  Counter& first = registry.GetCounter({"x_total", "X.", {{"kind", "a"}}});
  EXPECT_EQ(&first, &registry.GetCounter({"x_total", "X.", {{"kind", "a"}}}));
  EXPECT_NE(&first, &registry.GetCounter({"x_total", "X.", {{"kind", "b"}}}));
}

TEST(MetricsTest, CountsOfManyThreadsAddUp) {
  MetricRegistry registry;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&registry] {
      for (int n = 0; n < 10'000; ++n) {
        registry.GetCounter({"x_total", "X."}).Add();
        if (n % 100 == 0) {
          EXPECT_NE(registry.Render(), "");
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(registry.GetCounter({"x_total", "X."}).value(), 40'000U);
}

TEST(MetricsTest, CountsToTheLastNumber) {
  MetricRegistry registry;
  registry.GetCounter({"x_total", "X."}).Add(18446744073709551615U);
  EXPECT_NE(registry.Render().find("x_total 18446744073709551615"), std::string::npos);
}

}  // namespace
}  // namespace tidemark
