#include "tidemark/object_store/local_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temporary_folder.h"

namespace tidemark::object_store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kNoLimit = 1ULL << 40U;

class LocalStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store = OpenLocalStore(root());
    ASSERT_TRUE(store) << store.error().message;
    store_ = *std::move(store);
  }

  std::filesystem::path root() const { return folder_.path() / "root"; }

  void PutOrFail(std::string_view path, std::string_view bytes) {
    const Status put = store_->Put(path, bytes, IfExists::kFail);
    ASSERT_TRUE(put) << put.error().message;
  }

  std::vector<std::string> ListedPaths(std::string_view folder) {
    std::vector<std::string> paths;
    const auto objects = store_->List(folder);
    if (!objects) return {objects.error().message};
    for (const ObjectInfo& object : *objects) paths.push_back(object.path);
    return paths;
  }

  /// Every file below the root, unfinished ones too.
  std::vector<std::filesystem::path> FilesOnDisk() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root())) {
      if (!entry.is_directory()) files.push_back(entry.path());
    }
    return files;
  }

  TemporaryFolder folder_;
  std::unique_ptr<ObjectStore> store_;
};

template <class T>
std::string CodeOf(const Result<T>& result) {
  return result ? "ok" : std::string(ToString(result.error().code));
}

TEST_F(LocalStoreTest, WhatWasPutReadsBack) {
  const std::string large(3 << 20U, 'x');
  const std::vector<std::string> contents = {"", "text", std::string("\0\xff\n\0", 4), large};
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const std::string path = "a/b/" + std::to_string(i);
    PutOrFail(path, contents[i]);
    EXPECT_EQ(store_->Read(path, kNoLimit).value(), contents[i]);
    EXPECT_EQ(store_->Head(path)->size_bytes, contents[i].size());
  }
}

TEST_F(LocalStoreTest, AnUnfinishedObjectCannotBeSeen) {
  auto writer = store_->OpenWriter("t/1.parquet").value();
  ASSERT_TRUE(writer->Append("half"));
  EXPECT_EQ(CodeOf(store_->Head("t/1.parquet")), "not_found");
  EXPECT_EQ(CodeOf(store_->Read("t/1.parquet", kNoLimit)), "not_found");
  EXPECT_THAT(ListedPaths(""), IsEmpty());
  EXPECT_EQ(FilesOnDisk().size(), 1U);
}

TEST_F(LocalStoreTest, AFinishedWriterYieldsWhatHeadAndListSay) {
  auto writer = store_->OpenWriter("t/1.parquet").value();
  ASSERT_TRUE(writer->Append("one "));
  ASSERT_TRUE(writer->Append(""));
  ASSERT_TRUE(writer->Append("two"));
  const auto info = writer->Finish();
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->path, "t/1.parquet");
  EXPECT_EQ(info->size_bytes, 7U);
  EXPECT_TRUE(info->e_tag);
  EXPECT_EQ(store_->Head("t/1.parquet").value(), *info);
  EXPECT_THAT(store_->List("t").value(), ElementsAre(*info));
  EXPECT_EQ(store_->Read("t/1.parquet", kNoLimit).value(), "one two");
  EXPECT_EQ(FilesOnDisk().size(), 1U) << "the temporary file is still there";
}

TEST_F(LocalStoreTest, ADestroyedWriterLeavesNoFile) {
  {
    auto writer = store_->OpenWriter("t/1.parquet").value();
    ASSERT_TRUE(writer->Append("half"));
  }
  EXPECT_THAT(FilesOnDisk(), IsEmpty());
}

TEST_F(LocalStoreTest, AWriterDoesNothingOnceItIsFinished) {
  auto writer = store_->OpenWriter("t").value();
  ASSERT_TRUE(writer->Finish());
  EXPECT_EQ(CodeOf(writer->Append("more")), "internal");
  EXPECT_EQ(CodeOf(writer->Finish()), "internal");
  EXPECT_EQ(store_->Read("t", kNoLimit).value(), "");
}

TEST_F(LocalStoreTest, TheSecondOfTwoWritersToOnePathGetsAConflict) {
  auto first = store_->OpenWriter("t").value();
  auto second = store_->OpenWriter("t").value();
  ASSERT_TRUE(first->Append("first"));
  ASSERT_TRUE(second->Append("second"));
  ASSERT_TRUE(second->Finish());
  EXPECT_EQ(CodeOf(first->Finish()), "conflict");
  first.reset();
  EXPECT_EQ(store_->Read("t", kNoLimit).value(), "second");
  EXPECT_EQ(FilesOnDisk().size(), 1U);
}

TEST_F(LocalStoreTest, PutReplacesOnlyWhenToldTo) {
  PutOrFail("a", "old");
  EXPECT_EQ(CodeOf(store_->Put("a", "new", IfExists::kFail)), "conflict");
  EXPECT_EQ(store_->Read("a", kNoLimit).value(), "old");
  EXPECT_TRUE(store_->Put("a", "new", IfExists::kReplace));
  EXPECT_EQ(store_->Read("a", kNoLimit).value(), "new");
  EXPECT_TRUE(store_->Put("b", "fresh", IfExists::kReplace));
  EXPECT_THAT(ListedPaths(""), ElementsAre("a", "b"));
  EXPECT_EQ(FilesOnDisk().size(), 2U);
}

TEST_F(LocalStoreTest, TheETagChangesExactlyWhenAnObjectIsReplaced) {
  PutOrFail("a", "one");
  const auto before = store_->Head("a")->e_tag;
  EXPECT_EQ(store_->Head("a")->e_tag, before);
  const auto time = std::filesystem::last_write_time(root() / "a");
  ASSERT_TRUE(store_->Put("a", "two", IfExists::kReplace));
  // Two objects of one size can be written within one tick of a file system's clock.
  std::filesystem::last_write_time(root() / "a", time);
  EXPECT_NE(store_->Head("a")->e_tag, before);
}

TEST_F(LocalStoreTest, APathThatBreaksTheRulesIsRefusedByEveryFunction) {
  std::ofstream(folder_.path() / "outside") << "secret";
  const std::vector<std::string> bad = {"/",
                                        "/a",
                                        "a/",
                                        "a//b",
                                        ".",
                                        "..",
                                        "../outside",
                                        "a/../b",
                                        "./a",
                                        "a/.",
                                        "a/..",
                                        std::string("a\0b", 3),
                                        ".tidemark-tmp-0123456789abcdef",
                                        ".tidemark-tmp-/a"};
  for (const std::string& path : bad) {
    SCOPED_TRACE(path);
    EXPECT_EQ(CodeOf(store_->OpenWriter(path)), "invalid_argument");
    EXPECT_EQ(CodeOf(store_->Put(path, "", IfExists::kReplace)), "invalid_argument");
    EXPECT_EQ(CodeOf(store_->Read(path, kNoLimit)), "invalid_argument");
    EXPECT_EQ(CodeOf(store_->Head(path)), "invalid_argument");
    EXPECT_EQ(CodeOf(store_->List(path)), "invalid_argument");
    EXPECT_EQ(CodeOf(store_->Delete(path)), "invalid_argument");
  }
  EXPECT_EQ(CodeOf(store_->Head("")), "invalid_argument");
  EXPECT_EQ(CodeOf(store_->Put("", "", IfExists::kReplace)), "invalid_argument");
  EXPECT_THAT(FilesOnDisk(), IsEmpty());
}

TEST_F(LocalStoreTest, OddButAllowedPathsAreOrdinaryObjects) {
  const std::vector<std::string> odd = {"...",
                                        "..a/b..",
                                        "a b",
                                        "c:\\d",
                                        "100%",
                                        "%2e%2e",
                                        "\xc3\xa9t\xe9",
                                        "new\nline",
                                        ".hide",
                                        "-rf",
                                        std::string(255, 'n')};
  for (const std::string& path : odd) {
    SCOPED_TRACE(path);
    PutOrFail(path, path);
    EXPECT_EQ(store_->Read(path, kNoLimit).value(), path);
  }
  std::vector<std::string> sorted = odd;
  std::ranges::sort(sorted);
  EXPECT_EQ(ListedPaths(""), sorted);
}

TEST_F(LocalStoreTest, ANameThatIsTooLongIsTheCallersMistake) {
  const std::string path = "a/" + std::string(256, 'n');
  EXPECT_EQ(CodeOf(store_->Put(path, "", IfExists::kFail)), "invalid_argument");
  EXPECT_EQ(CodeOf(store_->Head(path)), "invalid_argument");
  EXPECT_EQ(CodeOf(store_->Read(path, kNoLimit)), "invalid_argument");
  EXPECT_EQ(CodeOf(store_->Delete(path)), "invalid_argument");
}

TEST_F(LocalStoreTest, ReadRefusesAnObjectOverTheLimit) {
  PutOrFail("a", "12345");
  EXPECT_EQ(store_->Read("a", 5).value(), "12345");
  EXPECT_EQ(CodeOf(store_->Read("a", 4)), "invalid_argument");
  EXPECT_EQ(CodeOf(store_->Read("a", 0)), "invalid_argument");
  EXPECT_EQ(store_->Read("a", ~0ULL).value(), "12345");
}

TEST_F(LocalStoreTest, ListIsInTextOrderOfWholePaths) {
  // '-' and '.' sort before '/', so a folder's objects do not stand together.
  for (const char* path : {"a/b", "a-b", "a.b", "ab", "a/b-c", "a/c/d", "B"}) PutOrFail(path, "");
  EXPECT_THAT(ListedPaths(""), ElementsAre("B", "a-b", "a.b", "a/b", "a/b-c", "a/c/d", "ab"));
  EXPECT_THAT(ListedPaths("a"), ElementsAre("a/b", "a/b-c", "a/c/d"));
  EXPECT_THAT(ListedPaths("a/c"), ElementsAre("a/c/d"));
}

TEST_F(LocalStoreTest, AFolderThatIsNotThereListsAsEmpty) {
  PutOrFail("a/b", "");
  EXPECT_THAT(ListedPaths("c"), IsEmpty());
  EXPECT_THAT(ListedPaths("a/b"), IsEmpty());
  EXPECT_THAT(ListedPaths("a/b/c"), IsEmpty());
}

TEST_F(LocalStoreTest, AFolderIsNoObject) {
  PutOrFail("a/b", "kept");
  EXPECT_EQ(CodeOf(store_->Head("a")), "not_found");
  EXPECT_EQ(CodeOf(store_->Read("a", kNoLimit)), "not_found");
  EXPECT_TRUE(store_->Delete("a"));
  EXPECT_EQ(CodeOf(store_->Put("a", "", IfExists::kFail)), "conflict");
  EXPECT_EQ(CodeOf(store_->Put("a", "", IfExists::kReplace)), "unavailable");
  EXPECT_EQ(CodeOf(store_->Head("a/b/c")), "not_found");
  EXPECT_EQ(CodeOf(store_->Read("a/b/c", kNoLimit)), "not_found");
  EXPECT_EQ(store_->Read("a/b", kNoLimit).value(), "kept");
}

TEST_F(LocalStoreTest, ALinkIsNeitherFollowedNorAnObject) {
  const auto outside = folder_.path() / "outside";
  std::ofstream(outside) << "secret";
  std::filesystem::create_symlink(outside, root() / "link");
  EXPECT_EQ(CodeOf(store_->Head("link")), "not_found");
  EXPECT_EQ(CodeOf(store_->Read("link", kNoLimit)), "not_found");
  EXPECT_THAT(ListedPaths(""), IsEmpty());
  EXPECT_EQ(CodeOf(store_->Put("link", "x", IfExists::kFail)), "conflict");

  EXPECT_TRUE(store_->Put("link", "x", IfExists::kReplace));
  EXPECT_EQ(store_->Read("link", kNoLimit).value(), "x");
  EXPECT_EQ(std::filesystem::file_size(outside), 6U) << "the link's target was written to";
}

TEST_F(LocalStoreTest, APipeInPlaceOfAnObjectDoesNotBlock) {
  ASSERT_EQ(::mkfifo((root() / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(CodeOf(store_->Read("pipe", kNoLimit)), "not_found");
  EXPECT_EQ(CodeOf(store_->Head("pipe")), "not_found");
  EXPECT_THAT(ListedPaths(""), IsEmpty());
}

TEST_F(LocalStoreTest, DeleteTakesTheObjectAndIsContentIfThereIsNone) {
  PutOrFail("a/b", "");
  PutOrFail("a/c", "");
  EXPECT_TRUE(store_->Delete("a/b"));
  EXPECT_TRUE(store_->Delete("a/b"));
  EXPECT_TRUE(store_->Delete("x/y/z"));
  EXPECT_TRUE(store_->Delete("a/c/d"));
  EXPECT_THAT(ListedPaths(""), ElementsAre("a/c"));
}

TEST_F(LocalStoreTest, AFolderRemovedFromOutsideIsMadeAgain) {
  PutOrFail("a/b/1", "");
  std::filesystem::remove_all(root() / "a");
  PutOrFail("a/b/1", "again");
  EXPECT_EQ(store_->Read("a/b/1", kNoLimit).value(), "again");
}

TEST_F(LocalStoreTest, UrlsArePercentEncodedAndAbsolute) {
  const std::string base = "file://" + root().string() + "/";
  EXPECT_EQ(store_->UrlOf("a/b-1.parquet"), base + "a/b-1.parquet");
  EXPECT_EQ(store_->UrlOf("a b%2F?#\xc3\xa9"), base + "a%20b%252F%3F%23%C3%A9");

  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  const auto relative = OpenLocalStore("./x/../root/");
  std::filesystem::current_path(here);
  ASSERT_TRUE(relative);
  EXPECT_EQ((*relative)->UrlOf("a"), base + "a");
}

TEST(OpenLocalStoreTest, MakesTheFoldersOnTheWayAndFindsWhatIsThere) {
  const TemporaryFolder folder;
  const auto root = folder.path() / "not" / "yet" / "there";
  ASSERT_TRUE(OpenLocalStore(root).value()->Put("a", "kept", IfExists::kFail));
  const auto again = OpenLocalStore(root).value();
  EXPECT_EQ(again->Read("a", kNoLimit).value(), "kept");
  EXPECT_EQ(again->List("")->size(), 1U);
}

TEST(OpenLocalStoreTest, OnlyReadsAFolderThatItIsToldToOnlyRead) {
  const TemporaryFolder folder;
  const auto root = folder.path() / "root";
  const auto reader = OpenLocalStore(root, StoreAccess::kReadOnly);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_FALSE(std::filesystem::exists(root));
  EXPECT_EQ((*reader)->List("").error().code, ErrorCode::kUnavailable);

  const auto writer = OpenLocalStore(root);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->Put("a/b", "bytes", IfExists::kFail));
  EXPECT_EQ((*reader)->Read("a/b", kNoLimit), "bytes");
  EXPECT_EQ((*reader)->Put("a/c", "bytes", IfExists::kFail).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ((*reader)->OpenWriter("a/c").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ((*reader)->Delete("a/b").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ((*writer)->List("")->size(), 1);
}

TEST(OpenLocalStoreTest, SaysWhyAFolderCannotBeUsed) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "";
  for (const auto& root : {folder.path() / "file", folder.path() / "file" / "below",
                           std::filesystem::path("/proc/no-such-folder"),
                           std::filesystem::path("/proc"), std::filesystem::path("")}) {
    SCOPED_TRACE(root);
    const auto store = OpenLocalStore(root);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(store.error().message, HasSubstr(root.string()));
  }
}

}  // namespace
}  // namespace tidemark::object_store
