// Numbers about this process, for a monitoring system to collect: counters and gauges with fixed
// names, and the text form in which Prometheus reads them.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/mutex.h"

namespace tidemark {

/// A number that only rises. Thread-safe.
class Counter {
 public:
  void Add(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A number that rises and falls. Thread-safe.
class Gauge {
 public:
  void Set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void Add(std::int64_t amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Tells apart the numbers of one name. Both parts are constants of the program: never what a user
/// or a database says, which would make numbers without end.
struct MetricLabel {
  std::string_view name;
  std::string_view value;
};

struct MetricInfo {
  std::string_view name;  // [a-z_]+; of a counter it ends in _total.
  std::string_view help;  // One sentence. All numbers of one name have the same.
  std::vector<MetricLabel> labels = {};
};

/// Thread-safe.
class MetricRegistry {
 public:
  MetricRegistry() = default;
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  /// The number of that name and these labels, 0 at first. It lives as long as the registry; keep
  /// the reference where it is counted often.
  Counter& GetCounter(const MetricInfo& info) TIDEMARK_EXCLUDES(mutex_);
  Gauge& GetGauge(const MetricInfo& info) TIDEMARK_EXCLUDES(mutex_);

  /// Every number, in Prometheus' text format 0.0.4, by name.
  std::string Render() const TIDEMARK_EXCLUDES(mutex_);

 private:
  template <class Number>
  struct Family {
    std::string help;
    std::map<std::string, std::unique_ptr<Number>> numbers;  // By the text of their labels.
  };
  template <class Number>
  using Families = std::map<std::string, Family<Number>, std::less<>>;

  mutable Mutex mutex_;
  Families<Counter> counters_ TIDEMARK_GUARDED_BY(mutex_);
  Families<Gauge> gauges_ TIDEMARK_GUARDED_BY(mutex_);
};

/// The registry of this process. Lives for ever.
MetricRegistry& ProcessMetrics();

}  // namespace tidemark
