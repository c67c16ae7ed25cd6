// How long requests take to be answered.
#pragma once

#include <atomic>
#include <cstddef>
#include <forward_list>
#include <span>
#include <string>
#include <vector>

#include "tidemark/base/metrics.h"
#include "tidemark/base/mutex.h"
#include "tidemark/http/router.h"
#include "tidemark/http/served.h"

namespace tidemark::http {

/// Times replies in tidemark_http_server_request_duration_seconds, with the labels of
/// OpenTelemetry's conventions for HTTP: method, route (its template), status, and the type of the
/// error for 5xx. Nothing in them is what a client sent: a method that is none of HTTP's is _OTHER,
/// and a path that no route has, or that nobody looked at, has no route.
/// Thread-safe. Takes a lock and allocates only for the first reply of its kind.
class RequestMetrics {
 public:
  /// `routes`: those of the server's router. `metrics` must outlive it.
  RequestMetrics(std::span<const Route> routes, MetricRegistry& metrics);
  RequestMetrics(const RequestMetrics&) = delete;
  RequestMetrics& operator=(const RequestMetrics&) = delete;

  void Record(const Served& served);

 private:
  /// The replies of one status to one method of one route.
  struct Series {
    int status;
    Histogram& durations;
    const Series* next;  // Another status.
  };

  static const Series* FindIn(const Series* first, int status);
  const Series& Add(std::size_t place, int status) TIDEMARK_EXCLUDES(mutex_);

  MetricRegistry& metrics_;
  std::vector<std::string> templates_;  // By index of the route; the last is for those without.
  std::vector<std::atomic<const Series*>> first_;  // By template and method.
  Mutex mutex_;
  std::forward_list<Series> series_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::http
