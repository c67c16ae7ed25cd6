// The contract: manifests, links and tags. Included by metadata_store_contract.h.
#pragma once

#include <gmock/gmock.h>

#include "metadata_store_contract.h"

namespace tidemark::metadata_db {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ns;

TEST_P(MetadataStoreContract, AnEmptyStoreHasNothing) {
  const auto reader = Read();
  EXPECT_EQ(Must(reader->GetManifest({std::string(64, 'a')})), std::nullopt);
  EXPECT_FALSE(Must(reader->IsManifestLinked(Version())));
  EXPECT_EQ(Must(reader->GetTag(Version().dataset, "latest")), std::nullopt);
  EXPECT_TRUE(Must(reader->ListTags(Version().dataset)).empty());
  EXPECT_TRUE(Must(reader->ListAllTags()).empty());
  EXPECT_TRUE(Must(reader->ListTables(Version())).empty());
  EXPECT_EQ(Must(reader->GetTable(Version(), "blocks")), std::nullopt);
  EXPECT_TRUE(Must(reader->ListFiles({1})).empty());
  EXPECT_EQ(Must(reader->GetJob({1})), std::nullopt);
  EXPECT_TRUE(Must(reader->ListJobs({})).empty());
  EXPECT_TRUE(Must(reader->ListJobEvents({1})).empty());
  EXPECT_TRUE(Must(reader->ListWorkers()).empty());
  EXPECT_TRUE(Must(reader->ListManifests()).empty());
  EXPECT_TRUE(Must(reader->ListTagsOfManifest({std::string(64, 'a')})).empty());
  EXPECT_TRUE(Must(reader->ListTablesWrittenBy({1})).empty());
  EXPECT_FALSE(Must(reader->GetRevision({1})).has_value());
  EXPECT_TRUE(Must(reader->ListRevisions({})).empty());
  EXPECT_FALSE(Must(reader->GetFile({1})).has_value());
  EXPECT_TRUE(Must(reader->ListJobsOfVersion(Version())).empty());
  EXPECT_FALSE(Must(reader->GetJobEvent({1}, 1)).has_value());
  EXPECT_FALSE(Must(reader->GetWorker("w")).has_value());
  EXPECT_TRUE(Must(reader->ListChainHeads()).empty());
}

TEST_P(MetadataStoreContract, ManifestsAreListedByHashWithTheNumberOfTheirDatasets) {
  Must(store.RegisterManifest({Version('c').manifest_hash, "path/c", "static"}, Soon()));
  Register(Version('b', "mainnet"));
  Register(Version('a', "mainnet"));
  Register(Version('a', "sepolia"));
  Must(store.LinkManifest(Version('a', "sepolia"), Soon()));
  const auto rows = Must(Read()->ListManifests());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].manifest.hash, Version('a').manifest_hash);
  EXPECT_EQ(rows[0].dataset_count, 2U) << "linked twice to one of them";
  EXPECT_EQ(rows[1].dataset_count, 1U);
  EXPECT_EQ(rows[2].manifest.hash, Version('c').manifest_hash);
  EXPECT_EQ(rows[2].manifest.path, "path/c");
  EXPECT_EQ(rows[2].manifest.kind, "static");
  EXPECT_EQ(rows[2].dataset_count, 0U);
}

TEST_P(MetadataStoreContract, TheTagsOfAManifestAreThoseOfAllDatasetsThatPointAtIt) {
  Register(Version('a', "sepolia"));
  Register(Version('a', "mainnet"));
  Tag(Version('a', "mainnet"), "1.0.0");
  Tag(Version('a', "mainnet"), "1.0.0-rc.1");
  Register(Version('b', "mainnet"));
  std::vector<std::string> tags;
  for (const TagRow& tag : Must(Read()->ListTagsOfManifest(Version('a').manifest_hash))) {
    EXPECT_EQ(tag.hash, Version('a').manifest_hash);
    tags.push_back(tag.dataset.name + " " + tag.version);
  }
  EXPECT_THAT(tags, testing::ElementsAre("mainnet 1.0.0", "mainnet 1.0.0-rc.1", "mainnet latest",
                                         "sepolia dev"));
  EXPECT_TRUE(Must(Read()->ListTagsOfManifest(Version('c').manifest_hash)).empty());
}

TEST_P(MetadataStoreContract, ARegisteredManifestKeepsItsFirstRow) {
  const ManifestHash hash{std::string(64, 'a')};
  Must(store.RegisterManifest({hash, "first", "evm-rpc"}, Soon()));
  Must(store.RegisterManifest({hash, "second", "other"}, Soon()));
  const auto row = Must(Read()->GetManifest(hash)).value();
  EXPECT_EQ(row.hash, hash);
  EXPECT_EQ(row.path, "first");
  EXPECT_EQ(row.kind, "evm-rpc");
}

TEST_P(MetadataStoreContract, AManifestIsLinkedToOneDatasetAndNotToAnother) {
  Register(Version('a', "mainnet"));
  EXPECT_TRUE(Must(Read()->IsManifestLinked(Version('a', "mainnet"))));
  EXPECT_FALSE(Must(Read()->IsManifestLinked(Version('a', "sepolia"))));
  EXPECT_FALSE(Must(Read()->IsManifestLinked(Version('b', "mainnet"))));
}

TEST_P(MetadataStoreContract, LinkingAManifestThatIsNotRegisteredFailsAndLeavesNoTag) {
  EXPECT_EQ(CodeOf(store.LinkManifest(Version(), Soon())), "not_found");
  EXPECT_FALSE(Must(Read()->IsManifestLinked(Version())));
  EXPECT_TRUE(Must(Read()->ListAllTags()).empty());
}

TEST_P(MetadataStoreContract, DevFollowsTheManifestThatWasLinkedLast) {
  Register(Version('a'));
  const UtcTime first = clock.Now();
  clock.Advance(10s);
  Register(Version('b'));
  EXPECT_EQ(Must(Read()->GetTag(Version().dataset, "dev"))->hash, Version('b').manifest_hash);
  clock.Advance(10s);
  Must(store.LinkManifest(Version('a'), Soon()));
  const auto dev = Must(Read()->GetTag(Version().dataset, "dev")).value();
  EXPECT_EQ(dev.hash, Version('a').manifest_hash);
  EXPECT_EQ(dev.dataset, Version().dataset);
  EXPECT_EQ(dev.version, "dev");
  EXPECT_EQ(dev.created_at, first);
  EXPECT_EQ(dev.updated_at, clock.Now());
}

TEST_P(MetadataStoreContract, TimesAreKeptToTheMicrosecond) {
  clock.Set(UtcTime(1'767'225'600'123'456'789ns));
  Register(Version());
  const auto dev = Must(Read()->GetTag(Version().dataset, "dev")).value();
  EXPECT_EQ(dev.updated_at, UtcTime(1'767'225'600'123'456'000ns));
}

TEST_P(MetadataStoreContract, AVersionTagNeedsALinkToThatVeryDataset) {
  Register(Version('a', "mainnet"));
  const auto tag = Must(SemanticVersion::Parse("1.0.0"));
  EXPECT_EQ(CodeOf(store.SetVersionTag(Version('b', "mainnet"), tag, Soon())), "not_found");
  EXPECT_EQ(CodeOf(store.SetVersionTag(Version('a', "sepolia"), tag, Soon())), "not_found");
  EXPECT_EQ(Must(Read()->GetTag(Version().dataset, "1.0.0")), std::nullopt);
  EXPECT_EQ(Must(Read()->GetTag(Version().dataset, "latest")), std::nullopt);
}

TEST_P(MetadataStoreContract, LatestFollowsTheGreatestVersion) {
  struct Case {
    const char* tag;
    char hash_digit;
    char latest;  // Hash digit that "latest" must have then.
  };
  constexpr Case kCases[] = {
      {"0.9.0", 'a', 'a'},          // The first one.
      {"0.10.0", 'b', 'b'},         // Numbers, not texts, are compared.
      {"0.9.1", 'c', 'b'},          // Smaller: stays.
      {"1.0.0-rc.2", 'c', 'c'},     // A pre-release of a greater version counts.
      {"1.0.0-rc.10", 'd', 'd'},    //
      {"1.0.0-alpha", 'a', 'd'},    //
      {"1.0.0", 'e', 'e'},          // The release follows its pre-releases.
      {"1.0.0+build.2", 'f', 'f'},  // Build metadata does not count, so this one is as great.
      {"1.0.0", 'a', 'a'},          // The greatest moves to another manifest.
      {"0.9.0", 'b', 'a'},          // A smaller one does.
      {"18446744073709551615.0.0", 'c', 'c'},
      {"9007199254740993.0.0", 'd', 'c'},
  };
  for (const char digit : std::string("abcdef")) Register(Version(digit));
  for (const Case& step : kCases) {
    SCOPED_TRACE(step.tag);
    Tag(Version(step.hash_digit), step.tag);
    const auto reader = Read();
    EXPECT_EQ(Must(reader->GetTag(Version().dataset, step.tag))->hash,
              Version(step.hash_digit).manifest_hash);
    EXPECT_EQ(Must(reader->GetTag(Version().dataset, "latest"))->hash,
              Version(step.latest).manifest_hash);
    EXPECT_EQ(Must(reader->GetTag(Version().dataset, "dev"))->hash, Version('f').manifest_hash);
  }
}

TEST_P(MetadataStoreContract, LatestOfOneDatasetIgnoresVersionsOfAnother) {
  Register(Version('a', "mainnet"));
  Register(Version('b', "sepolia"));
  Tag(Version('a', "mainnet"), "2.0.0");
  Tag(Version('b', "sepolia"), "1.0.0");
  EXPECT_EQ(Must(Read()->GetTag(Version('b', "sepolia").dataset, "latest"))->hash,
            Version('b').manifest_hash);
}

TEST_P(MetadataStoreContract, ATagThatMovesKeepsItsCreationTime) {
  Register(Version('a'));
  Register(Version('b'));
  Tag(Version('a'), "1.0.0");
  const UtcTime created = clock.Now();
  clock.Advance(5s);
  Tag(Version('b'), "1.0.0");
  for (const char* const name : {"1.0.0", "latest"}) {
    const auto tag = Must(Read()->GetTag(Version().dataset, name)).value();
    EXPECT_EQ(tag.created_at, created) << name;
    EXPECT_EQ(tag.updated_at, clock.Now()) << name;
  }
}

TEST_P(MetadataStoreContract, TagsAreListedByDatasetAndThenAsText) {
  for (const char* const name : {"mainnet", "_a", "arbitrum"}) Register(Version('a', name));
  Tag(Version('a', "mainnet"), "10.0.0");
  Tag(Version('a', "mainnet"), "9.0.0");
  const auto names = [](const std::vector<TagRow>& rows) {
    std::vector<std::string> texts;
    for (const TagRow& row : rows) texts.push_back(row.dataset.name + " " + row.version);
    return texts;
  };
  EXPECT_THAT(
      names(Must(Read()->ListTags(Version().dataset))),
      testing::ElementsAre("mainnet 10.0.0", "mainnet 9.0.0", "mainnet dev", "mainnet latest"));
  EXPECT_THAT(names(Must(Read()->ListAllTags())),
              testing::ElementsAre("_a dev", "arbitrum dev", "mainnet 10.0.0", "mainnet 9.0.0",
                                   "mainnet dev", "mainnet latest"));
}

}  // namespace tidemark::metadata_db
