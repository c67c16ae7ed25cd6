#include "tidemark/http/request_metrics.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "test_server.h"

namespace tidemark::http {
namespace {

using testing::UnorderedElementsAre;

constexpr std::string_view kName = "tidemark_http_server_request_duration_seconds";

std::vector<Route> Routes() {
  const auto answer = [](const Request&) { return Reply{}; };
  return {{Method::kGet, "/jobs", answer},
          {Method::kGet, "/jobs/{id}", answer},
          {Method::kDelete, "/jobs/{id}", answer}};
}

/// "labels count" of each.
std::vector<std::string> SeriesOf(const MetricRegistry& registry) {
  const std::string text = registry.Render();
  const std::string start = fmt::format("{}_count{{", kName);
  std::vector<std::string> series;
  for (std::size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
    const std::size_t labels = at + start.size();
    std::string line = text.substr(labels, text.find('\n', labels) - labels);
    std::erase(line, '}');
    series.push_back(std::move(line));
  }
  return series;
}

class RequestMetricsTest : public testing::Test {
 public:
  void Record(std::string_view method, std::optional<std::size_t> route, int status,
              std::chrono::nanoseconds duration = std::chrono::milliseconds(1)) {
    Request request;
    request.route = route;
    metrics.Record({.request = request, .method = method, .status = status, .duration = duration});
  }

  MetricRegistry registry;
  RequestMetrics metrics{Routes(), registry};
};

TEST_F(RequestMetricsTest, CountsByMethodRouteAndStatus) {
  EXPECT_EQ(registry.Render(), "");
  Record("GET", 1, 200, std::chrono::milliseconds(30));
  Record("GET", 1, 200, std::chrono::milliseconds(3));
  Record("HEAD", 1, 200);
  Record("DELETE", 2, 204);
  Record("GET", 1, 404);
  Record("GET", std::nullopt, 404);
  EXPECT_THAT(
      SeriesOf(registry),
      UnorderedElementsAre(
          R"(http_request_method="GET",http_response_status_code="200",http_route="/jobs/{id" 2)",
          R"(http_request_method="HEAD",http_response_status_code="200",http_route="/jobs/{id" 1)",
          R"(http_request_method="DELETE",http_response_status_code="204",http_route="/jobs/{id" 1)",
          R"(http_request_method="GET",http_response_status_code="404",http_route="/jobs/{id" 1)",
          R"(http_request_method="GET",http_response_status_code="404" 1)"));
  const std::string text = registry.Render();
  EXPECT_THAT(text,
              testing::HasSubstr(R"(status_code="200",http_route="/jobs/{id}",le="0.005"} 1)"));
  EXPECT_THAT(text,
              testing::HasSubstr(R"(status_code="200",http_route="/jobs/{id}",le="0.05"} 2)"));
  EXPECT_THAT(
      text, testing::HasSubstr(
                R"(method="GET",http_response_status_code="200",http_route="/jobs/{id}"} 0.033)"));
}

TEST_F(RequestMetricsTest, AServerErrorIsNamedAndNoOther) {
  Record("GET", 0, 499);
  Record("GET", 0, 500);
  Record("GET", 0, 503);
  EXPECT_THAT(
      SeriesOf(registry),
      UnorderedElementsAre(
          R"(http_request_method="GET",http_response_status_code="499",http_route="/jobs" 1)",
          R"(http_request_method="GET",http_response_status_code="500",http_route="/jobs",error_type="500" 1)",
          R"(http_request_method="GET",http_response_status_code="503",http_route="/jobs",error_type="503" 1)"));
}

TEST_F(RequestMetricsTest, AMethodThatIsNoneOfHttpsIsOther) {
  for (const std::string_view method : {"BREW", "get", "GETT", "", "_OTHER", "PROPFIND"}) {
    Record(method, std::nullopt, 404);
  }
  for (const std::string_view method : {"PATCH", "TRACE", "CONNECT", "PUT", "POST", "OPTIONS"}) {
    Record(method, std::nullopt, 405);
  }
  const auto series = SeriesOf(registry);
  EXPECT_EQ(series.size(), 7U);
  EXPECT_EQ(std::ranges::count(series,
                               R"(http_request_method="_OTHER",http_response_status_code="404" 6)"),
            1);
}

TEST_F(RequestMetricsTest, ARouteOfAnotherTableIsNone) {
  Record("GET", 3, 200);
  Record("GET", 1'000'000, 200);
  EXPECT_THAT(
      SeriesOf(registry),
      UnorderedElementsAre(R"(http_request_method="GET",http_response_status_code="200" 2)"));
}

TEST_F(RequestMetricsTest, NothingOfManyThreadsIsLostOrTwice) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < 10'000; ++n) Record("GET", n % 3, 200 + (n % 7));
    });
  }
  threads.clear();
  int count = 0;
  const auto series = SeriesOf(registry);
  for (const std::string& line : series) count += std::stoi(line.substr(line.find("\" ") + 2));
  EXPECT_EQ(series.size(), 14U);  // Two of the routes are the same to a GET.
  EXPECT_EQ(count, 40'000);
}

/// Answers /hello itself; as the second route of the server's router.
class Answering final : public Shortcut {
 public:
  bool TryAnswer(Request& request, Done& done) override {
    if (request.path != "/hello") return false;
    request.route = 0;
    done(std::make_shared<const PreparedReply>(
        Reply{.status = 304, .content_type = {}, .body = {}, .headers = {}}));
    return true;
  }
};

TEST(ServedRequestMetricsTest, WhoeverAnswersTheTemplateOfTheRouteIsKnown) {
  MetricRegistry registry;
  // As TestServer has them, from the first.
  std::vector<Route> routes = {{Method::kGet, "/hello", {}},
                               {Method::kPost, "/echo", {}},
                               {Method::kPut, "/echo", {}},
                               {Method::kDelete, "/echo", {}},
                               {Method::kGet, "/items/{id}", {}}};
  RequestMetrics metrics(routes, registry);
  TestServer server({}, std::make_shared<Answering>(),
                    [&](const Served& served) { metrics.Record(served); });
  const std::string close = "Host: x\r\nConnection: close\r\n\r\n";
  server.Exchange(Get("/hello") + Get("/items/7") + Get("/items/8") + Get("/nowhere?x=1") +
                  "POST /hello HTTP/1.1\r\nContent-Length: 0\r\n" + close);
  server.Exchange("BREW /echo HTTP/1.1\r\n" + close);
  server.Exchange("nonsense\r\n\r\n");
  server.server->Stop(std::chrono::seconds(5));
  EXPECT_THAT(
      SeriesOf(registry),
      UnorderedElementsAre(
          R"(http_request_method="GET",http_response_status_code="304",http_route="/hello" 1)",
          R"(http_request_method="GET",http_response_status_code="200",http_route="/items/{id" 2)",
          R"(http_request_method="GET",http_response_status_code="404" 1)",
          R"(http_request_method="POST",http_response_status_code="405",http_route="/hello" 1)",
          R"(http_request_method="_OTHER",http_response_status_code="405",http_route="/echo" 1)",
          R"(http_request_method="_OTHER",http_response_status_code="400" 1)"));
}

// Property: whatever clients send, there are no more series than one for each method, route and
// status.
TEST(ServedRequestMetricsPropertyTest, WhatClientsSendMakesNoSeries) {
  MetricRegistry registry;
  RequestMetrics metrics({}, registry);
  TestServer server({}, nullptr, [&](const Served& served) { metrics.Record(served); });
  std::mt19937 random(static_cast<std::uint32_t>(testing::UnitTest::GetInstance()->random_seed()));
  const auto word = [&] {
    std::string text(1 + random() % 12, 'A');
    for (char& c : text) c = static_cast<char>('A' + random() % 26);
    return text;
  };
  RawSocket socket = server.Connect();
  for (int i = 0; i < 1'000; ++i) {
    socket.Send(fmt::format("X{} /{}/{}?{}=1 HTTP/1.1\r\nHost: {}\r\nX-Request-Id: {}\r\n\r\n",
                            word(), word(), word(), word(), word(), word()));
    ASSERT_EQ(StatusOf(socket.ReadReply()), 404);
  }
  server.server->Stop(std::chrono::seconds(5));
  EXPECT_THAT(
      SeriesOf(registry),
      UnorderedElementsAre(R"(http_request_method="_OTHER",http_response_status_code="404" 1000)"));
}

TEST(ServerConnectionsTest, OpenConnectionsAreCounted) {
  const auto count = [] {
    return ProcessMetrics().GetGauge({"tidemark_http_connections", ""}).value();
  };
  const auto before = count();
  TestServer server({.max_connections = 2});
  {
    const RawSocket a = server.Connect();
    const RawSocket b = server.Connect();
    EXPECT_TRUE(Eventually([&] { return count() == before + 2; }));
    RawSocket turned_away = server.Connect();
    EXPECT_EQ(StatusOf(turned_away.ReadReply()), 503);
  }
  EXPECT_TRUE(Eventually([&] { return count() == before; }));
  const RawSocket c = server.Connect();
  EXPECT_TRUE(Eventually([&] { return count() == before + 1; }));
  server.server->Stop(std::chrono::seconds(5));
  EXPECT_EQ(count(), before);
}

}  // namespace
}  // namespace tidemark::http
