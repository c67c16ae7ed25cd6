// Numbers about this process, for a monitoring system to collect: counters, gauges and histograms
// with fixed names, and the text form in which Prometheus reads them (0.0.4).
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
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

/// How long something took, each time: how many times by ranges of duration, and all together.
/// Thread-safe; nobody waits for anybody.
class Histogram {
 public:
  using Duration = std::chrono::nanoseconds;

  /// The ends of the ranges, which are in them. Beyond the last is one more range.
  /// Requires: ascending, none twice.
  explicit Histogram(std::span<const Duration> bounds);
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;

  /// A negative duration counts as none.
  void Observe(Duration duration) {
    std::size_t range = 0;
    while (range < bounds_.size() && duration > bounds_[range]) ++range;
    counts_[range].fetch_add(1, std::memory_order_relaxed);
    const auto length = duration.count() < 0 ? 0 : static_cast<std::uint64_t>(duration.count());
    sum_ns_.fetch_add(length, std::memory_order_relaxed);
  }

  std::span<const Duration> bounds() const { return bounds_; }
  /// By range, one more than there are bounds.
  std::vector<std::uint64_t> Counts() const;
  /// Of all durations.
  std::uint64_t sum_ns() const { return sum_ns_.load(std::memory_order_relaxed); }

 private:
  const std::vector<Duration> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<std::uint64_t> sum_ns_{0};
};

/// For what somebody waits for: 5 ms to 10 s, as OpenTelemetry asks for.
std::span<const Histogram::Duration> DurationBounds();

/// Tells apart the numbers of one name. In a registry both parts are constants of the program:
/// never what a user or a database says, which would make numbers without end.
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
  /// All histograms of one name have the same bounds.
  Histogram& GetHistogram(const MetricInfo& info, std::span<const Histogram::Duration> bounds)
      TIDEMARK_EXCLUDES(mutex_);

  /// Every number as text, by name. Durations are in seconds.
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
  Families<Histogram> histograms_ TIDEMARK_GUARDED_BY(mutex_);
};

/// The registry of this process. Lives for ever.
MetricRegistry& ProcessMetrics();

enum class MetricType : std::uint8_t { kCounter, kGauge };

/// A number that nobody keeps: it is known when somebody asks.
struct MetricSample {
  std::vector<MetricLabel> labels = {};
  double value = 0;
};

/// Appends the samples of one name to a text, in the form that MetricRegistry::Render has; nothing
/// without samples. The labels of `info` are left out.
void AppendSamples(std::string& out, const MetricInfo& info, MetricType type,
                   std::span<const MetricSample> samples);

}  // namespace tidemark
