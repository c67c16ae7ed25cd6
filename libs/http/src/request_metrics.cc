#include "tidemark/http/request_metrics.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

namespace tidemark::http {
namespace {

// Those of RFC 9110, and PATCH. The last stands for every other.
constexpr std::array<std::string_view, 10> kMethods = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "_OTHER"};
constexpr int kFirstServerError = 500;

std::size_t IndexOf(std::string_view method) {
  const auto found = std::ranges::find(kMethods, method);
  const auto index = static_cast<std::size_t>(std::distance(kMethods.begin(), found));
  return std::min(index, kMethods.size() - 1);
}

}  // namespace

RequestMetrics::RequestMetrics(std::span<const Route> routes, MetricRegistry& metrics)
    : metrics_(metrics), first_((routes.size() + 1) * kMethods.size()) {
  for (const Route& route : routes) templates_.push_back(route.path);
  templates_.emplace_back();
}

void RequestMetrics::Record(const Served& served) {
  const std::size_t without = templates_.size() - 1;
  const std::size_t route = std::min(served.request.route.value_or(without), without);
  const std::size_t place = (route * kMethods.size()) + IndexOf(served.method);
  const Series* series = FindIn(first_[place].load(std::memory_order_acquire), served.status);
  if (series == nullptr) series = &Add(place, served.status);
  series->durations.Observe(served.duration);
}

const RequestMetrics::Series* RequestMetrics::FindIn(const Series* first, int status) {
  while (first != nullptr && first->status != status) first = first->next;
  return first;
}

const RequestMetrics::Series& RequestMetrics::Add(std::size_t place, int status) {
  const std::string code = fmt::format("{}", status);
  const std::string& route = templates_[place / kMethods.size()];
  MetricInfo info{.name = "tidemark_http_server_request_duration_seconds",
                  .help =
                      "How long HTTP requests took, from their head to the last byte of the "
                      "reply.",
                  .labels = {{"http_request_method", kMethods.at(place % kMethods.size())},
                             {"http_response_status_code", code}}};
  if (!route.empty()) info.labels.push_back({"http_route", route});
  if (status >= kFirstServerError) info.labels.push_back({"error_type", code});

  const MutexLock lock(mutex_);
  const Series* const first = first_[place].load(std::memory_order_relaxed);
  if (const Series* const known = FindIn(first, status)) return *known;
  const Series& added = series_.emplace_front(Series{
      .status = status, .durations = metrics_.GetHistogram(info, DurationBounds()), .next = first});
  first_[place].store(&added, std::memory_order_release);
  return added;
}

}  // namespace tidemark::http
