#include "tidemark/dataset_store/dataset_store.h"

#include <algorithm>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "failing_metadata_store.h"
#include "failing_object_store.h"
#include "temp_folder.h"
#include "tidemark/metadata_db/memory_store.h"
#include "tidemark/object_store/local_store.h"

namespace tidemark::dataset_store {
namespace {

using object_store::IfExists;
using testing::ElementsAre;
using testing::IsEmpty;

const DatasetName kEth{"eth", "mainnet"};
const DatasetName kBase{"base", "mainnet"};
const Deadline kNever = Deadline::Never();

Manifest ManifestFrom(std::uint64_t start_block) {
  auto manifest = ParseManifest(R"({"kind":"evm-rpc","network":"n","start_block":)" +
                                std::to_string(start_block) + "}");
  EXPECT_TRUE(manifest);
  return *std::move(manifest);
}

SemanticVersion Version(std::string_view text) {
  auto version = SemanticVersion::Parse(text);
  EXPECT_TRUE(version) << text;
  return *std::move(version);
}

std::vector<std::string> TextsOf(const DatasetVersions& dataset) {
  std::vector<std::string> texts;
  for (const VersionTag& tag : dataset.versions) texts.push_back(tag.version.text());
  return texts;
}

class DatasetStoreTest : public testing::Test {
 protected:
  void Register(const DatasetName& dataset, const Manifest& manifest,
                std::string_view version = {}) {
    const auto tag = version.empty() ? std::nullopt : std::optional(Version(version));
    const auto registered = store_->Register(dataset, manifest, tag, kNever);
    ASSERT_TRUE(registered) << registered.error().message;
    EXPECT_EQ(registered->version, (DatasetVersion{dataset, manifest.hash}));
  }
  /// The start block of the manifest that the revision resolves to, or why it does not.
  Result<std::uint64_t> Resolve(const DatasetName& dataset, std::string_view revision) {
    TIDEMARK_TRY(const auto parsed, ParseRevision(revision));
    TIDEMARK_TRY(const auto found, store_->Resolve(dataset, parsed, kNever));
    EXPECT_EQ(found.version, (DatasetVersion{dataset, found.manifest.hash}));
    return found.manifest.start_block.value_or(BlockNumber{}).value;
  }
  void ExpectFails(const auto& result, ErrorCode code) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, code) << result.error().message;
  }

  TempFolder folder_;
  std::unique_ptr<object_store::ObjectStore> local_ = *object_store::OpenLocalStore(folder_.path());
  FailingObjectStore objects_{*local_};
  std::unique_ptr<metadata_db::MetadataStore> memory_ = metadata_db::MakeMemoryStore(SystemClock());
  FailingMetadataStore metadata_{*memory_};
  std::unique_ptr<DatasetStore> store_ = MakeDatasetStore(metadata_, objects_);
};

TEST_F(DatasetStoreTest, EveryKindOfRevisionResolves) {
  const Manifest old = ManifestFrom(1);
  const Manifest current = ManifestFrom(2);
  const Manifest draft = ManifestFrom(3);
  Register(kEth, old, "1.0.0");
  Register(kEth, current, "1.1.0");
  Register(kEth, draft);

  EXPECT_EQ(Resolve(kEth, "1.0.0"), 1U);
  EXPECT_EQ(Resolve(kEth, "latest"), 2U);
  EXPECT_EQ(Resolve(kEth, "dev"), 3U);
  EXPECT_EQ(Resolve(kEth, old.hash.hex), 1U);
  std::string upper_case = old.hash.hex;
  std::ranges::transform(upper_case, upper_case.begin(), [](char c) {
    return static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
  });
  EXPECT_EQ(Resolve(kEth, upper_case), 1U);
}

TEST_F(DatasetStoreTest, WhatIsNotTheDatasetsIsNotFound) {
  const Manifest manifest = ManifestFrom(1);
  Register(kBase, manifest, "1.0.0");
  for (const std::string_view revision : {"latest", "dev", "1.0.0", manifest.hash.hex.c_str()}) {
    EXPECT_EQ(Resolve(kBase, revision), 1U);
    ExpectFails(Resolve(kEth, revision), ErrorCode::kNotFound);
  }
  ExpectFails(Resolve(kBase, "1.0.1"), ErrorCode::kNotFound);
  ExpectFails(Resolve(kBase, std::string(64, 'a')), ErrorCode::kNotFound);
}

TEST_F(DatasetStoreTest, LatestDoesNotExistBeforeTheFirstVersion) {
  EXPECT_EQ(Resolve(kEth, "latest").error().message,
            "dataset " + ToString(kEth) + " has no version latest");
  Register(kEth, ManifestFrom(1));
  ExpectFails(Resolve(kEth, "latest"), ErrorCode::kNotFound);
  EXPECT_EQ(Resolve(kEth, "latest").error().message,
            "dataset " + ToString(kEth) + " has no version latest yet, only dev");
  EXPECT_EQ(Resolve(kEth, "dev"), 1U);
  const auto listed = store_->ListVersions(kEth, kNever);
  ASSERT_TRUE(listed);
  EXPECT_FALSE(listed->latest);
  EXPECT_EQ(listed->dev, ManifestFrom(1).hash);
}

TEST_F(DatasetStoreTest, TheObjectIsTheCanonicalTextUnderItsHash) {
  const Manifest manifest = ManifestFrom(7);
  Register(kEth, manifest);
  EXPECT_EQ(local_->Read(manifest.hash.hex, 10'000), manifest.canonical_json);
}

TEST_F(DatasetStoreTest, AStoredManifestCanBeRegisteredByHash) {
  const Manifest manifest = ManifestFrom(1);
  ExpectFails(store_->RegisterByHash(kBase, manifest.hash, std::nullopt, kNever),
              ErrorCode::kNotFound);
  Register(kEth, manifest);
  const auto linked = store_->RegisterByHash(kBase, manifest.hash, Version("2.0.0"), kNever);
  ASSERT_TRUE(linked) << linked.error().message;
  EXPECT_EQ(linked->manifest.canonical_json, manifest.canonical_json);
  EXPECT_EQ(Resolve(kBase, "2.0.0"), 1U);
  EXPECT_EQ(Resolve(kBase, "dev"), 1U);
}

TEST_F(DatasetStoreTest, RegisteringAgainChangesNothing) {
  const Manifest manifest = ManifestFrom(1);
  Register(kEth, manifest, "1.0.0");
  const auto before = store_->ListVersions(kEth, kNever);
  Register(kEth, manifest, "1.0.0");
  const auto after = store_->ListVersions(kEth, kNever);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(TextsOf(*after), TextsOf(*before));
  EXPECT_EQ(after->versions[0].created_at, before->versions[0].created_at);
  EXPECT_EQ(local_->List("")->size(), 1U);
}

TEST_F(DatasetStoreTest, VersionsComeByPrecedenceNotByText) {
  for (const std::string_view version :
       {"9.0.0", "10.0.0-rc.1", "10.0.0", "10.0.0-rc.2", "10.0.0-alpha", "1.0.0+b", "1.0.0+a"}) {
    Register(kEth, ManifestFrom(1), version);
  }
  const auto listed = store_->ListVersions(kEth, kNever);
  ASSERT_TRUE(listed);
  EXPECT_THAT(TextsOf(*listed), ElementsAre("10.0.0", "10.0.0-rc.2", "10.0.0-rc.1", "10.0.0-alpha",
                                            "9.0.0", "1.0.0+b", "1.0.0+a"));
}

TEST_F(DatasetStoreTest, LatestNamesTheGreatestVersionOfItsManifest) {
  Register(kEth, ManifestFrom(1), "1.2.0");
  Register(kEth, ManifestFrom(1), "1.10.0");
  Register(kEth, ManifestFrom(2), "1.9.0");
  const auto listed = store_->ListVersions(kEth, kNever);
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->latest, "1.10.0");
  EXPECT_EQ(Resolve(kEth, "latest"), 1U);
}

TEST_F(DatasetStoreTest, AnUnknownDatasetHasNoVersions) {
  const auto listed = store_->ListVersions(kEth, kNever);
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->dataset, kEth);
  EXPECT_THAT(listed->versions, IsEmpty());
  EXPECT_FALSE(listed->latest);
  EXPECT_FALSE(listed->dev);
}

TEST_F(DatasetStoreTest, DatasetsAreListedByNameWithOrWithoutVersions) {
  EXPECT_THAT(*store_->List(kNever), IsEmpty());
  Register(kEth, ManifestFrom(1), "1.0.0");
  Register(kBase, ManifestFrom(2));
  const auto all = store_->List(kNever);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].dataset, kBase);
  EXPECT_THAT((*all)[0].versions, IsEmpty());
  EXPECT_EQ((*all)[1].dataset, kEth);
  EXPECT_THAT(TextsOf((*all)[1]), ElementsAre("1.0.0"));
}

TEST_F(DatasetStoreTest, AManifestIsReadOnce) {
  Register(kEth, ManifestFrom(1), "1.0.0");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Resolve(kEth, "latest"), 1U);
  EXPECT_EQ(objects_.reads, 1);
}

TEST_F(DatasetStoreTest, AManifestThatIsNotWhatItsNameSaysIsCorrupt) {
  const Manifest manifest = ManifestFrom(1);
  Register(kEth, manifest, "1.0.0");
  const std::string& key = manifest.hash.hex;
  const std::string other = ManifestFrom(2).canonical_json;
  for (const std::string_view content :
       {std::string_view(), std::string_view("{}"), std::string_view(other)}) {
    ASSERT_TRUE(local_->Put(key, content, IfExists::kReplace));
    ExpectFails(Resolve(kEth, "1.0.0"), ErrorCode::kCorruption);
  }
  ASSERT_TRUE(local_->Put(key, std::string(kMaxManifestBytes + 1, ' '), IfExists::kReplace));
  ExpectFails(Resolve(kEth, "1.0.0"), ErrorCode::kCorruption);
  ASSERT_TRUE(local_->Delete(key));
  ExpectFails(Resolve(kEth, "1.0.0"), ErrorCode::kCorruption);
  ExpectFails(store_->LoadManifest(manifest.hash, kNever), ErrorCode::kCorruption);

  // To register it again mends it.
  Register(kEth, manifest, "1.0.0");
  EXPECT_EQ(Resolve(kEth, "1.0.0"), 1U);
}

TEST_F(DatasetStoreTest, AManifestThatNobodyCanReadHarmsOnlyItself) {
  Register(kBase, ManifestFrom(1), "1.0.0");
  const std::string text = R"({"kind":"of-tomorrow","network":"n"})";
  const ManifestHash hash = HashManifest(text);
  ASSERT_TRUE(local_->Put(hash.hex, text, IfExists::kFail));
  ASSERT_TRUE(memory_->RegisterManifest({hash, hash.hex, "of-tomorrow"}, kNever));
  ASSERT_TRUE(memory_->LinkManifest({kEth, hash}, kNever));
  ExpectFails(Resolve(kEth, "dev"), ErrorCode::kCorruption);
  EXPECT_EQ(store_->ReadManifestText(hash, kNever), text);
  EXPECT_EQ(store_->ResolveVersion(kEth, DevRevision{}, kNever), (DatasetVersion{kEth, hash}));
  EXPECT_EQ(store_->List(kNever)->size(), 2U);
  EXPECT_EQ(store_->ListVersions(kEth, kNever)->dev, hash);
  EXPECT_EQ(Resolve(kBase, "dev"), 1U);
}

TEST_F(DatasetStoreTest, TheTextOfAManifestIsReadWithoutItsMeaning) {
  const Manifest manifest = ManifestFrom(1);
  ExpectFails(store_->ReadManifestText(manifest.hash, kNever), ErrorCode::kNotFound);
  Register(kEth, manifest);
  EXPECT_EQ(store_->ReadManifestText(manifest.hash, kNever), manifest.canonical_json);
  ASSERT_TRUE(local_->Put(manifest.hash.hex, "{}", IfExists::kReplace));
  ExpectFails(store_->ReadManifestText(manifest.hash, kNever), ErrorCode::kCorruption);
  ASSERT_TRUE(local_->Delete(manifest.hash.hex));
  ExpectFails(store_->ReadManifestText(manifest.hash, kNever), ErrorCode::kNotFound);
  objects_.failure = Error{ErrorCode::kUnavailable, "no route"};
  ExpectFails(store_->ReadManifestText(manifest.hash, kNever), ErrorCode::kUnavailable);
}

TEST_F(DatasetStoreTest, ADerivedManifestNeedsItsDependencies) {
  const auto derived = [](const std::string& reference) {
    auto manifest = ParseManifest(R"({"kind":"manifest","dependencies":{"src":")" + reference +
                                  R"("},"tables":{}})");
    EXPECT_TRUE(manifest) << manifest.error().message;
    return *std::move(manifest);
  };
  const auto refused = [&](const std::string& reference, std::string_view why) {
    for (const bool by_hash : {false, true}) {
      const Manifest manifest = derived(reference);
      if (by_hash) {
        ASSERT_TRUE(store_->RegisterManifest(manifest, kNever));
      }
      const auto registered =
          by_hash ? store_->RegisterByHash(kBase, manifest.hash, std::nullopt, kNever)
                  : store_->Register(kBase, manifest, std::nullopt, kNever);
      ExpectFails(registered, ErrorCode::kInvalidArgument);
      EXPECT_THAT(registered.error().message, testing::HasSubstr(why));
      EXPECT_FALSE(store_->ListVersions(kBase, kNever)->dev);
    }
  };
  const Manifest source = ManifestFrom(1);
  refused("eth/mainnet@1.0.0", "dependencies.src is not registered: dataset eth/mainnet has no");
  Register(kEth, source, "1.0.0");
  refused("eth/mainnet@1.0.1", "1.0.1");
  refused("eth/other@1.0.0", "eth/other");
  refused("base/mainnet@" + source.hash.hex, "base/mainnet");
  Register(kBase, derived("eth/mainnet@1.0.0"), "1.0.0");
  Register(kBase, derived("eth/mainnet@" + source.hash.hex));
  // An older version of itself is a dataset like any other.
  Register(kBase, derived("base/mainnet@1.0.0"), "2.0.0");

  metadata_.first_failing_call = 0;
  ExpectFails(store_->Register(kBase, derived("eth/mainnet@1.0.0"), std::nullopt, kNever),
              ErrorCode::kUnavailable);
}

// Method: let the n-th call to a store and all that follow fail, for every n, then repair the
// stores and ask again.
TEST_F(DatasetStoreTest, ARegistrationThatFailedHalfwayCanBeRepeated) {
  const Manifest manifest = ManifestFrom(1);
  int failures = 0;
  for (int n = 0;; ++n) {
    metadata_.calls = 0;
    metadata_.first_failing_call = n;
    const auto registered = store_->Register(kEth, manifest, Version("1.0.0"), kNever);
    metadata_.first_failing_call.reset();
    if (registered) break;
    ++failures;
    EXPECT_EQ(registered.error().code, ErrorCode::kUnavailable);
    ExpectFails(Resolve(kEth, "1.0.0"), ErrorCode::kNotFound);
  }
  EXPECT_EQ(failures, 3);
  EXPECT_EQ(Resolve(kEth, "1.0.0"), 1U);
}

TEST_F(DatasetStoreTest, WithoutItsObjectAManifestIsNotRegistered) {
  const Manifest manifest = ManifestFrom(1);
  objects_.failure = Error{ErrorCode::kUnavailable, "disk full"};
  ExpectFails(store_->Register(kEth, manifest, std::nullopt, kNever), ErrorCode::kUnavailable);
  objects_.failure.reset();
  ExpectFails(store_->LoadManifest(manifest.hash, kNever), ErrorCode::kNotFound);
  EXPECT_THAT(*store_->List(kNever), IsEmpty());
}

TEST_F(DatasetStoreTest, AStoreThatDoesNotAnswerIsNoEmptyAnswer) {
  Register(kEth, ManifestFrom(1), "1.0.0");
  metadata_.first_failing_call = 0;
  ExpectFails(Resolve(kEth, "latest"), ErrorCode::kUnavailable);
  ExpectFails(store_->List(kNever), ErrorCode::kUnavailable);
  ExpectFails(store_->ListVersions(kEth, kNever), ErrorCode::kUnavailable);
  ExpectFails(store_->LoadManifest(ManifestFrom(1).hash, kNever), ErrorCode::kUnavailable);
  metadata_.first_failing_call.reset();
  objects_.failure = Error{ErrorCode::kUnavailable, "no route"};
  ExpectFails(Resolve(kEth, "latest"), ErrorCode::kUnavailable);
}

TEST_F(DatasetStoreTest, SeveralThreadsMayRegisterAndResolveAtOnce) {
  const auto store = MakeDatasetStore(*memory_, *local_);
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t i = 0; i < 10; ++i) {
        const Manifest manifest = ManifestFrom(i % 3 + thread % 2);
        const auto registered = store->Register(kEth, manifest, Version("1.0.0"), kNever);
        EXPECT_TRUE(registered) << registered.error().message;
        const auto found = store->Resolve(kEth, manifest.hash, kNever);
        ASSERT_TRUE(found) << found.error().message;
        EXPECT_EQ(found->manifest.canonical_json, manifest.canonical_json);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(TextsOf(*store->ListVersions(kEth, kNever)), ElementsAre("1.0.0"));
}

}  // namespace
}  // namespace tidemark::dataset_store
