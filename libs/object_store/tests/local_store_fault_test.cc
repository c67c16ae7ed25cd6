// The local store when the machine fails it, and when several use it at once.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temporary_folder.h"
#include "tidemark/object_store/local_store.h"

namespace tidemark::object_store {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Lowers one of the process's limits and puts it back.
class LoweredLimit {
 public:
  LoweredLimit(__rlimit_resource resource, rlim_t soft) : resource_(resource) {
    ::getrlimit(resource_, &before_);
    const rlimit lowered{.rlim_cur = soft, .rlim_max = before_.rlim_max};
    ::setrlimit(resource_, &lowered);
  }
  LoweredLimit(const LoweredLimit&) = delete;
  LoweredLimit& operator=(const LoweredLimit&) = delete;
  ~LoweredLimit() { ::setrlimit(resource_, &before_); }

 private:
  __rlimit_resource resource_;
  rlimit before_ = {};
};

class LocalStoreFaultTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // Over the file size limit the system sends a signal first, and fails the write if it is
    // ignored.
    ::signal(SIGXFSZ, SIG_IGN);
    store_ = OpenLocalStore(folder_.path()).value();
  }
  void TearDown() override { ::signal(SIGXFSZ, SIG_DFL); }

  std::vector<std::filesystem::path> FilesOnDisk() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (!entry.is_directory()) files.push_back(entry.path());
    }
    return files;
  }

  TemporaryFolder folder_;
  std::unique_ptr<ObjectStore> store_;
};

// A full disk: the write that meets the limit is short, the next one fails.
TEST_F(LocalStoreFaultTest, AWriteThatDoesNotFitFailsAndLeavesNothing) {
  const std::string kilobyte(1024, 'x');
  for (const rlim_t room : {0U, 1U, 1023U, 1024U, 1500U, 3000U}) {
    SCOPED_TRACE(room);
    Status put;
    Status appended;
    Result<ObjectInfo> finished;
    {
      const LoweredLimit limit(RLIMIT_FSIZE, room);
      put = store_->Put("put", kilobyte + kilobyte + kilobyte, IfExists::kFail);
      auto writer = store_->OpenWriter("written").value();
      for (int i = 0; i < 3 && appended; ++i) appended = writer->Append(kilobyte);
      // The failure sticks: what follows a hole must not become an object.
      const LoweredLimit roomy(RLIMIT_FSIZE, RLIM_INFINITY);
      EXPECT_FALSE(writer->Append("after"));
      finished = writer->Finish();
    }
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(put.error().message, HasSubstr((folder_.path() / "put").string()));
    EXPECT_THAT(put.error().message, HasSubstr("File too large"));
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code, ErrorCode::kUnavailable);
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error(), appended.error());
    EXPECT_THAT(FilesOnDisk(), IsEmpty());
  }
}

TEST_F(LocalStoreFaultTest, WithoutDescriptorsCallsAreUnavailableAndNotEmpty) {
  ASSERT_TRUE(store_->Put("a/b", "kept", IfExists::kFail));
  {
    // The lowest free number is the first one that is refused.
    const int lowest_free = ::dup(STDERR_FILENO);
    ::close(lowest_free);
    const LoweredLimit limit(RLIMIT_NOFILE, static_cast<rlim_t>(lowest_free));
    const auto read = store_->Read("a/b", 100);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(read.error().message, HasSubstr("Too many open files"));
    EXPECT_EQ(store_->List("").error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(store_->Put("a/c", "", IfExists::kFail).error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(store_->Put("d/e", "", IfExists::kFail).error().code, ErrorCode::kUnavailable);
  }
  EXPECT_EQ(store_->Read("a/b", 100).value(), "kept");
  EXPECT_EQ(FilesOnDisk().size(), 1U);
  // The folder whose first sync failed is synced by whoever comes next.
  EXPECT_TRUE(store_->Put("d/e", "", IfExists::kFail));
}

TEST_F(LocalStoreFaultTest, AnObjectWhereAFolderIsNeededMakesAWriteUnavailable) {
  ASSERT_TRUE(store_->Put("a", "", IfExists::kFail));
  for (const char* path : {"a/b", "a/b/c"}) {
    const Status put = store_->Put(path, "", IfExists::kFail);
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(put.error().message, HasSubstr("Not a directory"));
  }
}

TEST_F(LocalStoreFaultTest, AStoreWhoseRootHasGoneIsUnavailableAndNotEmpty) {
  ASSERT_TRUE(store_->Put("a", "", IfExists::kFail));
  std::filesystem::remove_all(folder_.path());
  EXPECT_EQ(store_->Head("a").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(store_->Read("a", 100).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(store_->List("").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(store_->List("x").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(store_->Delete("a").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(store_->Put("a", "", IfExists::kReplace).error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(folder_.path()));
}

TEST_F(LocalStoreFaultTest, AFileThatLostBytesBeforeItsFinishIsReported) {
  auto writer = store_->OpenWriter("a").value();
  ASSERT_TRUE(writer->Append("12345"));
  ASSERT_EQ(FilesOnDisk().size(), 1U);
  std::filesystem::resize_file(FilesOnDisk().front(), 4);
  const auto finished = writer->Finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(finished.error().message, HasSubstr("has 4 bytes after 5 were written"));
}

TEST_F(LocalStoreFaultTest, AKilledWriterLeavesNoObjectAndIsInNobodysWay) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto writer = store_->OpenWriter("t/a");
    if (writer && (*writer)->Append("half")) ::kill(::getpid(), SIGKILL);
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child could not write";
  EXPECT_EQ(FilesOnDisk().size(), 1U) << "the child was killed too early or too late";

  const auto reopened = OpenLocalStore(folder_.path()).value();
  EXPECT_THAT(reopened->List("").value(), IsEmpty());
  EXPECT_TRUE(reopened->Put("t/a", "whole", IfExists::kFail));
  EXPECT_EQ(reopened->List("")->size(), 1U);
}

TEST_F(LocalStoreFaultTest, OfManyWritersToOneNewPathExactlyOneWins) {
  for (int round = 0; round < 8; ++round) {
    const std::string path = "round" + std::to_string(round) + "/object";
    std::vector<Result<ObjectInfo>> results(4);
    std::atomic<bool> go = false;
    std::vector<std::thread> writers;
    for (std::size_t i = 0; i < results.size(); ++i) {
      writers.emplace_back([&, i] {
        while (!go.load()) std::this_thread::yield();
        auto writer = store_->OpenWriter(path);
        if (!writer) {
          results[i] = std::unexpected(writer.error());
        } else if (Status appended = (*writer)->Append(std::string(i + 1, 'x')); !appended) {
          results[i] = std::unexpected(appended.error());
        } else {
          results[i] = (*writer)->Finish();
        }
      });
    }
    go.store(true);
    for (std::thread& writer : writers) writer.join();

    std::vector<std::size_t> winners;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i]) {
        winners.push_back(i);
      } else {
        EXPECT_EQ(results[i].error().code, ErrorCode::kConflict) << results[i].error().message;
      }
    }
    ASSERT_EQ(winners.size(), 1U);
    EXPECT_EQ(store_->Head(path)->size_bytes, winners.front() + 1);
  }
  EXPECT_EQ(FilesOnDisk().size(), 8U);
}

TEST_F(LocalStoreFaultTest, AReaderOfAnObjectBeingReplacedSeesAWholeOne) {
  const std::string small = "small";
  const std::string large(100'000, 'L');
  ASSERT_TRUE(store_->Put("a", small, IfExists::kFail));
  std::atomic<bool> done = false;
  std::thread replacing([&] {
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(store_->Put("a", i % 2 == 0 ? large : small, IfExists::kReplace));
    }
    done.store(true);
  });
  do {
    const auto bytes = store_->Read("a", 1'000'000);
    if (!bytes || (*bytes != small && *bytes != large)) {
      ADD_FAILURE() << (bytes ? std::to_string(bytes->size()) + " bytes" : bytes.error().message);
      break;
    }
    const auto listed = store_->List("");
    EXPECT_TRUE(listed && listed->size() == 1);
  } while (!done.load());
  replacing.join();
}

}  // namespace
}  // namespace tidemark::object_store
