#include <gmock/gmock.h>

#include "api_fixture.h"

namespace tidemark::admin_api {
namespace {

using testing::HasSubstr;
using testing::Not;

class ProvidersTest : public ApiFixture {};

constexpr const char* kFull =
    R"({"name":"node","kind":"evm-rpc","network":"mainnet","url":"http://127.0.0.1:8545",)"
    R"("auth_header":"X-Key","auth_token":"hunter2","rate_limit_per_minute":4294967295,)"
    R"("concurrent_request_limit":8,"rpc_batch_size":0,"fetch_receipts_per_tx":false,)"
    R"("timeout_secs":30})";

TEST_F(ProvidersTest, AProviderIsWrittenWholeAndShownWithoutItsToken) {
  const Answer posted = Post("/providers", kFull);
  EXPECT_EQ(posted.status, 201);
  std::string masked = kFull;
  masked.replace(masked.find("hunter2"), 7, "***");
  EXPECT_EQ(posted.text, masked);
  EXPECT_EQ(Get("/providers").text, R"({"providers":[)" + masked + "]}");
  EXPECT_EQ(providers_->Get("node")->auth_token, "hunter2");
}

TEST_F(ProvidersTest, WhatAProviderDoesNotHaveIsAbsent) {
  const std::string bare =
      R"({"name":"node","kind":"evm-rpc","network":"mainnet","url":"http://127.0.0.1:8545"})";
  EXPECT_EQ(Post("/providers", bare).text, bare);
  EXPECT_EQ(Post("/providers", R"({"auth_token":null,"timeout_secs":null,)" + bare.substr(1)).text,
            bare);
}

TEST_F(ProvidersTest, TheMaskIsNotTakenForAToken) {
  Post("/providers", kFull);
  std::string edited = kFull;
  edited.replace(edited.find("hunter2"), 7, "***");
  const Answer answer = Post("/providers", edited);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.error_code(), "INVALID_BODY");
  EXPECT_EQ(providers_->Get("node")->auth_token, "hunter2");
}

TEST_F(ProvidersTest, NoErrorRepeatsAToken) {
  std::string broken = kFull;
  broken.replace(broken.find("hunter2"), 7, "hunter2\\r\\nHost: x");
  const Answer answer = Post("/providers", broken);
  EXPECT_EQ(answer.error_code(), "PROVIDER_CONVERSION_ERROR");
  EXPECT_THAT(answer.text, Not(HasSubstr("hunter2")));
}

TEST_F(ProvidersTest, AStoreThatIsDownIs503NotAnEmptyList) {
  Post("/providers", kFull);
  objects_.failure = Error{ErrorCode::kUnavailable, "no such device: /secret"};
  for (const Answer& answer : {Get("/providers"), Post("/providers", kFull)}) {
    EXPECT_EQ(answer.status, 503);
    EXPECT_THAT(answer.text, Not(HasSubstr("secret")));
  }
  objects_.failure = Error{ErrorCode::kCorruption, "the size differs"};
  EXPECT_EQ(Post("/providers", kFull).error_code(), "STORE_ERROR");
}

}  // namespace
}  // namespace tidemark::admin_api
