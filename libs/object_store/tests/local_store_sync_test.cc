// What the local store makes durable, and when. This file's fsync() takes the place of the C
// library's in the test program: it writes down what is synced, and fails when told to.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temporary_folder.h"
#include "tidemark/object_store/local_store.h"

namespace {

struct SyncRecorder {
  std::vector<std::string> files;
  std::size_t failing_sync = 0;  // Counted from 1; 0 for none.
};
SyncRecorder* g_recorder = nullptr;

}  // namespace

extern "C" int fsync(int descriptor) {
  if (g_recorder != nullptr) {
    g_recorder->files.push_back(
        std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor)).string());
    if (g_recorder->files.size() == g_recorder->failing_sync) {
      errno = EIO;
      return -1;
    }
  }
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

namespace tidemark::object_store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LocalStoreSyncTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = OpenLocalStore(root()).value();
    g_recorder = &recorder_;
  }
  void TearDown() override { g_recorder = nullptr; }

  std::filesystem::path root() const { return folder_.path() / "root"; }

  /// What was synced since the last call, relative to the root, "tmp" for a temporary file.
  std::vector<std::string> TakeSynced() {
    std::vector<std::string> names;
    for (const std::string& file : recorder_.files) {
      const std::filesystem::path relative = std::filesystem::path(file).lexically_relative(root());
      const bool is_temporary = relative.filename().string().starts_with(".tidemark-tmp-");
      names.push_back((is_temporary ? relative.parent_path() / "tmp" : relative).string());
    }
    recorder_.files.clear();
    return names;
  }

  TemporaryFolder folder_;
  SyncRecorder recorder_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(LocalStoreSyncTest, AFileIsSyncedThenItsEntryAndNewFoldersBeforeBoth) {
  ASSERT_TRUE(store_->Put("a/b/1", "x", IfExists::kFail));
  EXPECT_THAT(TakeSynced(), ElementsAre(".", "a", "a/b/tmp", "a/b"));
  ASSERT_TRUE(store_->Put("a/b/2", "x", IfExists::kFail));
  EXPECT_THAT(TakeSynced(), ElementsAre("a/b/tmp", "a/b"));
  ASSERT_TRUE(store_->Put("a/b/2", "y", IfExists::kReplace));
  EXPECT_THAT(TakeSynced(), ElementsAre("a/b/tmp", "a/b"));
  ASSERT_TRUE(store_->Put("3", "x", IfExists::kFail));
  EXPECT_THAT(TakeSynced(), ElementsAre("tmp", "."));
}

// Whoever made them may not have come to sync them.
TEST_F(LocalStoreSyncTest, FoldersThatSomebodyElseMadeAreSyncedOnce) {
  std::filesystem::create_directories(root() / "a" / "b");
  ASSERT_TRUE(store_->Put("a/b/1", "x", IfExists::kFail));
  EXPECT_THAT(TakeSynced(), ElementsAre(".", "a", "a/b/tmp", "a/b"));
  ASSERT_TRUE(store_->Put("a/b/2", "x", IfExists::kFail));
  EXPECT_THAT(TakeSynced(), ElementsAre("a/b/tmp", "a/b"));
}

TEST_F(LocalStoreSyncTest, OpeningMakesTheNewFoldersOfTheRootDurable) {
  ASSERT_TRUE(OpenLocalStore(root() / "x" / "y"));
  EXPECT_THAT(TakeSynced(), ElementsAre(".", "x"));
  ASSERT_TRUE(OpenLocalStore(root() / "x" / "y"));
  EXPECT_THAT(TakeSynced(), IsEmpty());
}

TEST_F(LocalStoreSyncTest, AFailedSyncLeavesNoObjectAndTheNextAttemptSucceeds) {
  for (std::size_t failing = 1; failing <= 4; ++failing) {
    SCOPED_TRACE(failing);
    const std::string path = std::to_string(failing) + "/b/1";
    recorder_ = {.files = {}, .failing_sync = failing};
    const Status put = store_->Put(path, "x", IfExists::kFail);
    EXPECT_EQ(recorder_.files.size(), failing);
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(put.error().message, HasSubstr("cannot sync"));
    EXPECT_THAT(put.error().message, HasSubstr("Input/output error"));
    recorder_ = {};
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root())) {
      EXPECT_TRUE(entry.is_directory()) << entry.path();
    }

    ASSERT_TRUE(store_->Put(path, "x", IfExists::kFail));
    // A folder whose sync failed is not taken for durable.
    EXPECT_EQ(recorder_.files.size(), 5 - std::min<std::size_t>(failing, 3));
    ASSERT_TRUE(store_->Delete(path));
  }
}

}  // namespace
}  // namespace tidemark::object_store
