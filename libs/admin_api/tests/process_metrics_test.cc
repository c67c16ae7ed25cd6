#include "process_metrics.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace tidemark::admin_api {
namespace {

constexpr SystemUnits kUnits{.ticks_a_second = 100, .page_bytes = 4096};
const std::string kStat =
    "42 (a) b (c) S 1 42 42 0 -1 4194560 900 0 1 0 150 25 0 0 20 0 4 0 12345 99000000 700 "
    "18446744073709551615 1 1 0\n";
const std::string kSystemStat = "cpu  1 2 3\nintr 5 6\nctxt 9\nbtime 1795451350\nprocesses 7\n";

TEST(ProcessMetricsTest, ReadsBehindANameThatHoldsBrackets) {
  const ProcessFacts facts = ParseProcess({.stat = kStat, .system_stat = kSystemStat}, kUnits);
  EXPECT_EQ(facts.cpu_seconds, 1.75);
  EXPECT_EQ(facts.start_time_seconds, 1795451350 + 123.45);
  EXPECT_EQ(facts.virtual_memory_bytes, 99'000'000U);
  EXPECT_EQ(facts.resident_memory_bytes, 700U * 4096U);
}

TEST(ProcessMetricsTest, WhatIsNotThereIsNotMadeUp) {
  for (std::size_t size = 0; size < kStat.size(); ++size) {
    const ProcessFacts facts = ParseProcess({.stat = kStat.substr(0, size), .system_stat = ""}, {});
    EXPECT_FALSE(facts.cpu_seconds);
    EXPECT_FALSE(facts.start_time_seconds);
  }
  const ProcessFacts facts = ParseProcess({.stat = "", .system_stat = ""}, kUnits);
  EXPECT_FALSE(facts.virtual_memory_bytes);
  EXPECT_FALSE(facts.resident_memory_bytes);
  std::string out;
  AppendProcessMetrics(out, facts);
  EXPECT_EQ(out, "");
}

TEST(ProcessMetricsTest, IsAboutThisProcess) {
  const ProcessFacts before = ReadProcess();
  const int fd = ::open("/dev/null", O_RDONLY);
  const ProcessFacts after = ReadProcess();
  ::close(fd);
  EXPECT_EQ(after.open_fds.value(), before.open_fds.value() + 1);
  EXPECT_GT(after.max_fds.value(), after.open_fds.value());
  EXPECT_GE(after.cpu_seconds.value(), before.cpu_seconds.value());
  EXPECT_GT(after.resident_memory_bytes.value(), 1U << 20U);
  EXPECT_GT(after.virtual_memory_bytes.value(), after.resident_memory_bytes.value());
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  EXPECT_NEAR(after.start_time_seconds.value(), now.count(), 3600);
}

}  // namespace
}  // namespace tidemark::admin_api
