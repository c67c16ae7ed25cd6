#include "tidemark/dataset_store/manifest.h"

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tidemark::dataset_store {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string ManifestFile(std::string_view name) {
  return ReadFile(std::filesystem::path(TIDEMARK_TEST_DATA) / "manifests" / name);
}

json SmallManifest() {
  return json::parse(R"({
    "kind": "evm-rpc", "network": "mainnet", "start_block": 7, "finalized_blocks_only": true,
    "tables": {"blocks": {"schema": {"arrow": {"fields": [
      {"name": "block_num", "type": "UInt64", "nullable": false}]}}, "network": "mainnet"}}})");
}

// A manifest whose one column has this type.
std::string WithType(const std::string& type) {
  return R"({"kind":"evm-rpc","network":"n","start_block":0,"finalized_blocks_only":false,)"
         R"("tables":{"t":{"schema":{"arrow":{"fields":[{"name":"c","type":)" +
         type + R"(,"nullable":true}]}},"network":"n"}}})";
}

void ExpectInvalid(std::string_view text, std::string_view why) {
  const auto manifest = ParseManifest(text);
  ASSERT_FALSE(manifest) << text.substr(0, 300);
  EXPECT_EQ(manifest.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(manifest.error().message, HasSubstr(why));
  EXPECT_LT(manifest.error().message.size(), 500U);
}

TEST(ManifestTest, HashesOfRealManifestsAreAmps) {
  const auto anvil = ParseManifest(ManifestFile("anvil_rpc.json"));
  ASSERT_TRUE(anvil) << anvil.error().message;
  EXPECT_EQ(anvil->hash.hex, "2dbf16e8a4d1c526e3894441d1945040d51ea1b68d1c420e402be59b0646fcfa");
  EXPECT_EQ(anvil->network, "anvil");
  EXPECT_EQ(anvil->start_block, BlockNumber{0});
  EXPECT_FALSE(anvil->finalized_blocks_only);
  EXPECT_THAT(anvil->tables, ElementsAre("blocks", "transactions", "logs"));

  const auto base = ParseManifest(ManifestFile("base_rpc.json"));
  ASSERT_TRUE(base) << base.error().message;
  EXPECT_EQ(base->hash.hex, "e95996d82d40d5efea8580ae85968dbf8c70982abeff80019e92555df5d92ef7");
  EXPECT_EQ(base->start_block, BlockNumber{33'411'770});
}

TEST(ManifestTest, CanonicalTextIsItsOwnCanonicalText) {
  // Amp's stored manifests: the file name is the hash of the content.
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(TIDEMARK_TEST_DATA) + "/manifests")) {
    if (entry.path().has_extension()) continue;
    ++files;
    const std::string text = ReadFile(entry.path());
    const auto manifest = ParseManifest(text);
    ASSERT_TRUE(manifest) << entry.path() << ": " << manifest.error().message;
    EXPECT_EQ(manifest->canonical_json, text);
    EXPECT_EQ(manifest->hash.hex, entry.path().filename());
  }
  EXPECT_GE(files, 6);
}

TEST(ManifestTest, OrderSpaceAndUnknownMembersDoNotChangeTheHash) {
  const json tidy = SmallManifest();
  const auto plain = ParseManifest(tidy.dump());
  ASSERT_TRUE(plain) << plain.error().message;

  json untidy = tidy;
  untidy["comment"] = {{"deep", json::array({1, 2.5, nullptr})}};
  untidy["tables"]["blocks"]["comment"] = 1;
  untidy["tables"]["blocks"]["schema"]["comment"] = 1;
  untidy["tables"]["blocks"]["schema"]["arrow"]["metadata"] = json::object();
  untidy["tables"]["blocks"]["schema"]["arrow"]["fields"][0]["comment"] = "x";
  const auto same = ParseManifest(untidy.dump(2));
  ASSERT_TRUE(same) << same.error().message;
  EXPECT_EQ(same->canonical_json, plain->canonical_json);
  EXPECT_EQ(same->hash, plain->hash);
}

TEST(ManifestTest, EveryMemberThatCountsChangesTheHash) {
  const auto hash = [](const json& manifest) {
    const auto parsed = ParseManifest(manifest.dump());
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed ? parsed->hash.hex : "";
  };
  const std::string before = hash(SmallManifest());
  for (const auto& patch : json::parse(R"([
         {"network": "base"}, {"start_block": 8}, {"finalized_blocks_only": false},
         {"tables": {"blocks": {"network": "base"}}},
         {"tables": {"blocks": {"schema": {"arrow": {"fields": []}}}}}])")) {
    json changed = SmallManifest();
    changed.merge_patch(patch);
    EXPECT_NE(hash(changed), before) << patch;
  }
}

TEST(ManifestTest, DefaultsAreWrittenOutAndTablesSorted) {
  const auto bare = ParseManifest(R"({"kind":"evm-rpc","network":"anvil"})");
  ASSERT_TRUE(bare) << bare.error().message;
  EXPECT_EQ(bare->canonical_json, R"({"kind":"evm-rpc","network":"anvil","start_block":0,)"
                                  R"("finalized_blocks_only":false,"tables":{}})");

  const std::string table = R"({"network":"n","schema":{"arrow":{"fields":[]}}})";
  const auto sorted =
      ParseManifest(R"({"tables":{"logs":)" + table + R"(,"Z":)" + table + R"(,"blocks":)" + table +
                    R"(},"network":"n","kind":"evm-rpc"})");
  ASSERT_TRUE(sorted) << sorted.error().message;
  const std::string written = R"({"schema":{"arrow":{"fields":[]}},"network":"n"})";
  EXPECT_THAT(sorted->canonical_json, HasSubstr(R"("tables":{"Z":)" + written + R"(,"blocks":)" +
                                                written + R"(,"logs":)" + written + "}}"));
}

TEST(ManifestTest, AMissingTableOfTheManifestIsStillOneOfTheDataset) {
  const auto manifest = ParseManifest(SmallManifest().dump());
  ASSERT_TRUE(manifest);
  EXPECT_THAT(manifest->tables, ElementsAre("blocks", "transactions", "logs"));
}

TEST(ManifestTest, StartBlocksAreExactToTheLastOne) {
  for (const std::uint64_t block :
       {std::uint64_t{0}, (std::uint64_t{1} << 53U) + 1, std::uint64_t{1} << 63U,
        std::numeric_limits<std::uint64_t>::max()}) {
    json manifest = SmallManifest();
    manifest["start_block"] = block;
    const auto parsed = ParseManifest(manifest.dump());
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->start_block, BlockNumber{block});
    EXPECT_THAT(parsed->canonical_json, HasSubstr("\"start_block\":" + std::to_string(block)));
  }
}

TEST(ManifestTest, ArrowTypesAreWrittenAsTheyAreRead) {
  const std::string field = R"({"name":"item","data_type":"Int8","nullable":false,"dict_id":0,)"
                            R"("dict_is_ordered":false,"metadata":{"a":"1","b":"2"}})";
  for (const std::string& type :
       {std::string(R"("UInt64")"), std::string(R"("Utf8")"), std::string(R"("BinaryView")"),
        std::string(R"({"FixedSizeBinary":32})"), std::string(R"({"FixedSizeBinary":2147483647})"),
        std::string(R"({"Decimal128":[38,0]})"), std::string(R"({"Decimal256":[76,-128]})"),
        std::string(R"({"Timestamp":["Nanosecond","+00:00"]})"),
        std::string(R"({"Timestamp":["Second",null]})"), std::string(R"({"Time64":"Nanosecond"})"),
        std::string(R"({"Interval":"MonthDayNano"})"), R"({"List":)" + field + "}",
        R"({"FixedSizeList":[)" + field + ",3]}", R"({"Struct":[)" + field + "," + field + "]}",
        std::string(R"({"Struct":[]})"), R"({"Map":[)" + field + ",true]}",
        std::string(R"({"Dictionary":["Int32",{"FixedSizeBinary":20}]})")}) {
    const auto manifest = ParseManifest(WithType(type));
    ASSERT_TRUE(manifest) << type << ": " << manifest.error().message;
    EXPECT_EQ(manifest->canonical_json, WithType(type));
  }
}

TEST(ManifestTest, FieldsInsideTypesAreOrderedAndTheirMetadataSorted) {
  const auto manifest = ParseManifest(
      WithType(R"({ "List" : {"metadata":{"b":"2","a":"1"},"dict_is_ordered":true,"extra":[],)"
               R"("nullable":false,"dict_id":-3,"data_type":"Int8","name":"item"}})"));
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->canonical_json,
            WithType(R"({"List":{"name":"item","data_type":"Int8","nullable":false,"dict_id":-3,)"
                     R"("dict_is_ordered":true,"metadata":{"a":"1","b":"2"}}})"));
}

TEST(ManifestTest, DefaultsOfFieldsInsideTypesAreWrittenOut) {
  const auto manifest =
      ParseManifest(WithType(R"({"List":{"name":"item","data_type":"Int8","nullable":false}})"));
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->canonical_json,
            WithType(R"({"List":{"name":"item","data_type":"Int8","nullable":false,"dict_id":0,)"
                     R"("dict_is_ordered":false,"metadata":{}}})"));
  ExpectInvalid(WithType(R"({"List":{"name":"item","data_type":"Int8","nullable":false,)"
                         R"("dict_id":null}})"),
                "dict_id must be an integer");
}

TEST(ManifestTest, WhatIsNoArrowTypeIsNamed) {
  const std::string where = "tables.t.schema.arrow.fields[0].type";
  for (const std::string type : {R"("uint64")",
                                 R"("UInt65")",
                                 R"("")",
                                 "null",
                                 "7",
                                 "[]",
                                 "{}",
                                 R"({"UInt64":null})",
                                 R"({"FixedSizeBinary":32,"List":1})",
                                 R"({"FixedSizeBinary":-1})",
                                 R"({"FixedSizeBinary":2147483648})",
                                 R"({"FixedSizeBinary":32.0})",
                                 R"({"FixedSizeBinary":"32"})",
                                 R"({"Timestamp":"Nanosecond"})",
                                 R"({"Timestamp":["nanosecond",null]})",
                                 R"({"Timestamp":["Nanosecond"]})",
                                 R"({"Timestamp":["Nanosecond",null,null]})",
                                 R"({"Timestamp":["Nanosecond",0]})",
                                 R"({"Decimal128":[0,0]})",
                                 R"({"Decimal128":[38,128]})",
                                 R"({"Decimal128":[38]})",
                                 R"({"List":"Int8"})",
                                 R"({"List":{"name":"item","data_type":"Int8"}})",
                                 R"({"List":{"name":"item","type":"Int8","nullable":true}})",
                                 R"({"Struct":{}})",
                                 R"({"Struct":["Int8"]})",
                                 R"({"Union":[[],"Sparse"]})",
                                 R"({"Dictionary":["Int8"]})",
                                 R"({"Map":[{},true]})",
                                 R"({"Time32":"Hour"})"}) {
    ExpectInvalid(WithType(type), where);
  }
}

TEST(ManifestTest, AWrongMemberIsNamed) {
  struct Case {
    const char* patch;
    const char* why;
  };
  for (const auto& [patch, why] : {
           Case{R"({"kind": null})", "kind is missing"},
           Case{R"({"kind": 1})", "kind must be a string"},
           Case{R"({"kind": "EVM-RPC"})", "kind must be evm-rpc, firehose, solana, manifest"},
           Case{R"({"kind": "eth-beacon"})", "(a derived dataset) or static"},
           Case{R"({"network": null})", "network is missing"},
           Case{R"({"network": ""})", "network must be not empty"},
           Case{R"({"network": "a\tb"})", "network must be text without control characters"},
           Case{R"({"network": ["a"]})", "network must be a string"},
           Case{R"({"start_block": -1})", "start_block must be an integer from 0 to 2^64-1"},
           Case{R"({"start_block": 1.0})", "start_block must be an integer from 0 to 2^64-1"},
           Case{R"({"start_block": 1e3})", "start_block must be an integer from 0 to 2^64-1"},
           Case{R"({"start_block": "7"})", "start_block must be an integer from 0 to 2^64-1"},
           Case{R"({"finalized_blocks_only": 1})", "finalized_blocks_only must be true or false"},
           Case{R"({"tables": []})", "tables must be an object"},
           Case{R"({"tables": {"1st": {}}})", "tables.1st must be called like a table"},
           Case{R"({"tables": {"blöcke": {}}})", "must be called like a table"},
           Case{R"({"tables": {"blocks": {"network": 7}}})",
                "tables.blocks.network must be a string"},
           Case{R"({"tables": {"blocks": {"network": null}}})", "tables.blocks.network is missing"},
           Case{R"({"tables": {"blocks": {"schema": null}}})", "tables.blocks.schema is missing"},
           Case{R"({"tables": {"blocks": {"schema": {"arrow": {"fields": {}}}}}})",
                "tables.blocks.schema.arrow.fields must be an array"},
           Case{R"({"tables": {"blocks": {"schema": {"arrow": {"fields": [7]}}}}})",
                "tables.blocks.schema.arrow.fields[0] must be an object"},
           Case{R"({"tables": {"blocks": {"schema": {"arrow": {"fields": [{"name": "x"}]}}}}})",
                "tables.blocks.schema.arrow.fields[0].type is missing"},
       }) {
    json manifest = SmallManifest();
    manifest.merge_patch(json::parse(patch));
    SCOPED_TRACE(patch);
    ExpectInvalid(manifest.dump(), why);
  }
}

TEST(ManifestTest, NullIsNoDefault) {
  ExpectInvalid(R"({"kind":"evm-rpc","network":"n","start_block":null})", "start_block");
  ExpectInvalid(R"({"kind":"evm-rpc","network":"n","finalized_blocks_only":null})",
                "finalized_blocks_only");
  ExpectInvalid(R"({"kind":"evm-rpc","network":"n","tables":null})", "tables");
}

TEST(ManifestTest, AMemberThatIsThereTwiceIsRefused) {
  ExpectInvalid(R"({"kind":"evm-rpc","network":"a","network":"a"})",
                "network must be there only once");
  ExpectInvalid(R"({"kind":"evm-rpc","network":"a","tables":{"t":{},"t":{}}})",
                "tables.t must be there only once");
}

TEST(ManifestTest, TextThatIsNoJsonObjectIsRefused) {
  for (const std::string_view text :
       {"", " ", "null", "[]", "\"x\"", "{", "{}}", "{\"kind\":}", "{'kind':'evm-rpc'}",
        "\xEF\xBB\xBF", "{\"kind\":\"evm-rpc\",\"network\":\"\xFF\"}",
        "{\"kind\":\"evm-rpc\",\"network\":\"\\ud800\"}",
        "{\"kind\":\"evm-rpc\",\"network\":\"a\",\"start_block\":18446744073709551616}"}) {
    ExpectInvalid(text, "");
  }
  ExpectInvalid(std::string_view("\0", 1), "not valid JSON");
}

TEST(ManifestTest, DepthAndSizeAreBounded) {
  const auto nested = [](std::size_t depth) {
    return R"({"kind":"evm-rpc","network":"n","x":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(ParseManifest(nested(100)));
  ExpectInvalid(nested(200), "not valid JSON");
  ExpectInvalid(nested(400'000), "not valid JSON");

  std::string type = "\"Int8\"";
  for (int depth = 0; depth < 100; ++depth) type = R"({"Dictionary":["Int8",)" + type + "]}";
  ExpectInvalid(WithType(type), "not valid JSON");

  std::string large = R"({"kind":"evm-rpc","network":"n"})";
  large.resize(kMaxManifestBytes, ' ');
  EXPECT_TRUE(ParseManifest(large));
  large.push_back(' ');
  ExpectInvalid(large, "1048576 bytes");
}

TEST(ManifestTest, ALongNameDoesNotMakeALongError) {
  ExpectInvalid(
      R"({"kind":"evm-rpc","network":"n","tables":{")" + std::string(500'000, 'a') + R"(":{}}})",
      "must be called like a table");
}

}  // namespace
}  // namespace tidemark::dataset_store
