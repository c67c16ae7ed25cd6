#include "metrics.h"

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "tidemark/base/metrics.h"

namespace tidemark::admin_api {
namespace {

constexpr std::array<std::string_view, 4> kStatusClasses = {"2xx", "3xx", "4xx", "5xx"};

Counter& CounterOf(std::size_t status_class) {
  return ProcessMetrics().GetCounter({.name = "tidemark_http_requests_total",
                                      .help = "HTTP requests answered, by class of status.",
                                      .labels = {{"status", kStatusClasses.at(status_class)}}});
}

}  // namespace

Outcome<http::Reply> GetMetrics(const Services&, const http::Request&) {
  return http::Reply{.status = 200,
                     .content_type = "text/plain; version=0.0.4; charset=utf-8",
                     .body = ProcessMetrics().Render(),
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
