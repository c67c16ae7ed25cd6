#include "head_json.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace tidemark::admin_api {

using chain_heads::HeadReport;

void WriteObservedHead(const HeadReport& report, UtcTime now, JsonWriter& json) {
  const auto& seen = report.head;
  json.Field("number", seen ? std::optional(seen->head.number.value) : std::nullopt);
  json.Field("hash", seen ? std::optional(ToHex(seen->head.hash)) : std::nullopt);
  json.Field("timestamp", seen ? std::optional(seen->head.timestamp_s) : std::nullopt);
  json.Field("source", report.source);
  json.Field("observed_at", seen ? std::optional(FormatRfc3339(seen->observed_at)) : std::nullopt);
  std::optional<std::int64_t> age_ms;
  if (seen) {
    const auto age = std::max(now - seen->observed_at, std::chrono::nanoseconds(0));
    age_ms = std::chrono::floor<std::chrono::milliseconds>(age).count();
  }
  json.Field("age_ms", age_ms);
}

void WriteHeadProblem(const HeadReport& report, JsonWriter& json) {
  const auto& problem = report.problem;
  json.Field("reason",
             problem ? std::optional(chain_heads::ToString(problem->code)) : std::nullopt);
  json.Field("detail", problem ? std::optional(problem->detail) : std::nullopt);
}

}  // namespace tidemark::admin_api
