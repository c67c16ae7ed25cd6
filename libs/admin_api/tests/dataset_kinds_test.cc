// Datasets that no chain of ours makes: registered, shown and deployed like any other.
#include <gmock/gmock.h>

#include "api_fixture.h"

namespace tidemark::admin_api {
namespace {

using testing::HasSubstr;

constexpr const char* kDerived =
    R"({"kind":"manifest","dependencies":{"src":"eth/mainnet@1.0.0"},"tables":{)"
    R"("a":{"input":{"sql":"SELECT 1 FROM self.b"},"schema":{"arrow":{"fields":[]}}},)"
    R"("b":{"input":{"sql":"SELECT 1 FROM src.blocks"},"schema":{"arrow":{"fields":[]}}}}})";

class DatasetKindsTest : public ApiFixture {
 protected:
  /// As eth/other.
  Answer Register(const std::string& manifest) {
    return Post("/datasets", R"({"namespace":"eth","name":"other","version":"1.0.0","manifest":)" +
                                 manifest + "}");
  }
  Answer DeployOther(const std::string& body) {
    return Post("/datasets/eth/other/versions/1.0.0/deploy", body);
  }
};

TEST_F(DatasetKindsTest, ADerivedDatasetIsShownAsAmpShowsIt) {
  RegisterEth();
  const Answer answer = Register(kDerived);
  EXPECT_EQ(answer.status, 201) << answer.text;
  EXPECT_THAT(answer.text, HasSubstr(R"("kind":"manifest","start_block":0,)"
                                     R"("finalized_blocks_only":false,"tables":["b","a"]})"));
  const Answer shown = Get("/datasets/eth/other/versions/latest");
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(shown.body.at("tables"), nlohmann::ordered_json({"b", "a"}));
  EXPECT_EQ(Get("/datasets").body.at("datasets").size(), 2U);
}

TEST_F(DatasetKindsTest, RawAndStaticDatasetsOfEveryKindAreRegistered) {
  for (const auto& [manifest, tables] :
       {std::pair{R"({"kind":"solana","network":"n","start_block":5,"finalized_blocks_only":true})",
                  R"("kind":"solana","start_block":5,"finalized_blocks_only":true,"tables":[)"
                  R"("block_headers","block_rewards","transactions","messages","instructions"])"},
        std::pair{R"({"kind":"firehose","network":"n"})",
                  R"("kind":"firehose","start_block":0,"finalized_blocks_only":false,"tables":[)"
                  R"("blocks","transactions","calls","logs"])"},
        std::pair{
            R"({"kind":"static"})",
            R"("kind":"static","start_block":0,"finalized_blocks_only":false,"tables":[])"}}) {
    const Answer answer = Register(manifest);
    EXPECT_EQ(answer.status, 201) << answer.text;
    EXPECT_THAT(answer.text, HasSubstr(tables));
    EXPECT_THAT(Get("/datasets/eth/other/versions/dev").text, HasSubstr(tables));
  }
}

TEST_F(DatasetKindsTest, AMissingDependencyIsNamed) {
  const Answer refused = Register(kDerived);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.error_code(), "MANIFEST_VALIDATION_ERROR");
  EXPECT_THAT(refused.text, HasSubstr("dependencies.src is not registered: dataset eth/mainnet"));
  EXPECT_EQ(Get("/datasets").text, R"({"datasets":[]})");
  RegisterEth("0.9.0");
  EXPECT_EQ(Register(kDerived).error_code(), "MANIFEST_VALIDATION_ERROR");
  RegisterEth("1.0.0");
  EXPECT_EQ(Register(kDerived).status, 201);
}

TEST_F(DatasetKindsTest, TablesInACircleAreAnInvalidManifest) {
  const Answer answer =
      Register(R"({"kind":"manifest","tables":{"a":{"input":{"sql":"SELECT 1 FROM self.a"},)"
               R"("schema":{"arrow":{"fields":[]}}}}})");
  EXPECT_EQ(answer.error_code(), "INVALID_MANIFEST");
  EXPECT_THAT(answer.text, HasSubstr("a reads a"));
}

TEST_F(DatasetKindsTest, ADerivedDatasetIsDeployedByAJobOfItsKind) {
  RegisterEth();
  StartWorker();
  ASSERT_EQ(Register(kDerived).status, 201);
  const Answer deployed = DeployOther(R"({"parallelism":7,"verify":true,"end_block":"latest"})");
  ASSERT_EQ(deployed.status, 202) << deployed.text;
  const std::string job = "/jobs/" + deployed.body.at("job_id").dump();
  const std::string hash = Get("/datasets/eth/other/versions/dev").body.at("manifest_hash");
  EXPECT_EQ(Get(job).body.at("descriptor").dump(),
            R"({"kind":"materialize-derived","end_block":"latest","dataset_namespace":"eth",)"
            R"("dataset_name":"other","manifest_hash":")" +
                hash + R"("})");
  // What a derived job does not have makes no difference.
  EXPECT_EQ(DeployOther(R"({"end_block":"latest"})").body.at("job_id"), deployed.body.at("job_id"));
  EXPECT_EQ(DeployOther(R"({"end_block":"7"})").error_code(), "ACTIVE_JOB_CONFLICT");
  EXPECT_EQ(DeployOther(R"({"parallelism":0})").error_code(), "INVALID_BODY");
  EXPECT_NE(Deploy().value, deployed.body.at("job_id").get<std::int64_t>());
}

TEST_F(DatasetKindsTest, ThereIsNoJobForAStaticDataset) {
  StartWorker();
  ASSERT_EQ(Register(R"({"kind":"static"})").status, 201);
  const Answer answer = DeployOther("");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.error_code(), "UNSUPPORTED_DATASET_KIND");
  EXPECT_THAT(answer.text, HasSubstr("kind static"));
  EXPECT_EQ(Get("/jobs?status=all").body.at("jobs").size(), 0U);
}

TEST_F(DatasetKindsTest, ALostManifestHarmsOnlyTheAnswersThatNeedIt) {
  RegisterEth();
  const std::string version = "/datasets/eth/mainnet/versions/1.0.0";
  // Not from an answer for which the manifest is read: the cache would hide the loss.
  const std::string hash =
      Get("/datasets/eth/mainnet/versions").body.at("versions")[0].at("manifest_hash");
  ASSERT_TRUE(local_->Delete(hash));
  EXPECT_EQ(Get(version).error_code(), "GET_DATASET_ERROR");
  EXPECT_EQ(Get(version + "/manifest").error_code(), "MANIFEST_NOT_FOUND");
  EXPECT_EQ(Get("/datasets").body.at("datasets").size(), 1U);
  EXPECT_EQ(Get("/datasets/eth/mainnet/versions").body.at("versions").size(), 1U);

  ASSERT_TRUE(local_->Put(hash, "{}", object_store::IfExists::kReplace));
  EXPECT_EQ(Get(version + "/manifest").error_code(), "READ_MANIFEST_ERROR");
}

}  // namespace
}  // namespace tidemark::admin_api
