#include "tidemark/dataset_store/evm_rpc_manifest.h"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tidemark::dataset_store {
namespace {

TEST(EvmRpcManifestTest, ListsEveryColumnButTheSpecialOne) {
  const auto manifest = MakeEvmRpcManifest(
      {.network = "anvil", .start_block = BlockNumber{7}, .finalized_blocks_only = true});
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message;
  EXPECT_EQ(manifest->network, "anvil");
  EXPECT_EQ(manifest->start_block, BlockNumber{7});
  EXPECT_TRUE(manifest->finalized_blocks_only);
  const auto json = nlohmann::json::parse(manifest->canonical_json);
  const auto columns = [&](const char* table) {
    return json.at("tables").at(table).at("schema").at("arrow").at("fields").size();
  };
  EXPECT_EQ(columns("blocks"), 23U);
  EXPECT_EQ(columns("transactions"), 26U);
  EXPECT_EQ(columns("logs"), 12U);
}

TEST(EvmRpcManifestTest, TheColumnsAreThoseOfAManifestThatAmpStored) {
  std::ifstream file(TIDEMARK_TEST_DATA
                     "/manifests/0660eca6ee66e9c3f898159fd51dd3244e5bbfb3975412fed0cf70bdf4bf0735");
  auto stored = nlohmann::json::parse(file);
  for (auto& table : stored.at("tables")) table["schema"]["arrow"]["fields"].erase(0);
  const auto manifest = MakeEvmRpcManifest({.network = stored.at("network"),
                                            .start_block = {stored.at("start_block")},
                                            .finalized_blocks_only = false});
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message;
  EXPECT_EQ(nlohmann::json::parse(manifest->canonical_json), stored);
}

TEST(EvmRpcManifestTest, TheSameOptionsGiveTheSameHash) {
  const EvmRpcManifestOptions options{.network = "x", .start_block = BlockNumber{0}};
  const auto first = MakeEvmRpcManifest(options);
  const auto second = MakeEvmRpcManifest(options);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->hash, second->hash);
}

TEST(EvmRpcManifestTest, ANetworkNeedsAName) {
  EXPECT_EQ(MakeEvmRpcManifest({.network = "", .start_block = BlockNumber{0}}).error().code,
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace tidemark::dataset_store
