#include "tidemark/base/metrics.h"

#include <array>
#include <chrono>
#include <latch>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

namespace tidemark {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::array<Histogram::Duration, 3> kBounds = {milliseconds(5), milliseconds(250),
                                                        milliseconds(10'000)};

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

TEST(MetricsTest, EscapesWhatAHelpHolds) {
  MetricRegistry registry;
  registry.GetCounter({"x_total", "A \"b\" c\\d\ne."});
  EXPECT_THAT(registry.Render(), HasSubstr("# HELP x_total A \"b\" c\\\\d\\ne.\n"));
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

TEST(MetricsTest, SamplesLookLikeTheNumbersOfARegistry) {
  std::string out;
  AppendSamples(out, {"age_seconds", "Age."}, MetricType::kGauge,
                std::vector<MetricSample>{{.labels = {{"network", "a\"b"}}, .value = 1.5},
                                          {.labels = {}, .value = 1795451350.25}});
  AppendSamples(out, {"none_total", "None."}, MetricType::kCounter, {});
  AppendSamples(out, {"cpu_total", "CPU."}, MetricType::kCounter,
                std::vector<MetricSample>{{.value = 3}});
  EXPECT_EQ(out,
            "# HELP age_seconds Age.\n# TYPE age_seconds gauge\n"
            "age_seconds{network=\"a\\\"b\"} 1.5\nage_seconds 1795451350.25\n"
            "# HELP cpu_total CPU.\n# TYPE cpu_total counter\ncpu_total 3\n");
}

TEST(HistogramTest, ABoundIsInTheRangeThatItEnds) {
  Histogram histogram(kBounds);
  EXPECT_THAT(histogram.Counts(), ElementsAre(0, 0, 0, 0));
  histogram.Observe(nanoseconds(0));
  histogram.Observe(milliseconds(5));
  histogram.Observe(milliseconds(5) + nanoseconds(1));
  histogram.Observe(milliseconds(10'000));
  histogram.Observe(milliseconds(10'000) + nanoseconds(1));
  histogram.Observe(milliseconds(86'400'000));
  EXPECT_THAT(histogram.Counts(), ElementsAre(2, 1, 1, 2));
  EXPECT_EQ(histogram.sum_ns(), 86'420'010'000'002U);
}

TEST(HistogramTest, ANegativeDurationCountsAsNone) {
  Histogram histogram(kBounds);
  histogram.Observe(nanoseconds(-1));
  EXPECT_THAT(histogram.Counts(), ElementsAre(1, 0, 0, 0));
  EXPECT_EQ(histogram.sum_ns(), 0U);
}

TEST(HistogramTest, RendersWhatPrometheusReads) {
  MetricRegistry registry;
  Histogram& histogram =
      registry.GetHistogram({"x_seconds", "X.", {{"route", "/a"}, {"status", "200"}}}, kBounds);
  registry.GetHistogram({"w_seconds", "W."}, kBounds);
  registry.GetCounter({"x_total", "X."});
  histogram.Observe(milliseconds(1));
  histogram.Observe(milliseconds(5));
  histogram.Observe(milliseconds(200));
  histogram.Observe(milliseconds(20'000));
  EXPECT_EQ(registry.Render(),
            "# HELP w_seconds W.\n# TYPE w_seconds histogram\n"
            "w_seconds_bucket{le=\"0.005\"} 0\nw_seconds_bucket{le=\"0.25\"} 0\n"
            "w_seconds_bucket{le=\"10\"} 0\nw_seconds_bucket{le=\"+Inf\"} 0\n"
            "w_seconds_sum 0\nw_seconds_count 0\n"
            "# HELP x_seconds X.\n# TYPE x_seconds histogram\n"
            "x_seconds_bucket{route=\"/a\",status=\"200\",le=\"0.005\"} 2\n"
            "x_seconds_bucket{route=\"/a\",status=\"200\",le=\"0.25\"} 3\n"
            "x_seconds_bucket{route=\"/a\",status=\"200\",le=\"10\"} 3\n"
            "x_seconds_bucket{route=\"/a\",status=\"200\",le=\"+Inf\"} 4\n"
            "x_seconds_sum{route=\"/a\",status=\"200\"} 20.206\n"
            "x_seconds_count{route=\"/a\",status=\"200\"} 4\n"
            "# HELP x_total X.\n# TYPE x_total counter\nx_total 0\n");
}

TEST(HistogramTest, TheUsualBoundsReadAsOpenTelemetryWritesThem) {
  MetricRegistry registry;
  registry.GetHistogram({"x_seconds", "X."}, DurationBounds());
  const std::string text = registry.Render();
  std::size_t at = 0;
  for (const std::string_view bound : {"0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25",
                                       "0.5", "0.75", "1", "2.5", "5", "7.5", "10", "+Inf"}) {
    const std::string next = "x_seconds_bucket{le=\"" + std::string(bound) + "\"} 0\n";
    ASSERT_EQ(text.find("x_seconds_bucket", at), text.find(next, at)) << bound;
    at = text.find(next, at) + next.size();
  }
  EXPECT_EQ(text.find("_bucket", at), std::string::npos);
}

TEST(HistogramTest, NothingOfManyThreadsIsLost) {
  MetricRegistry registry;
  Histogram& histogram = registry.GetHistogram({"x_seconds", "X."}, kBounds);
  std::latch all_are_there(4);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      all_are_there.arrive_and_wait();
      for (int n = 0; n < 500'000; ++n) histogram.Observe(milliseconds(i * 100));
    });
  }
  threads.emplace_back([&registry] {
    for (int n = 0; n < 100; ++n) EXPECT_NE(registry.Render(), "");
  });
  threads.clear();
  EXPECT_THAT(histogram.Counts(), ElementsAre(500'000, 1'000'000, 500'000, 0));
  EXPECT_EQ(histogram.sum_ns(), 300'000'000'000'000U);
}

}  // namespace
}  // namespace tidemark
