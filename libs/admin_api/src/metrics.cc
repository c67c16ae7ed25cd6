#include "metrics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "process_metrics.h"
#include "tidemark/base/metrics.h"
#include "tidemark/chain_heads/chain_heads.h"

namespace tidemark::admin_api {
namespace {

constexpr std::array<std::string_view, 4> kStatusClasses = {"2xx", "3xx", "4xx", "5xx"};

Counter& CounterOf(std::size_t status_class) {
  return ProcessMetrics().GetCounter({.name = "tidemark_http_requests_total",
                                      .help = "HTTP requests answered, by class of status.",
                                      .labels = {{"status", kStatusClasses.at(status_class)}}});
}

/// Networks are as many as there are providers for.
void AppendHeadAges(std::string& out, const chain_heads::HeadBoard& heads, UtcTime now) {
  const std::vector<chain_heads::NetworkHeads> networks = heads.List();
  std::vector<MetricSample> ages;
  for (const chain_heads::NetworkHeads& network : networks) {
    const auto& seen = network.latest.head;
    if (!seen) continue;
    const std::chrono::duration<double> age = now - seen->observed_at;
    ages.push_back({.labels = {{"network", network.network}}, .value = std::max(age.count(), 0.0)});
  }
  AppendSamples(out,
                {.name = "tidemark_chainhead_age_seconds",
                 .help = "Time since the newest block of a network was looked at with success."},
                MetricType::kGauge, ages);
}

}  // namespace

Outcome<http::Reply> GetMetrics(const Services& services, const http::Request&) {
  std::string text = ProcessMetrics().Render();
  AppendHeadAges(text, services.heads, services.clock.Now());
  AppendProcessMetrics(text, ReadProcess());
  return http::Reply{.status = 200,
                     .content_type = "text/plain; version=0.0.4; charset=utf-8",
                     .body = std::move(text),
                     .headers = {}};
}

void CountReply(int status) {
  static const std::array<Counter*, 4> counters = {&CounterOf(0), &CounterOf(1), &CounterOf(2),
                                                   &CounterOf(3)};
  const auto status_class = static_cast<std::size_t>(status / 100) - 2;
  if (status_class < counters.size()) counters[status_class]->Add();
}

http::Reply Counted(http::Reply reply) {
  CountReply(reply.status);
  return reply;
}

}  // namespace tidemark::admin_api
