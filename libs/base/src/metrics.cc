#include "tidemark/base/metrics.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace tidemark {
namespace {

constexpr double kNanosecondsASecond = 1e9;

enum class Quotes : std::uint8_t { kPlain, kEscaped };

void AppendEscaped(std::string& out, std::string_view text, Quotes quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (c == '"' && quotes == Quotes::kEscaped)) out.push_back('\\');
    out.push_back(c);
  }
}

/// kind="file",of="x"
std::string LabelText(const std::vector<MetricLabel>& labels) {
  std::string text;
  for (const MetricLabel& label : labels) {
    if (!text.empty()) text.push_back(',');
    text += label.name;
    text += "=\"";
    AppendEscaped(text, label.value, Quotes::kEscaped);
    text.push_back('"');
  }
  return text;
}

/// `labels` as LabelText has them.
template <class Value>
void AppendSample(std::string& out, std::string_view name, std::string_view labels,
                  const Value& value) {
  out += name;
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out += fmt::format(" {}\n", value);
}

template <class Number>
void AppendNumber(std::string& out, std::string_view name, std::string_view labels,
                  const Number& number) {
  AppendSample(out, name, labels, number.value());
}

// Every bucket counts what the ones before it count, too. The number of all is that of the last, so
// that they agree whatever is observed meanwhile.
void AppendNumber(std::string& out, std::string_view name, std::string_view labels,
                  const Histogram& histogram) {
  const std::vector<std::uint64_t> counts = histogram.Counts();
  const auto bounds = histogram.bounds();
  const std::string bucket = fmt::format("{}_bucket", name);
  const std::string others = labels.empty() ? "" : fmt::format("{},", labels);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    count += counts[i];
    const std::string bound =
        i < bounds.size()
            ? fmt::format("{}", static_cast<double>(bounds[i].count()) / kNanosecondsASecond)
            : "+Inf";
    AppendSample(out, bucket, fmt::format("{}le=\"{}\"", others, bound), count);
  }
  AppendSample(out, fmt::format("{}_sum", name), labels,
               static_cast<double>(histogram.sum_ns()) / kNanosecondsASecond);
  AppendSample(out, fmt::format("{}_count", name), labels, count);
}

std::string_view ToString(MetricType type) {
  return type == MetricType::kCounter ? "counter" : "gauge";
}

void AppendHead(std::string& out, std::string_view name, std::string_view help,
                std::string_view type) {
  out.append("# HELP ").append(name).append(" ");
  AppendEscaped(out, help, Quotes::kPlain);
  out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

template <class Families, class... Arguments>
auto& FindOrAdd(Families& families, const MetricInfo& info, const Arguments&... arguments) {
  auto& family = families[std::string(info.name)];
  if (family.help.empty()) family.help = info.help;
  auto& number = family.numbers[LabelText(info.labels)];
  using Number = std::remove_reference_t<decltype(*number)>;
  if (!number) number = std::make_unique<Number>(arguments...);
  return *number;
}

using TextByName = std::map<std::string_view, std::string>;

template <class Families>
void AddTexts(const Families& families, std::string_view type, TextByName& texts) {
  for (const auto& [name, family] : families) {
    std::string& text = texts[name];
    AppendHead(text, name, family.help, type);
    for (const auto& [labels, number] : family.numbers) AppendNumber(text, name, labels, *number);
  }
}

}  // namespace

Histogram::Histogram(std::span<const Duration> bounds)
    : bounds_(bounds.begin(), bounds.end()), counts_(bounds.size() + 1) {
  assert(std::ranges::is_sorted(bounds_, std::less_equal()));
}

std::vector<std::uint64_t> Histogram::Counts() const {
  std::vector<std::uint64_t> counts;
  counts.reserve(counts_.size());
  for (const auto& count : counts_) counts.push_back(count.load(std::memory_order_relaxed));
  return counts;
}

std::span<const Histogram::Duration> DurationBounds() {
  using std::chrono::milliseconds;
  static constexpr Histogram::Duration kBounds[] = {
      milliseconds(5),    milliseconds(10),   milliseconds(25),   milliseconds(50),
      milliseconds(75),   milliseconds(100),  milliseconds(250),  milliseconds(500),
      milliseconds(750),  milliseconds(1000), milliseconds(2500), milliseconds(5000),
      milliseconds(7500), milliseconds(10000)};
  return kBounds;
}

Counter& MetricRegistry::GetCounter(const MetricInfo& info) {
  const MutexLock lock(mutex_);
  return FindOrAdd(counters_, info);
}

Gauge& MetricRegistry::GetGauge(const MetricInfo& info) {
  const MutexLock lock(mutex_);
  return FindOrAdd(gauges_, info);
}

Histogram& MetricRegistry::GetHistogram(const MetricInfo& info,
                                        std::span<const Histogram::Duration> bounds) {
  const MutexLock lock(mutex_);
  return FindOrAdd(histograms_, info, bounds);
}

std::string MetricRegistry::Render() const {
  const MutexLock lock(mutex_);
  TextByName texts;
  AddTexts(counters_, ToString(MetricType::kCounter), texts);
  AddTexts(gauges_, ToString(MetricType::kGauge), texts);
  AddTexts(histograms_, "histogram", texts);
  std::string out;
  for (const auto& [name, text] : texts) out += text;
  return out;
}

MetricRegistry& ProcessMetrics() {
  // Never destroyed: threads may count while the process ends.
  static auto* const registry = new MetricRegistry;
  return *registry;
}

void AppendSamples(std::string& out, const MetricInfo& info, MetricType type,
                   std::span<const MetricSample> samples) {
  if (samples.empty()) return;
  AppendHead(out, info.name, info.help, ToString(type));
  for (const MetricSample& sample : samples) {
    AppendSample(out, info.name, LabelText(sample.labels), sample.value);
  }
}

}  // namespace tidemark
