#include "tidemark/base/metrics.h"

#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace tidemark {
namespace {

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out.push_back('\\');
    out.push_back(c);
  }
}

/// {kind="file"}; nothing without labels.
std::string LabelText(const std::vector<MetricLabel>& labels) {
  if (labels.empty()) return {};
  std::string text = "{";
  for (const MetricLabel& label : labels) {
    if (text.size() > 1) text.push_back(',');
    text += label.name;
    text += "=\"";
    AppendEscaped(text, label.value);
    text.push_back('"');
  }
  text.push_back('}');
  return text;
}

template <class Families>
auto& FindOrAdd(Families& families, const MetricInfo& info) {
  auto& family = families[std::string(info.name)];
  if (family.help.empty()) family.help = info.help;
  auto& number = family.numbers[LabelText(info.labels)];
  using Number = std::remove_reference_t<decltype(*number)>;
  if (!number) number = std::make_unique<Number>();
  return *number;
}

template <class Family>
void AppendFamily(std::string& out, std::string_view name, std::string_view type,
                  const Family& family) {
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, family.help, name, type);
  for (const auto& [labels, number] : family.numbers) {
    out += fmt::format("{}{} {}\n", name, labels, number->value());
  }
}

}  // namespace

Counter& MetricRegistry::GetCounter(const MetricInfo& info) {
  const MutexLock lock(mutex_);
  return FindOrAdd(counters_, info);
}

Gauge& MetricRegistry::GetGauge(const MetricInfo& info) {
  const MutexLock lock(mutex_);
  return FindOrAdd(gauges_, info);
}

std::string MetricRegistry::Render() const {
  const MutexLock lock(mutex_);
  std::string out;
  auto gauge = gauges_.begin();
  // Clang's analysis does not know inside the lambda that the mutex is held.
  const auto gauges_end = gauges_.end();
  const auto append_gauges_before = [&](std::string_view name) {
    for (; gauge != gauges_end && (name.empty() || gauge->first < name); ++gauge) {
      AppendFamily(out, gauge->first, "gauge", gauge->second);
    }
  };
  for (const auto& [name, family] : counters_) {
    append_gauges_before(name);
    AppendFamily(out, name, "counter", family);
  }
  append_gauges_before({});
  return out;
}

MetricRegistry& ProcessMetrics() {
  // Never destroyed: threads may count while the process ends.
  static auto* const registry = new MetricRegistry;
  return *registry;
}

}  // namespace tidemark
