#include "problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api_fixture.h"

namespace tidemark::admin_api {
namespace {

using nlohmann::json;

http::Request RequestFor(std::string path) {
  http::Request request;
  request.path = std::move(path);
  request.request_id = "r-1";
  return request;
}

TEST(ProblemTest, TheBodyHasBothDialects) {
  const http::Reply reply =
      ToReply({404, "JOB_NOT_FOUND", "there is no job 7", {}}, RequestFor("/jobs/7"));
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.content_type, "application/problem+json");
  EXPECT_EQ(reply.body,
            R"({"type":"urn:tidemark:problem:job-not-found","title":"Job not found","status":404,)"
            R"("detail":"there is no job 7","instance":"/jobs/7","error_code":"JOB_NOT_FOUND",)"
            R"("error_message":"there is no job 7","request_id":"r-1"})");
}

TEST(ProblemTest, ACodeThatTheOperationCannotHaveIsAFailureOfTheServer) {
  for (const ErrorCode code :
       {ErrorCode::kInvalidArgument, ErrorCode::kNotFound, ErrorCode::kConflict,
        ErrorCode::kCorruption, ErrorCode::kInternal}) {
    const Problem problem = ProblemFor({code, "row 7"}, {.failed = "LIST_JOBS_ERROR"});
    EXPECT_EQ(problem.status, 500);
    EXPECT_EQ(problem.code, "LIST_JOBS_ERROR");
    EXPECT_EQ(problem.detail.find("row 7"), std::string::npos);
    EXPECT_EQ(problem.cause, "row 7");
  }
}

TEST(ProblemTest, ALongDetailIsCutBetweenCharacters) {
  for (std::size_t offset = 0; offset < 4; ++offset) {
    std::string detail(offset, 'x');
    for (int i = 0; i < 100'000; ++i) detail += "😀";
    const http::Reply reply = ToReply({400, "INVALID_BODY", detail, {}}, RequestFor("/"));
    EXPECT_LT(reply.body.size(), 2000U);
    const std::string cut = json::parse(reply.body).at("detail");
    EXPECT_TRUE(cut.ends_with("😀...")) << cut;
  }
}

TEST(ProblemTest, WhatIsNoUtf8DoesNotBreakTheBody) {
  const http::Reply reply = ToReply({400, "INVALID_PATH", "'\xFF\xC3'", {}}, RequestFor("/\xFF"));
  EXPECT_EQ(json::parse(reply.body).at("detail"), "'\uFFFD\uFFFD'");
}

TEST(ProblemTest, WhatTheServerRefusesLooksLikeEveryOtherError) {
  for (const auto& [status, code] :
       std::initializer_list<std::pair<int, const char*>>{{400, "BAD_REQUEST"},
                                                          {404, "NOT_FOUND"},
                                                          {405, "METHOD_NOT_ALLOWED"},
                                                          {408, "REQUEST_TIMEOUT"},
                                                          {413, "PAYLOAD_TOO_LARGE"},
                                                          {414, "URI_TOO_LONG"},
                                                          {431, "REQUEST_HEADER_FIELDS_TOO_LARGE"},
                                                          {503, "SERVICE_UNAVAILABLE"},
                                                          {418, "REQUEST_REFUSED"}}) {
    const http::Reply reply = RefusalReply(RequestFor("/x"), status, "no");
    EXPECT_EQ(reply.status, status);
    EXPECT_EQ(json::parse(reply.body).at("error_code"), code);
    EXPECT_EQ(json::parse(reply.body).at("detail"), "no");
    EXPECT_EQ(reply.headers.size(), status == 503 ? 2U : 1U);
    EXPECT_EQ(reply.headers.back().name, "Access-Control-Allow-Origin");
  }
}

class RefusalTest : public ApiFixture {};

TEST_F(RefusalTest, AMethodThatAPathDoesNotHaveIsAnsweredWithThoseItHas) {
  const Answer answer = Ask({http::Method::kDelete, "/datasets"});
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.error_code(), "METHOD_NOT_ALLOWED");
  EXPECT_EQ(answer.FindHeader("Allow"), "GET, HEAD, POST, OPTIONS");
}

}  // namespace
}  // namespace tidemark::admin_api
