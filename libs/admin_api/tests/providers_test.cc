#include <gmock/gmock.h>

#include "api_fixture.h"

namespace tidemark::admin_api {
namespace {

using testing::HasSubstr;
using testing::Not;

class ProvidersTest : public ApiFixture {
 protected:
  std::optional<std::string> StoredToken() {
    const auto provider = providers_->Get("node");
    EXPECT_TRUE(provider);
    return dataset_store::ReadEvmRpcFields(*provider)->auth_token;
  }
  Answer Delete(std::string target) { return Ask({http::Method::kDelete, std::move(target)}); }
  void WriteFile(std::string_view path, std::string_view text) {
    ASSERT_TRUE(local_->Put(path, text, object_store::IfExists::kReplace));
  }
};

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
  EXPECT_EQ(StoredToken(), "hunter2");
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
  EXPECT_EQ(StoredToken(), "hunter2");
}

TEST_F(ProvidersTest, NoErrorRepeatsAToken) {
  std::string broken = kFull;
  broken.replace(broken.find("hunter2"), 7, "hunter2\\r\\nHost: x");
  const Answer answer = Post("/providers", broken);
  EXPECT_EQ(answer.error_code(), "PROVIDER_CONVERSION_ERROR");
  EXPECT_THAT(answer.text, Not(HasSubstr("hunter2")));
}

TEST_F(ProvidersTest, OneProviderIsShownAndRemovedByItsExactName) {
  Post("/providers", kFull);
  std::string masked = kFull;
  masked.replace(masked.find("hunter2"), 7, "***");
  EXPECT_EQ(Get("/providers/node").text, masked);
  for (const std::string name : {"Node", "NODE", "9node", "no-de", "%2e%2e%2fnode", "node%20"}) {
    EXPECT_EQ(Get("/providers/" + name).error_code(), "INVALID_PROVIDER_NAME") << name;
    EXPECT_EQ(Delete("/providers/" + name).error_code(), "INVALID_PROVIDER_NAME") << name;
  }
  EXPECT_EQ(Get("/providers/nod").status, 404);
  EXPECT_EQ(Delete("/providers/nod").error_code(), "PROVIDER_NOT_FOUND");

  const Answer removed = Delete("/providers/node");
  EXPECT_EQ(removed.status, 204);
  EXPECT_EQ(removed.text, "");
  EXPECT_EQ(Delete("/providers/node").status, 404);
  EXPECT_EQ(Get("/providers/node").error_code(), "PROVIDER_NOT_FOUND");
  EXPECT_EQ(Get("/providers").text, R"({"providers":[]})");
}

TEST_F(ProvidersTest, EveryKindIsTakenAndShownFlatWithItsSecretsMasked) {
  const auto shown = [&](const std::string& posted) {
    const Answer answer = Post("/providers", posted);
    EXPECT_EQ(answer.status, 201) << answer.text;
    EXPECT_EQ(Get("/providers/p").text, answer.text);
    return answer.text;
  };
  EXPECT_EQ(shown(R"({"name":"p","kind":"firehose","network":"n","url":"https://f","token":"s"})"),
            R"({"name":"p","kind":"firehose","network":"n","url":"https://f","token":"***"})");
  EXPECT_EQ(shown(R"({"kind":"solana","name":"p","use_archive":"auto","network":"n",)"
                  R"("rpc_provider_info":{"url":"https://u:s@h/?api-key=s","auth_token":"s"},)"
                  R"("fallback_rpc_provider_info":{"url":"https://h","auth_header":"X-Key"},)"
                  R"("max_rpc_calls_per_second":5})"),
            R"({"name":"p","kind":"solana","network":"n","use_archive":"auto",)"
            R"("rpc_provider_info":{"url":"https://***@h/?api-key=***","auth_token":"***"},)"
            R"("fallback_rpc_provider_info":{"url":"https://h","auth_header":"X-Key"},)"
            R"("max_rpc_calls_per_second":5})");
  EXPECT_EQ(shown(R"({"name":"p","kind":"static","object_store_root":"s3://b/a",)"
                  R"("own":{"list":[1,2.5,true,{"password":"s"}]}})"),
            R"({"name":"p","kind":"static","object_store_root":"s3://b/a",)"
            R"("own":{"list":[1,2.5,true,{"password":"***"}]}})");
}

TEST_F(ProvidersTest, TheMaskIsNotTakenForAUrlEither) {
  for (const std::string field :
       {R"("url":"http://***@a")", R"("url":"http://a/***")", R"("url":"http://a","x":["***"])"}) {
    const Answer answer =
        Post("/providers", R"({"name":"p","kind":"evm-rpc","network":"n",)" + field + "}");
    EXPECT_EQ(answer.error_code(), "INVALID_BODY") << field;
  }
}

TEST_F(ProvidersTest, AFileThatCannotBeReadHarmsOnlyItself) {
  WriteFile("broken.toml", "auth_token = 'hunter2\n");
  WriteFile("amps.toml", "kind = 'evm-rpc'\nnetwork = 'n'\nurl = 'wss://u:hunter2@a'\n");
  testing::internal::CaptureStderr();
  EXPECT_EQ(Get("/providers").text,
            R"({"providers":[{"name":"amps","kind":"evm-rpc","network":"n",)"
            R"("url":"wss://***@a"}]})");
  const Answer broken = Get("/providers/broken");
  EXPECT_EQ(broken.status, 500);
  EXPECT_EQ(broken.error_code(), "PROVIDER_CONVERSION_ERROR");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("line 1 is not TOML"));
  EXPECT_THAT(log, Not(HasSubstr("hunter2")));
  EXPECT_EQ(Delete("/providers/broken").status, 204);
}

TEST_F(ProvidersTest, AStoreThatIsDownIs503NotAnEmptyList) {
  Post("/providers", kFull);
  objects_.failure = Error{ErrorCode::kUnavailable, "no such device: /secret"};
  for (const Answer& answer : {Get("/providers"), Post("/providers", kFull), Get("/providers/node"),
                               Delete("/providers/node")}) {
    EXPECT_EQ(answer.status, 503);
    EXPECT_THAT(answer.text, Not(HasSubstr("secret")));
  }
  objects_.failure = Error{ErrorCode::kCorruption, "the size differs"};
  EXPECT_EQ(Post("/providers", kFull).error_code(), "STORE_ERROR");
}

}  // namespace
}  // namespace tidemark::admin_api
