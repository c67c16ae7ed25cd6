#include <gmock/gmock.h>

#include "api_fixture.h"

namespace tidemark::admin_api {
namespace {

using testing::ElementsAre;

constexpr const char* kManifest = R"({"kind":"evm-rpc","network":"mainnet","start_block":5})";

class ManifestsTest : public ApiFixture {
 protected:
  std::string Register(const std::string& body) {
    const Answer answer = Post("/manifests", body);
    EXPECT_EQ(answer.status, 201) << answer.text;
    return answer.body.value("hash", "");
  }
};

TEST_F(ManifestsTest, AManifestIsStoredWithoutADataset) {
  const std::string hash = Register(kManifest);
  EXPECT_EQ(Register(kManifest), hash);
  EXPECT_EQ(Register(R"({"manifest":)" + std::string(kManifest) + "}"), hash);
  EXPECT_EQ(Get("/manifests").text,
            R"({"manifests":[{"hash":")" + hash + R"(","kind":"evm-rpc","dataset_count":0}]})");
  const Answer manifest = Get("/manifests/" + hash);
  EXPECT_EQ(manifest.body.at("start_block"), 5);
  EXPECT_EQ(HashManifest(manifest.text).hex, hash);
  EXPECT_EQ(Get("/manifests/" + hash + "/datasets").text,
            R"({"hash":")" + hash + R"(","datasets":[]})");
  EXPECT_EQ(Get("/datasets").text, R"({"datasets":[]})");
}

TEST_F(ManifestsTest, EveryNameOfAManifestIsListed) {
  const std::string hash = Register(kManifest);
  for (const std::string name : {"a", "b"}) {
    ASSERT_EQ(Post("/datasets", R"({"namespace":"eth","name":")" + name +
                                    R"(","version":"1.0.0","manifest":")" + hash + R"("})")
                  .status,
              201);
  }
  std::vector<std::string> names;
  const Answer answer = Get("/manifests/" + hash + "/datasets");
  for (const auto& dataset : answer.body.at("datasets")) {
    names.push_back(dataset.at("name").get<std::string>() + "@" +
                    dataset.at("version").get<std::string>());
  }
  EXPECT_THAT(names, ElementsAre("a@1.0.0", "a@dev", "a@latest", "b@1.0.0", "b@dev", "b@latest"));
  EXPECT_EQ(Get("/manifests").body.at("manifests")[0].at("dataset_count"), 2);
}

TEST_F(ManifestsTest, AHashIsReadInEitherCase) {
  std::string hash = Register(kManifest);
  for (char& c : hash) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(Get("/manifests/" + hash).status, 200);
  const std::string unknown(64, 'a');
  EXPECT_EQ(Get("/manifests/" + unknown).error_code(), "MANIFEST_NOT_FOUND");
  EXPECT_EQ(Get("/manifests/" + unknown + "/datasets").error_code(), "MANIFEST_NOT_FOUND");
}

TEST_F(ManifestsTest, ALostManifestIsAFailureOfTheServerButItsRowStays) {
  const std::string hash = Register(kManifest);
  ASSERT_TRUE(objects_.Delete(hash));
  datasets_ = dataset_store::MakeDatasetStore(metadata_, objects_);
  router_ = MakeRouter(MakeServices());
  const Answer answer = Get("/manifests/" + hash);
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.error_code(), "READ_MANIFEST_ERROR");
  EXPECT_EQ(Get("/manifests").status, 200);
}

TEST_F(ManifestsTest, AManifestThatCannotBeStoredIsNotListed) {
  objects_.failure = Error{ErrorCode::kUnavailable, "no such device: /secret"};
  EXPECT_EQ(Post("/manifests", kManifest).status, 503);
  objects_.failure = std::nullopt;
  EXPECT_EQ(Get("/manifests").text, R"({"manifests":[]})");
}

}  // namespace
}  // namespace tidemark::admin_api
