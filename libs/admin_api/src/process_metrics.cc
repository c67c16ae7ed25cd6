#include "process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "tidemark/base/metrics.h"
#include "tidemark/base/text.h"

namespace tidemark::admin_api {
namespace {

// Places of the fields of /proc/self/stat behind the program's name (proc(5) counts from 1, and has
// two before).
constexpr std::size_t kUserTicks = 11;
constexpr std::size_t kSystemTicks = 12;
constexpr std::size_t kStartTicks = 19;
constexpr std::size_t kVirtualBytes = 20;
constexpr std::size_t kResidentPages = 21;

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
    if (text.empty()) return words;
    words.push_back(text.substr(0, text.find_first_of(" \n")));
    text.remove_prefix(words.back().size());
  }
}

std::optional<std::uint64_t> Number(const std::vector<std::string_view>& words, std::size_t place) {
  if (place >= words.size()) return std::nullopt;
  return ParseDecimal<std::uint64_t>(words[place]);
}

/// The second since 1970 in which the machine started.
std::optional<std::uint64_t> BootTime(std::string_view system_stat) {
  constexpr std::string_view kLine = "\nbtime ";
  const std::size_t at = system_stat.find(kLine);
  if (at == std::string_view::npos) return std::nullopt;
  return Number(Words(system_stat.substr(at + kLine.size())), 0);
}

std::optional<std::uint64_t> CountOpenFds() {
  std::error_code error;
  std::uint64_t count = 0;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  if (error || count == 0) return std::nullopt;
  return count - 1;  // Without the one that this took.
}

std::optional<std::uint64_t> MaxFds() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return limit.rlim_cur;
}

template <class T>
void Append(std::string& out, const MetricInfo& info, MetricType type,
            const std::optional<T>& value) {
  if (!value) return;
  const MetricSample sample{.value = static_cast<double>(*value)};
  AppendSamples(out, info, type, {&sample, 1});
}

}  // namespace

ProcessFacts ParseProcess(const ProcessFiles& files, const SystemUnits& units) {
  // The name is in brackets, and may hold some itself.
  const std::string_view stat = files.stat;
  const std::size_t name_end = stat.rfind(')');
  const auto words = Words(name_end == std::string_view::npos ? "" : stat.substr(name_end + 1));
  const auto ticks = static_cast<double>(units.ticks_a_second);

  ProcessFacts facts;
  const auto user = Number(words, kUserTicks);
  const auto system = Number(words, kSystemTicks);
  if (user && system && ticks > 0) facts.cpu_seconds = static_cast<double>(*user + *system) / ticks;
  const auto boot = BootTime(files.system_stat);
  const auto start = Number(words, kStartTicks);
  if (boot && start && ticks > 0) {
    facts.start_time_seconds = static_cast<double>(*boot) + (static_cast<double>(*start) / ticks);
  }
  facts.virtual_memory_bytes = Number(words, kVirtualBytes);
  const auto pages = Number(words, kResidentPages);
  if (pages) facts.resident_memory_bytes = *pages * units.page_bytes;
  return facts;
}

ProcessFacts ReadProcess() {
  ProcessFacts facts =
      ParseProcess({.stat = ReadFile("/proc/self/stat"), .system_stat = ReadFile("/proc/stat")},
                   {.ticks_a_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)),
                    .page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))});
  facts.open_fds = CountOpenFds();
  facts.max_fds = MaxFds();
  return facts;
}

void AppendProcessMetrics(std::string& out, const ProcessFacts& facts) {
  Append(out,
         {.name = "process_cpu_seconds_total",
          .help = "Total user and system CPU time spent in seconds."},
         MetricType::kCounter, facts.cpu_seconds);
  Append(out, {.name = "process_max_fds", .help = "Maximum number of open file descriptors."},
         MetricType::kGauge, facts.max_fds);
  Append(out, {.name = "process_open_fds", .help = "Number of open file descriptors."},
         MetricType::kGauge, facts.open_fds);
  Append(out, {.name = "process_resident_memory_bytes", .help = "Resident memory size in bytes."},
         MetricType::kGauge, facts.resident_memory_bytes);
  Append(out,
         {.name = "process_start_time_seconds",
          .help = "Start time of the process since unix epoch in seconds."},
         MetricType::kGauge, facts.start_time_seconds);
  Append(out, {.name = "process_virtual_memory_bytes", .help = "Virtual memory size in bytes."},
         MetricType::kGauge, facts.virtual_memory_bytes);
}

}  // namespace tidemark::admin_api
