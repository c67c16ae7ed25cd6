#include <fstream>

#include <gmock/gmock.h>

#include "api_fixture.h"

namespace tidemark::admin_api {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kAnvilHash =
    "2dbf16e8a4d1c526e3894441d1945040d51ea1b68d1c420e402be59b0646fcfa";

std::string AnvilManifest() {
  std::ifstream file(std::string(TIDEMARK_TEST_DATA) + "/manifests/anvil_rpc.json");
  return {std::istreambuf_iterator<char>(file), {}};
}

class DatasetsTest : public ApiFixture {
 protected:
  Answer Register(const std::string& members) {
    return Post("/datasets", R"({"namespace":"eth","name":"anvil",)" + members + "}");
  }
};

TEST_F(DatasetsTest, ARegisteredManifestIsAnsweredWithAmpsHash) {
  const Answer answer = Register(R"("version":"1.0.0","manifest":)" + AnvilManifest());
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.text,
            R"({"namespace":"eth","name":"anvil","version":"1.0.0","manifest_hash":")" +
                std::string(kAnvilHash) +
                R"(","kind":"evm-rpc","start_block":0,"finalized_blocks_only":false,)"
                R"("tables":["blocks","transactions","logs"]})");
}

TEST_F(DatasetsTest, WithoutAVersionThereIsOnlyDev) {
  const Answer answer = Register(R"("version":null,"manifest":)" + AnvilManifest());
  EXPECT_EQ(answer.status, 201);
  EXPECT_FALSE(answer.body.contains("version"));
  EXPECT_EQ(Get("/datasets/eth/anvil/versions/dev").status, 200);
  EXPECT_EQ(Get("/datasets/eth/anvil/versions/latest").error_code(), "DATASET_NOT_FOUND");
  EXPECT_EQ(Get("/datasets").text,
            R"({"datasets":[{"namespace":"eth","name":"anvil","versions":[]}]})");
}

TEST_F(DatasetsTest, AManifestMayBeGivenByTheHashOfAStoredOne) {
  ASSERT_EQ(Register(R"("manifest":)" + AnvilManifest()).status, 201);
  const std::string body = R"({"namespace":"other","name":"anvil","version":"2.0.0","manifest":")";
  const Answer answer = Post("/datasets", body + std::string(kAnvilHash) + "\"}");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body.at("manifest_hash"), kAnvilHash);
  EXPECT_EQ(Get("/datasets/other/anvil/versions/2.0.0").status, 200);

  const Answer unknown = Post("/datasets", body + std::string(64, 'a') + "\"}");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.error_code(), "MANIFEST_NOT_FOUND");
}

TEST_F(DatasetsTest, RegisteringTwiceIsNoError) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Register(R"("version":"1.0.0","manifest":)" + AnvilManifest()).status, 201);
  }
  EXPECT_EQ(Get("/datasets").body.at("datasets").size(), 1U);
}

TEST_F(DatasetsTest, VersionsAreListedGreatestFirstWithTheSpecialTags) {
  RegisterEth("9.0.0");
  clock_.now += std::chrono::hours(1);
  RegisterEth("10.0.0");
  const Answer answer = Get("/datasets/eth/mainnet/versions");
  EXPECT_EQ(answer.status, 200);
  const auto& versions = answer.body.at("versions");
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_EQ(versions[0].at("version"), "10.0.0");
  EXPECT_EQ(versions[0].at("created_at"), "2026-01-02T04:04:05.678901+00:00");
  EXPECT_EQ(versions[1].at("version"), "9.0.0");
  EXPECT_EQ(versions[1].at("created_at"), "2026-01-02T03:04:05.678901+00:00");
  EXPECT_EQ(answer.body.at("special_tags").at("latest"), "10.0.0");
  EXPECT_EQ(answer.body.at("special_tags").at("dev"), versions[0].at("manifest_hash"));
  EXPECT_EQ(Get("/datasets").text,
            R"({"datasets":[{"namespace":"eth","name":"mainnet","latest_version":"10.0.0",)"
            R"("versions":["10.0.0","9.0.0"]}]})");
}

TEST_F(DatasetsTest, AnUnknownDatasetHasNoVersions) {
  EXPECT_EQ(Get("/datasets/eth/nope/versions").text,
            R"({"namespace":"eth","name":"nope","versions":[],"special_tags":{}})");
}

TEST_F(DatasetsTest, AVersionRepeatsTheRevisionThatWasAskedFor) {
  ASSERT_EQ(Register(R"("version":"1.0.0+b","manifest":)" + AnvilManifest()).status, 201);
  std::string upper_case(kAnvilHash);
  for (char& c : upper_case) c = static_cast<char>(std::toupper(c));
  for (const std::string& revision :
       {std::string("latest"), std::string("dev"), std::string("1.0.0+b"), std::string(kAnvilHash),
        upper_case}) {
    const Answer answer = Get("/datasets/eth/anvil/versions/" + revision);
    EXPECT_EQ(answer.status, 200) << answer.text;
    EXPECT_EQ(answer.body.at("revision"), revision);
    EXPECT_EQ(answer.body.at("manifest_hash"), kAnvilHash);
  }
  EXPECT_EQ(Get("/datasets/eth/anvil/versions/1.0.0%2Bb").body.at("revision"), "1.0.0+b");
  EXPECT_EQ(Get("/datasets/%65th/anvil/versions/dev").status, 200);
}

TEST_F(DatasetsTest, AHashOfAnotherDatasetsManifestIsNotFound) {
  ASSERT_EQ(Register(R"("manifest":)" + AnvilManifest()).status, 201);
  const Answer answer = Get("/datasets/eth/other/versions/" + std::string(kAnvilHash));
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.error_code(), "DATASET_NOT_FOUND");
}

TEST_F(DatasetsTest, TheManifestIsItsCanonicalText) {
  ASSERT_EQ(Register(R"("manifest":)" + AnvilManifest()).status, 201);
  const Answer answer = Get("/datasets/eth/anvil/versions/dev/manifest");
  EXPECT_EQ(HashManifest(answer.text).hex, kAnvilHash);
}

TEST_F(DatasetsTest, BlockNumbersAreExactToTheLastOne) {
  const Answer answer =
      Register(R"("manifest":{"kind":"evm-rpc","network":"n","start_block":18446744073709551615})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_THAT(answer.text, HasSubstr(R"("start_block":18446744073709551615,)"));
}

TEST_F(DatasetsTest, TheContentTypeMustBeJsonIfThereIsOne) {
  const auto post = [&](const char* type) {
    return Ask({http::Method::kPost, "/datasets", "{}", {{"content-type", type}}}).status;
  };
  EXPECT_EQ(post("application/json"), 400);
  EXPECT_EQ(post("Application/JSON; charset=utf-8"), 400);
  EXPECT_EQ(post("application/json ;x"), 400);
  for (const char* type :
       {"", "text/plain", "application/jsonx", "application/x-www-form-urlencoded",
        "multipart/form-data; x=application/json", "*/*"}) {
    EXPECT_EQ(post(type), 415) << type;
  }
}

TEST_F(DatasetsTest, AStoreThatIsDownIs503NotAnEmptyAnswer) {
  RegisterEth();
  metadata_.first_failing_call = 0;
  for (const std::string target :
       {"/datasets", "/datasets/eth/mainnet/versions", "/datasets/eth/mainnet/versions/latest",
        "/datasets/eth/mainnet/versions/latest/manifest"}) {
    const Answer answer = Get(target);
    EXPECT_EQ(answer.status, 503) << target;
    EXPECT_EQ(answer.error_code(), "SERVICE_UNAVAILABLE");
    EXPECT_EQ(answer.FindHeader("Retry-After"), "1");
    EXPECT_THAT(answer.text, Not(HasSubstr("secret")));
  }
  EXPECT_EQ(Register(R"("manifest":)" + AnvilManifest()).status, 503);
  metadata_.first_failing_call.reset();
  objects_.failure = Error{ErrorCode::kUnavailable, "no space left in /secret"};
  EXPECT_EQ(Register(R"("manifest":)" + AnvilManifest()).status, 503);
  objects_.failure.reset();
  EXPECT_EQ(Register(R"("manifest":)" + AnvilManifest()).status, 201);
}

TEST_F(DatasetsTest, ADamagedManifestIs500WithTheCauseInTheLogOnly) {
  RegisterEth();
  const std::string hash = Get("/datasets/eth/mainnet/versions/dev").body.at("manifest_hash");
  ASSERT_TRUE(local_->Put(hash, "{}", object_store::IfExists::kReplace));
  // The cache of the store that read it before would hide the damage.
  const auto fresh = dataset_store::MakeDatasetStore(metadata_, objects_);
  router_ = MakeRouter({*data_, *jobs_, *fresh, *providers_, *revisions_, heads_});

  testing::internal::CaptureStderr();
  const Answer answer = Get("/datasets/eth/mainnet/versions/dev");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.error_code(), "GET_DATASET_ERROR");
  EXPECT_EQ(answer.body.at("detail"), "the server could not answer this request");
  EXPECT_THAT(log, HasSubstr("event=request_failed request_id=request-1"));
  EXPECT_THAT(log, HasSubstr("is stored with other content"));
}

TEST_F(DatasetsTest, ADatasetIsItsLatestVersionOrDevWithoutOne) {
  EXPECT_EQ(Get("/datasets/eth/anvil").error_code(), "DATASET_NOT_FOUND");
  ASSERT_EQ(Register(R"("manifest":)" + AnvilManifest()).status, 201);
  EXPECT_EQ(Get("/datasets/eth/anvil").text, Get("/datasets/eth/anvil/versions/dev").text);
  ASSERT_EQ(Register(R"("version":"1.0.0","manifest":)" + AnvilManifest()).status, 201);
  EXPECT_EQ(Get("/datasets/eth/anvil").text, Get("/datasets/eth/anvil/versions/latest").text);
}

}  // namespace
}  // namespace tidemark::admin_api
