#include "request_check.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

/// The status of the refusal, or 200.
int Check(const RequestLine& line, std::vector<Header> headers, Request* checked = nullptr) {
  Request request;
  request.headers = std::move(headers);
  const auto refusal = CheckRequest(line, {.max_target_bytes = 20}, request);
  if (checked != nullptr) *checked = request;
  return refusal ? refusal->status : 200;
}

const Header kHost{.name = "host", .value = "test"};

TEST(CheckRequestTest, FillsPathQueryAndId) {
  Request request;
  EXPECT_EQ(Check({.method = Method::kGet, .target = "/a?b=c"},
                  {kHost, {.name = "x-request-id", .value = "id-1"}}, &request),
            200);
  EXPECT_EQ(request.path, "/a");
  EXPECT_EQ(request.query.at("b"), "c");
  EXPECT_EQ(request.request_id, "id-1");
}

TEST(CheckRequestTest, ARefusedRequestStillHasItsPathAndAnId) {
  Request request;
  EXPECT_EQ(Check({.method = Method::kGet, .target = "/a?%"}, {kHost}, &request), 400);
  EXPECT_EQ(request.path, "/a");
  EXPECT_FALSE(request.request_id.empty());
}

TEST(CheckRequestTest, LimitsTheTarget) {
  EXPECT_EQ(Check({.method = Method::kGet, .target = "/1234567890123456789"}, {kHost}), 200);
  EXPECT_EQ(Check({.method = Method::kGet, .target = "/12345678901234567890"}, {kHost}), 414);
}

TEST(CheckRequestTest, WantsOneHostFromHttp11) {
  const RequestLine line{.method = Method::kGet, .target = "/"};
  const RequestLine old{.method = Method::kGet, .target = "/", .is_http10 = true};
  EXPECT_EQ(Check(line, {}), 400);
  EXPECT_EQ(Check(old, {}), 200);
  EXPECT_EQ(Check(line, {kHost, kHost}), 400);
  EXPECT_EQ(Check(old, {kHost, kHost}), 400);
}

TEST(CheckRequestTest, TakesABodyOnlyWithMethodsThatHaveOne) {
  for (const Method method : {Method::kPost, Method::kPut, Method::kDelete}) {
    EXPECT_EQ(Check({.method = method, .target = "/", .has_body = true}, {kHost}), 200);
  }
  for (const std::optional<Method> method :
       {std::optional(Method::kGet), std::optional(Method::kHead), std::optional<Method>()}) {
    EXPECT_EQ(Check({.method = method, .target = "/", .has_body = true}, {kHost}), 400);
    EXPECT_EQ(Check({.method = method, .target = "/"}, {kHost}), 200);
  }
}

TEST(CheckRequestTest, TakesOneTransferEncodingAndOnlyChunked) {
  const auto check = [](std::vector<Header> headers, bool is_http10 = false) {
    headers.push_back(kHost);
    return Check({.method = Method::kPost, .target = "/", .is_http10 = is_http10}, headers);
  };
  EXPECT_EQ(check({{.name = "Transfer-Encoding", .value = "Chunked"}}), 200);
  EXPECT_EQ(check({{.name = "Transfer-Encoding", .value = "chunked"}}, true), 400);
  for (const std::string bad :
       {"", "gzip", "identity", "gzip, chunked", "chunked, gzip", "xchunked"}) {
    EXPECT_EQ(check({{.name = "transfer-encoding", .value = bad}}), 400) << bad;
  }
  EXPECT_EQ(check({{.name = "Transfer-Encoding", .value = "chunked"},
                   {.name = "TRANSFER-ENCODING", .value = "chunked"}}),
            400);
}

}  // namespace
}  // namespace tidemark::http
