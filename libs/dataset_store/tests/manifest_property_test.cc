// Method: take real and made manifests of every kind, shuffle the members of every object, add
// random members that nobody knows where an object has fixed ones, and hold the result against the
// manifest that it came from.
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tidemark/dataset_store/manifest.h"

namespace tidemark::dataset_store {
namespace {

using nlohmann::ordered_json;

std::vector<ordered_json> Samples() {
  std::vector<ordered_json> samples;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(TIDEMARK_TEST_DATA) + "/manifests")) {
    std::ifstream file(entry.path());
    samples.push_back(ordered_json::parse(file));
  }
  samples.push_back(ordered_json::parse(R"({
    "kind": "manifest",
    "dependencies": {"b": "ns/b@1.0.0", "a": "ns/a@2.0.0"},
    "tables": {
      "z": {"input": {"sql": "SELECT *\n\tFROM a.blocks"}, "schema": {"arrow": {"fields": []}}},
      "y": {"input": {"sql": "SELECT * FROM self.z"}, "schema": {"arrow": {"fields": [
        {"name": "l", "type": {"List": {"name": "i", "data_type": {"Map": [
          {"name": "m", "data_type": "Int8", "nullable": false, "metadata": {"q": "1", "p": "2"}},
          true]}, "nullable": true}}, "nullable": true}]}}}},
    "functions": {"g": {"inputTypes": [{"Timestamp": ["Second", null]}], "outputType": "Utf8",
                        "source": {"source": "export\n", "filename": "g.js"}},
                  "f": {"inputTypes": [], "outputType": {"FixedSizeBinary": 3},
                        "source": {"source": "", "filename": ""}}}})"));
  samples.push_back(ordered_json::parse(R"({
    "kind": "static",
    "tables": {"t": {"path": "t.csv", "format": "csv", "has_header": false, "sorted_by": ["c"],
                     "schema": {"arrow": {"fields": [
                       {"name": "c", "type": "Utf8", "nullable": true}]}}},
               "s": {"path": "s.csv", "format": "csv", "has_header": true,
                     "schema": {"arrow": {"fields": []}}}}})"));
  samples.push_back(ordered_json::parse(
      R"({"kind":"firehose","network":"n","start_block":18446744073709551615})"));
  return samples;
}

class Scrambler {
 public:
  explicit Scrambler(std::uint32_t seed) : random_(seed) {}

  ordered_json Scramble(const ordered_json& value, const std::string& name = "") {
    if (value.is_array()) {
      ordered_json out = ordered_json::array();
      for (const auto& element : value) out.push_back(Scramble(element));
      return out;
    }
    if (!value.is_object()) return value;
    std::vector<std::pair<std::string, ordered_json>> members;
    for (const auto& [key, member] : value.items())
      members.emplace_back(key, Scramble(member, key));
    if (HasFixedMembers(value, name)) {
      for (std::uint64_t i = Below(3); i > 0; --i) members.emplace_back(UnknownName(), Anything(3));
    }
    std::ranges::shuffle(members, random_);
    ordered_json out = ordered_json::object();
    for (auto& [key, member] : members) out[key] = std::move(member);
    return out;
  }

  std::uint64_t Below(std::uint64_t limit) { return random_() % limit; }

 private:
  // A map takes a new member for one of its own, and so does an Arrow type.
  static bool HasFixedMembers(const ordered_json& value, const std::string& name) {
    static const std::vector<std::string> kMaps = {"tables", "dependencies", "functions",
                                                   "metadata"};
    const bool is_type = value.size() == 1 && std::isupper(value.begin().key().front()) != 0;
    return !is_type && std::ranges::find(kMaps, name) == kMaps.end();
  }

  std::string UnknownName() { return "unknown " + std::to_string(random_()); }

  ordered_json Anything(int depth) {
    switch (Below(depth > 0 ? 7 : 5)) {
      case 0:
        return nullptr;
      case 1:
        return Below(2) == 0;
      case 2:
        return random_();
      case 3:
        return static_cast<double>(random_()) / 1e9;
      case 4:
        return "self.z \n \x01 \xC3\xA9 " + std::to_string(random_());
      case 5:
        return ordered_json::array({Anything(depth - 1), Anything(depth - 1)});
      default:
        return ordered_json{{UnknownName(), Anything(depth - 1)}, {"kind", Anything(depth - 1)}};
    }
  }

  std::mt19937_64 random_;
};

TEST(ManifestPropertyTest, NeitherOrderNorUnknownMembersChangeWhatAManifestIs) {
  const int seed = testing::UnitTest::GetInstance()->random_seed();
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  Scrambler scrambler(static_cast<std::uint32_t>(seed));
  for (const ordered_json& sample : Samples()) {
    const auto plain = ParseManifest(sample.dump());
    ASSERT_TRUE(plain) << plain.error().message << " in " << sample.dump(1).substr(0, 2000);
    for (int round = 0; round < 40; ++round) {
      const ordered_json scrambled = scrambler.Scramble(sample);
      const auto same = ParseManifest(scrambled.dump(static_cast<int>(scrambler.Below(3)) - 1));
      ASSERT_TRUE(same) << same.error().message << " in " << scrambled.dump(1);
      ASSERT_EQ(same->canonical_json, plain->canonical_json);
      ASSERT_EQ(same->hash, plain->hash);
      ASSERT_EQ(same->tables, plain->tables);
    }
  }
}

TEST(ManifestPropertyTest, TheCanonicalTextOfTheCanonicalTextIsItself) {
  for (const ordered_json& sample : Samples()) {
    const auto once = ParseManifest(sample.dump());
    ASSERT_TRUE(once) << once.error().message;
    const auto twice = ParseManifest(once->canonical_json);
    ASSERT_TRUE(twice) << twice.error().message;
    EXPECT_EQ(twice->canonical_json, once->canonical_json);
    EXPECT_EQ(twice->hash, once->hash);
    EXPECT_EQ(twice->tables, once->tables);
    EXPECT_EQ(twice->kind, once->kind);
    EXPECT_EQ(twice->network, once->network);
    EXPECT_EQ(twice->start_block, once->start_block);
  }
}

}  // namespace
}  // namespace tidemark::dataset_store
