#include "tidemark/model/names.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark {
namespace {

const std::string kHash = "2dbf16e8a4d1c526e3894441d1945040d51ea1b68d1c420e402be59b0646fcfa";

TEST(DatasetNameTest, FollowsTheGrammar) {
  EXPECT_TRUE(MakeDatasetName("_", "anvil_rpc").has_value());
  EXPECT_TRUE(MakeDatasetName("0x", "_0").has_value());
  for (const auto& [ns, name] : std::vector<std::array<std::string, 2>>{{"", "a"},
                                                                        {"a", ""},
                                                                        {"A", "a"},
                                                                        {"a", "A"},
                                                                        {"a", "0a"},
                                                                        {"a-b", "a"},
                                                                        {"a", "a.b"},
                                                                        {"a", "caf\xC3\xA9"},
                                                                        {"a", "\xD9\xA1"},
                                                                        {"a/b", "c"},
                                                                        {"a", "b c"}}) {
    const auto made = MakeDatasetName(ns, name);
    ASSERT_FALSE(made.has_value()) << ns << "/" << name;
    EXPECT_EQ(made.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(TableNameTest, FollowsTheGrammar) {
  EXPECT_TRUE(IsTableName("Blocks_1$"));
  EXPECT_TRUE(IsTableName(std::string(63, 'a')));
  for (const std::string& bad : {std::string(), std::string("1a"), std::string("$a"),
                                 std::string(64, 'a'), std::string("a-b"), std::string("a b")}) {
    EXPECT_FALSE(IsTableName(bad)) << bad;
  }
}

TEST(NodeIdTest, StartsWithALetter) {
  EXPECT_TRUE(IsNodeId("worker-1.eu_west"));
  EXPECT_FALSE(IsNodeId(""));
  EXPECT_FALSE(IsNodeId("1a"));
  EXPECT_FALSE(IsNodeId("a/b"));
}

TEST(ManifestHashTest, UpperCaseIsLowered) {
  std::string upper = kHash;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(ParseManifestHash(upper), ManifestHash{kHash});
  EXPECT_FALSE(ParseManifestHash(kHash.substr(1)).has_value());
  EXPECT_FALSE(ParseManifestHash("0x" + kHash.substr(2)).has_value());
}

TEST(ManifestHashTest, IsTheSha256OfTheText) {
  EXPECT_EQ(HashManifest("").hex,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(SemanticVersionTest, RefusesWhatTheStandardRefuses) {
  for (const char* bad :
       {"", "1", "1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.02.3", "1.2.3-", "1.2.3-a..b", "1.2.3-01",
        "1.2.3+", "1.2.3+a..b", "1.2.3 ", "1.2.3-\xC3\xA9", "1.2.18446744073709551616", "-1.2.3",
        "1.2.3-a.", "1.2.3+a+b"}) {
    EXPECT_FALSE(SemanticVersion::Parse(bad).has_value()) << bad;
  }
  for (const char* good : {"0.0.0", "1.2.3", "1.2.3-alpha.1", "1.2.3-0a", "1.2.3+001",
                           "1.2.3-x-y.0+b.-", "1.2.18446744073709551615", "1.0.0-rc.1+build-5"}) {
    EXPECT_TRUE(SemanticVersion::Parse(good).has_value()) << good;
  }
}

// Method: the order of semver.org 11, with neighbours that only one rule separates.
TEST(SemanticVersionTest, PrecedenceIsThatOfTheStandard) {
  const std::vector<std::string> ascending = {"0.9.9",
                                              "1.0.0-1",
                                              "1.0.0-2",
                                              "1.0.0-10",
                                              "1.0.0-99999999999999999999",
                                              "1.0.0-alpha",
                                              "1.0.0-alpha.1",
                                              "1.0.0-alpha.beta",
                                              "1.0.0-beta",
                                              "1.0.0-beta.2",
                                              "1.0.0-beta.11",
                                              "1.0.0-rc.1",
                                              "1.0.0",
                                              "2.0.0",
                                              "2.1.0",
                                              "2.1.1",
                                              "10.0.0"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      const auto a = SemanticVersion::Parse(ascending[i]);
      const auto b = SemanticVersion::Parse(ascending[j]);
      ASSERT_TRUE(a.has_value() && b.has_value());
      EXPECT_EQ(a->Compare(*b) < 0, i < j) << ascending[i] << " " << ascending[j];
      EXPECT_EQ(a->Compare(*b) == 0, i == j) << ascending[i] << " " << ascending[j];
    }
  }
}

TEST(SemanticVersionTest, BuildMetadataDoesNotCount) {
  EXPECT_TRUE(SemanticVersion::Parse("1.0.0+a")->Compare(*SemanticVersion::Parse("1.0.0+b")) == 0);
}

TEST(RevisionTest, ReadsTheFourForms) {
  EXPECT_TRUE(std::holds_alternative<LatestRevision>(ParseRevision("latest").value()));
  EXPECT_TRUE(std::holds_alternative<DevRevision>(ParseRevision("dev").value()));
  EXPECT_TRUE(std::holds_alternative<ManifestHash>(ParseRevision(kHash).value()));
  EXPECT_TRUE(std::holds_alternative<SemanticVersion>(ParseRevision("1.0.0").value()));
  EXPECT_FALSE(ParseRevision("Latest").has_value());
  EXPECT_FALSE(ParseRevision("").has_value());
}

TEST(DatasetReferenceTest, FillsInNamespaceAndRevision) {
  const auto full = ParseDatasetReference("eth/mainnet@1.0.0").value();
  EXPECT_EQ(ToString(full.dataset), "eth/mainnet");
  EXPECT_EQ(full.revision, "1.0.0");
  const auto bare = ParseDatasetReference("mainnet").value();
  EXPECT_EQ(ToString(bare.dataset), "_/mainnet");
  EXPECT_EQ(bare.revision, "latest");
  for (const char* bad : {"", "@dev", "a/b/c", "a/b@", "a/b@x", "/b", "a/"}) {
    EXPECT_FALSE(ParseDatasetReference(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace tidemark
