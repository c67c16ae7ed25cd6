#include "metrics.h"

#include <chrono>
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include "api_fixture.h"

namespace tidemark::admin_api {
namespace {

using testing::HasSubstr;
using testing::Not;

class MetricsTest : public ApiFixture {
 protected:
  /// How many replies of that class there were, the one that tells not among them.
  std::uint64_t CountOf(const std::string& status_class) {
    const std::string text = Get("/metrics").text;
    const std::string name = "tidemark_http_requests_total{status=\"" + status_class + "\"} ";
    const std::size_t at = text.find(name);
    if (at == std::string::npos) return 0;
    return std::stoull(text.substr(at + name.size()));
  }
};

TEST_F(MetricsTest, RepliesAreCountedByTheClassOfTheirStatus) {
  Get("/healthz");
  const auto good = CountOf("2xx");
  const auto bad = CountOf("4xx");
  const auto failed = CountOf("5xx");
  Get("/jobs/0");
  Get("/nope");
  Ask({http::Method::kPut, "/healthz"});
  metadata_.first_failing_call = 0;
  Get("/jobs");
  EXPECT_EQ(CountOf("4xx"), bad + 3);
  EXPECT_EQ(CountOf("5xx"), failed + 1);
  EXPECT_EQ(CountOf("2xx"), good + 5);  // Those that told of all this.
}

TEST_F(MetricsTest, TheTextIsPrometheus) {
  Get("/healthz");
  const Answer answer = Get("/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.text, HasSubstr("# TYPE tidemark_http_requests_total counter\n"));
  EXPECT_THAT(answer.text, HasSubstr("# HELP tidemark_http_requests_total "));
}

TEST_F(MetricsTest, ANetworkWhoseHeadIsKnownHasItsAge) {
  EXPECT_THAT(Get("/metrics").text, Not(HasSubstr("tidemark_chainhead_age_seconds")));
  const auto head_seen = [&](std::string network, std::chrono::milliseconds before) {
    chain_heads::NetworkHeads heads{.network = std::move(network), .latest = {}, .finalized = {}};
    heads.latest.head = ObservedHead{.head = {}, .observed_at = clock_.now - before};
    return heads;
  };
  heads_.networks = {head_seen("main\"net", std::chrono::milliseconds(1500)),
                     {.network = "unknown", .latest = {}, .finalized = {}},
                     head_seen("early", std::chrono::milliseconds(-10))};
  const std::string text = Get("/metrics").text;
  EXPECT_THAT(text, HasSubstr("# TYPE tidemark_chainhead_age_seconds gauge\n"
                              "tidemark_chainhead_age_seconds{network=\"main\\\"net\"} 1.5\n"
                              "tidemark_chainhead_age_seconds{network=\"early\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("unknown")));
}

TEST_F(MetricsTest, TheSystemIsAskedAboutTheProcess) {
  const std::string text = Get("/metrics").text;
  for (const char* name : {"process_cpu_seconds_total", "process_max_fds", "process_open_fds",
                           "process_resident_memory_bytes", "process_start_time_seconds",
                           "process_virtual_memory_bytes"}) {
    const std::size_t at = text.find(std::string("\n") + name + " ");
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_GE(std::stod(text.substr(text.find(' ', at))), 0) << name;
  }
}

TEST_F(MetricsTest, AStatusOfNoClassIsNotCounted) {
  for (const int status : {0, 100, 199, 600, 999}) {
    EXPECT_EQ(Counted(http::Reply{.status = status, .content_type = {}, .body = {}, .headers = {}})
                  .status,
              status);
  }
}

}  // namespace
}  // namespace tidemark::admin_api
