// What the system says of this process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::admin_api {

/// Absent: the system does not say.
struct ProcessFacts {
  std::optional<double> cpu_seconds;
  std::optional<double> start_time_seconds;  // Since 1970.
  std::optional<std::uint64_t> virtual_memory_bytes;
  std::optional<std::uint64_t> resident_memory_bytes;
  std::optional<std::uint64_t> open_fds;
  std::optional<std::uint64_t> max_fds;
};

/// What the files of /proc say, which may be empty.
struct ProcessFiles {
  std::string stat;         // /proc/self/stat
  std::string system_stat;  // /proc/stat
};
struct SystemUnits {
  std::uint64_t ticks_a_second = 0;
  std::uint64_t page_bytes = 0;
};
ProcessFacts ParseProcess(const ProcessFiles& files, const SystemUnits& units);

/// Now.
ProcessFacts ReadProcess();

/// Under the names that Prometheus' own clients give them: process_cpu_seconds_total and so on.
void AppendProcessMetrics(std::string& out, const ProcessFacts& facts);

}  // namespace tidemark::admin_api
