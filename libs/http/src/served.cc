#include "tidemark/http/served.h"

#include <fmt/format.h>

#include "tidemark/base/log.h"
#include "tidemark/http/trace_context.h"

namespace tidemark::http {
namespace {

// A target may have 8 KiB.
constexpr std::size_t kLongestPathLogged = 512;
constexpr std::size_t kLongestMethodLogged = 32;

}  // namespace

void LogServed(const Served& served) {
  const std::chrono::duration<double, std::milli> duration = served.duration;
  const auto header = served.request.FindHeader("traceparent");
  const auto trace = header ? ParseTraceparent(*header) : std::nullopt;
  Log(LogLevel::kInfo, "http_request",
      {{"method", served.method.substr(0, kLongestMethodLogged)},
       {"path", std::string_view(served.request.path).substr(0, kLongestPathLogged)},
       {"status", served.status},
       {"bytes", served.size_bytes},
       {"duration_ms", fmt::format("{:.3f}", duration.count())},
       {"whole", served.is_whole ? "yes" : "no"},
       {"request_id", served.request.request_id},
       {"trace_id", trace ? trace->trace_id : ""},
       {"parent_id", trace ? trace->parent_id : ""}});
}

}  // namespace tidemark::http
