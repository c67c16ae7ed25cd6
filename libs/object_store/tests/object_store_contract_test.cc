// What every object store must do, over a local folder and over each remote one that the
// environment names: TIDEMARK_TEST_S3_URL, TIDEMARK_TEST_GOOGLE_URL, TIDEMARK_TEST_AZURE_URL, with
// the variables that OpenStore reads. Each test has a prefix of its own.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temporary_folder.h"
#include "tidemark/base/random.h"
#include "tidemark/object_store/open_store.h"

namespace tidemark::object_store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::uint64_t kNoLimit = 1ULL << 40U;

template <class T>
std::string CodeOf(const Result<T>& result) {
  return result ? "ok" : std::string(ToString(result.error().code));
}

struct StoreCase {
  std::string name;
  std::string url;  // Empty: a fresh local folder.
};

std::vector<StoreCase> StoreCases() {
  std::vector<StoreCase> cases = {{.name = "Local", .url = ""}};
  for (const auto& [name, variable] :
       {std::pair("S3", "TIDEMARK_TEST_S3_URL"), std::pair("Google", "TIDEMARK_TEST_GOOGLE_URL"),
        std::pair("Azure", "TIDEMARK_TEST_AZURE_URL")}) {
    if (const auto url = ReadEnvironment(variable)) cases.push_back({.name = name, .url = *url});
  }
  return cases;
}

class ObjectStoreContract : public ::testing::TestWithParam<StoreCase> {
 protected:
  void SetUp() override {
    url_ = GetParam().url.empty() ? "file://" + folder_.path().string()
                                  : fmt::format("{}/{:016x}/pre fix", GetParam().url, RandomU64());
    auto store = Open();
    ASSERT_TRUE(store) << store.error().message;
    store_ = *std::move(store);
  }

  bool is_local() const { return GetParam().url.empty(); }
  Result<std::unique_ptr<ObjectStore>> Open(StoreAccess access = StoreAccess::kReadWrite) const {
    return OpenStore(url_, {.access = access});
  }

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

  TemporaryFolder folder_;
  std::string url_;
  std::unique_ptr<ObjectStore> store_;
};

INSTANTIATE_TEST_SUITE_P(, ObjectStoreContract, ::testing::ValuesIn(StoreCases()),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(ObjectStoreContract, WhatWasPutReadsBack) {
  const std::vector<std::string> contents = {"", "text", std::string("\0\xff\n\0", 4),
                                             std::string(3U << 20U, 'x')};
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const std::string path = "a/b/" + std::to_string(i);
    PutOrFail(path, contents[i]);
    const auto read = store_->Read(path, kNoLimit);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(*read == contents[i]) << path;
    const auto head = store_->Head(path);
    ASSERT_TRUE(head) << head.error().message;
    EXPECT_EQ(head->size_bytes, contents[i].size());
    EXPECT_EQ(head->path, path);
    EXPECT_TRUE(head->e_tag);
  }
}

TEST_P(ObjectStoreContract, AnUnfinishedObjectCannotBeSeenAndAGivenUpOneNeverWill) {
  {
    auto writer = store_->OpenWriter("t/1.parquet").value();
    // More than a part of a multipart upload, so that something has been sent.
    const Status appended = writer->Append(std::string(24U << 20U, 'x'));
    ASSERT_TRUE(appended) << appended.error().message;
    EXPECT_EQ(CodeOf(store_->Head("t/1.parquet")), "not_found");
    EXPECT_EQ(CodeOf(store_->Read("t/1.parquet", kNoLimit)), "not_found");
    EXPECT_THAT(ListedPaths(""), IsEmpty());
  }
  EXPECT_THAT(ListedPaths(""), IsEmpty());
  EXPECT_EQ(CodeOf(store_->Head("t/1.parquet")), "not_found");
  {
    auto writer = store_->OpenWriter("t/2.parquet").value();
    ASSERT_TRUE(writer->Append("little"));
  }
  EXPECT_EQ(CodeOf(store_->Head("t/2.parquet")), "not_found");
}

TEST_P(ObjectStoreContract, AFinishedWriterYieldsWhatHeadAndListSay) {
  auto writer = store_->OpenWriter("t/1.parquet").value();
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string piece(131'072, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(writer->Append(piece));
    expected += piece;
  }
  ASSERT_TRUE(writer->Append(""));
  const auto info = writer->Finish();
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->path, "t/1.parquet");
  EXPECT_EQ(info->size_bytes, expected.size());
  EXPECT_EQ(store_->Head("t/1.parquet").value(), *info);
  const auto listed = store_->List("t").value();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].path, "t/1.parquet");
  EXPECT_EQ(listed[0].size_bytes, expected.size());
  EXPECT_TRUE(store_->Read("t/1.parquet", kNoLimit).value() == expected);
}

TEST_P(ObjectStoreContract, AWriterDoesNothingOnceItIsFinished) {
  auto writer = store_->OpenWriter("t").value();
  ASSERT_TRUE(writer->Finish());
  EXPECT_EQ(CodeOf(writer->Append("more")), "internal");
  EXPECT_EQ(CodeOf(writer->Finish()), "internal");
  EXPECT_EQ(store_->Read("t", kNoLimit).value(), "");
}

TEST_P(ObjectStoreContract, TheSecondOfTwoWritersToOnePathGetsAConflict) {
  auto first = store_->OpenWriter("t").value();
  auto second = store_->OpenWriter("t").value();
  ASSERT_TRUE(first->Append("first"));
  ASSERT_TRUE(second->Append("second"));
  ASSERT_TRUE(second->Finish());
  EXPECT_EQ(CodeOf(first->Finish()), "conflict");
  first.reset();
  EXPECT_EQ(store_->Read("t", kNoLimit).value(), "second");
}

TEST_P(ObjectStoreContract, PutReplacesOnlyWhenToldTo) {
  PutOrFail("a", "old");
  EXPECT_EQ(CodeOf(store_->Put("a", "new", IfExists::kFail)), "conflict");
  EXPECT_EQ(store_->Read("a", kNoLimit).value(), "old");
  EXPECT_TRUE(store_->Put("a", "new", IfExists::kReplace));
  EXPECT_EQ(store_->Read("a", kNoLimit).value(), "new");
  EXPECT_TRUE(store_->Put("b", "fresh", IfExists::kReplace));
  EXPECT_THAT(ListedPaths(""), ElementsAre("a", "b"));
}

TEST_P(ObjectStoreContract, TheETagTellsTwoContentsApart) {
  PutOrFail("a", "one");
  const auto before = store_->Head("a")->e_tag;
  EXPECT_EQ(store_->Head("a")->e_tag, before);
  ASSERT_TRUE(store_->Put("a", "two", IfExists::kReplace));
  EXPECT_NE(store_->Head("a")->e_tag, before);
}

TEST_P(ObjectStoreContract, ATailIsTheEndOfTheObjectWithItsInformation) {
  PutOrFail("a", "0123456789");
  struct Case {
    std::uint64_t max_bytes;
    std::string expected;
  };
  for (const Case& c : {Case{3, "789"}, Case{10, "0123456789"}, Case{11, "0123456789"},
                        Case{kNoLimit, "0123456789"}, Case{0, ""}}) {
    const auto tail = store_->ReadTail("a", c.max_bytes);
    ASSERT_TRUE(tail) << tail.error().message;
    EXPECT_EQ(tail->bytes, c.expected) << c.max_bytes;
    EXPECT_EQ(tail->info, store_->Head("a").value());
  }
  PutOrFail("empty", "");
  EXPECT_EQ(store_->ReadTail("empty", 8)->bytes, "");
  EXPECT_EQ(CodeOf(store_->ReadTail("b", 8)), "not_found");
}

TEST_P(ObjectStoreContract, APathThatBreaksTheRulesIsRefusedByEveryFunction) {
  for (const std::string& path :
       {std::string("/"), std::string("/a"), std::string("a/"), std::string("a//b"),
        std::string(".."), std::string("a/../b"), std::string("./a"), std::string("a\0b", 3),
        std::string(".tidemark-tmp-/a")}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(CodeOf(store_->OpenWriter(path)), "invalid_argument");
    EXPECT_EQ(CodeOf(store_->Put(path, "", IfExists::kReplace)), "invalid_argument");
    EXPECT_EQ(CodeOf(store_->Read(path, kNoLimit)), "invalid_argument");
    EXPECT_EQ(CodeOf(store_->ReadTail(path, kNoLimit)), "invalid_argument");
    EXPECT_EQ(CodeOf(store_->Head(path)), "invalid_argument");
    EXPECT_EQ(CodeOf(store_->List(path)), "invalid_argument");
    EXPECT_EQ(CodeOf(store_->ListFolders(path)), "invalid_argument");
    EXPECT_EQ(CodeOf(store_->Delete(path)), "invalid_argument");
  }
  EXPECT_EQ(CodeOf(store_->Head("")), "invalid_argument");
  EXPECT_EQ(CodeOf(store_->Put("", "", IfExists::kReplace)), "invalid_argument");
  EXPECT_THAT(ListedPaths(""), IsEmpty());
}

TEST_P(ObjectStoreContract, OddButAllowedPathsAreOrdinaryObjects) {
  std::vector<std::string> odd = {"...",    "..a/b..", "a b",       "100%",  "%2e%2e",
                                  "a+b&c=", "?x#y",    "\xc3\xa9t", ".hide", "-rf"};
  for (const std::string& path : odd) {
    SCOPED_TRACE(path);
    PutOrFail(path, path);
    EXPECT_EQ(store_->Read(path, kNoLimit).value(), path);
  }
  std::ranges::sort(odd);
  EXPECT_EQ(ListedPaths(""), odd);
}

TEST_P(ObjectStoreContract, ReadRefusesAnObjectOverTheLimit) {
  PutOrFail("a", "12345");
  EXPECT_EQ(store_->Read("a", 5).value(), "12345");
  EXPECT_EQ(CodeOf(store_->Read("a", 4)), "invalid_argument");
  EXPECT_EQ(CodeOf(store_->Read("a", 0)), "invalid_argument");
  EXPECT_EQ(store_->Read("a", ~0ULL).value(), "12345");
}

TEST_P(ObjectStoreContract, ListIsInTextOrderOfWholePathsOfThatFolderAlone) {
  for (const char* path : {"a/b", "a-b", "a.b", "ab", "a/b-c", "a/c/d", "B"}) PutOrFail(path, "x");
  EXPECT_THAT(ListedPaths(""), ElementsAre("B", "a-b", "a.b", "a/b", "a/b-c", "a/c/d", "ab"));
  EXPECT_THAT(ListedPaths("a"), ElementsAre("a/b", "a/b-c", "a/c/d"));
  EXPECT_THAT(ListedPaths("a/c"), ElementsAre("a/c/d"));
  EXPECT_THAT(ListedPaths("c"), IsEmpty());
  EXPECT_THAT(ListedPaths("a/b/c"), IsEmpty());
}

TEST_P(ObjectStoreContract, FoldersAreTheNextStepOfThePathsBelow) {
  for (const char* path : {"t/2/x", "t/10/y/z", "t/1/x", "t/file", "u/1/x"}) PutOrFail(path, "x");
  EXPECT_THAT(store_->ListFolders("t").value(), ElementsAre("1", "10", "2"));
  EXPECT_THAT(store_->ListFolders("").value(), ElementsAre("t", "u"));
  EXPECT_THAT(store_->ListFolders("t/10").value(), ElementsAre("y"));
  EXPECT_THAT(store_->ListFolders("t/1").value(), IsEmpty());
  EXPECT_THAT(store_->ListFolders("nothing").value(), IsEmpty());
}

TEST_P(ObjectStoreContract, AListOfMoreThanAPageIsWhole) {
  // A page of S3 has a thousand. A local folder has no pages, and syncs each object.
  const int count = is_local() ? 50 : 1'010;
  constexpr int kThreads = 8;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([this, thread, count] {
        for (int i = thread; i < count; i += kThreads) {
          ASSERT_TRUE(store_->Put(fmt::format("many/{:05}", i), "x", IfExists::kReplace));
        }
      });
    }
  }
  const auto listed = ListedPaths("many");
  ASSERT_EQ(listed.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(listed[static_cast<std::size_t>(i)], fmt::format("many/{:05}", i));
  }
}

TEST_P(ObjectStoreContract, AFolderIsNoObject) {
  PutOrFail("a/b", "kept");
  EXPECT_EQ(CodeOf(store_->Head("a")), "not_found");
  EXPECT_EQ(CodeOf(store_->Read("a", kNoLimit)), "not_found");
  EXPECT_TRUE(store_->Delete("a"));
  EXPECT_EQ(store_->Read("a/b", kNoLimit).value(), "kept");
}

TEST_P(ObjectStoreContract, DeleteTakesTheObjectAndIsContentIfThereIsNone) {
  PutOrFail("a/b", "x");
  PutOrFail("a/c", "x");
  EXPECT_TRUE(store_->Delete("a/b"));
  EXPECT_TRUE(store_->Delete("a/b"));
  EXPECT_TRUE(store_->Delete("x/y/z"));
  EXPECT_THAT(ListedPaths(""), ElementsAre("a/c"));
  EXPECT_TRUE(store_->Delete("a/c"));
  EXPECT_THAT(ListedPaths(""), IsEmpty());
}

TEST_P(ObjectStoreContract, ASecondStoreOfTheUrlHasTheSameObjects) {
  PutOrFail("a/b", "kept");
  const auto again = Open().value();
  EXPECT_EQ(again->Read("a/b", kNoLimit).value(), "kept");
  EXPECT_EQ(again->UrlOf("a/b"), store_->UrlOf("a/b"));
}

TEST_P(ObjectStoreContract, AUrlOpensWhatItNames) {
  PutOrFail("a/b c", "kept");
  const std::string url = store_->UrlOf("a");
  EXPECT_THAT(url, StartsWith(url_.substr(0, url_.find("://"))));
  const auto below = OpenStore(url);
  ASSERT_TRUE(below) << below.error().message;
  EXPECT_EQ((*below)->Read("b c", kNoLimit).value(), "kept");
}

TEST_P(ObjectStoreContract, OneThatIsOpenOnlyToReadWritesNothing) {
  PutOrFail("a/b", "bytes");
  const auto reader = Open(StoreAccess::kReadOnly).value();
  EXPECT_EQ(reader->Read("a/b", kNoLimit).value(), "bytes");
  EXPECT_EQ(CodeOf(reader->Put("a/c", "bytes", IfExists::kFail)), "invalid_argument");
  EXPECT_EQ(CodeOf(reader->OpenWriter("a/c")), "invalid_argument");
  EXPECT_EQ(CodeOf(reader->Delete("a/b")), "invalid_argument");
  EXPECT_THAT(ListedPaths(""), ElementsAre("a/b"));
}

TEST_P(ObjectStoreContract, APlaceThatIsNotThereIsNoEmptyStore) {
  std::string url = "file:///no/such/folder";
  if (!is_local()) url = url_.substr(0, url_.find("://")) + "://tidemark-no-such-bucket/prefix";
  const auto opened = OpenStore(url, {.access = StoreAccess::kReadOnly});
  ASSERT_TRUE(opened) << opened.error().message;
  ObjectStore& store = **opened;
  EXPECT_EQ(CodeOf(store.Head("a")), "unavailable");
  EXPECT_EQ(CodeOf(store.Read("a", 10)), "unavailable");
  EXPECT_EQ(CodeOf(store.ReadTail("a", 10)), "unavailable");
  EXPECT_EQ(CodeOf(store.List("a")), "unavailable");
  EXPECT_EQ(CodeOf(store.ListFolders("")), "unavailable");
}

TEST_P(ObjectStoreContract, SeveralThreadsMayUseItAtOnce) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this, thread] {
      for (int i = 0; i < 10; ++i) {
        const std::string path = fmt::format("t{}/{}", thread, i);
        ASSERT_TRUE(store_->Put(path, path, IfExists::kFail));
        ASSERT_EQ(store_->Read(path, kNoLimit).value(), path);
        ASSERT_EQ(store_->ReadTail(path, 1)->bytes, path.substr(path.size() - 1));
      }
    });
  }
  threads.clear();
  EXPECT_EQ(ListedPaths("").size(), 40U);
}

}  // namespace
}  // namespace tidemark::object_store
