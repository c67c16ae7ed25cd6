#include "event_loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

using std::chrono::milliseconds;

/// Notes what it is told.
class Told final : public EventLoop::Watched {
 public:
  explicit Told(std::function<void()> then = [] {}) : then_(std::move(then)) {}
  void OnReady(std::uint32_t events) override {
    ++times;
    all |= events;
    then_();
  }

  int times = 0;
  std::uint32_t all = 0;

 private:
  std::function<void()> then_;
};

class EventLoopTest : public testing::Test {
 public:
  void SetUp() override {
    ASSERT_FALSE(loop.Open());
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()), 0);
    ours = FileDescriptor(pair[0]);
    theirs = FileDescriptor(pair[1]);
  }

  /// Until a test stops it, or has failed to for so long.
  void Run() {
    loop.CallAfter(std::chrono::seconds(10), [this] {
      ADD_FAILURE() << "the loop has not been stopped";
      loop.Stop();
    });
    loop.Run([this] { ++turns; });
  }
  void Write(const std::string& bytes) const {
    ASSERT_EQ(::send(theirs.number(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }

  EventLoop loop;
  FileDescriptor ours;
  FileDescriptor theirs;
  int turns = 0;
};

TEST_F(EventLoopTest, CallsWhatWasPostedBeforeItRan) {
  std::vector<int> called;
  loop.Post([&] { called.push_back(1); });
  loop.Post([&] {
    called.push_back(2);
    loop.Stop();
  });
  Run();
  EXPECT_EQ(called, (std::vector{1, 2}));
  EXPECT_EQ(turns, 1) << "the turn in which it is stopped is ended too";
}

TEST_F(EventLoopTest, WhatIsPostedByWhatWasPostedHasItsTurnLater) {
  int turn_of_second = 0;
  loop.Post([&] {
    loop.Post([&] {
      turn_of_second = turns;
      loop.Stop();
    });
  });
  Run();
  EXPECT_EQ(turn_of_second, 1);
}

// Method: the threads post without pause, so that many a post falls between the loop's look at its
// queue and its wait; one that is lost would make the test wait for ever.
TEST_F(EventLoopTest, LosesNoPostOfManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 5000;
  int called = 0;
  bool was_elsewhere = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int post = 0; post < kPosts; ++post) {
        loop.Post([&] {
          was_elsewhere = was_elsewhere || !loop.IsOnItsThread();
          if (++called == kThreads * kPosts) loop.Stop();
        });
        if (post % 64 == 0) std::this_thread::yield();
      }
    });
  }
  Run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(called, kThreads * kPosts);
  EXPECT_FALSE(was_elsewhere);
}

TEST_F(EventLoopTest, TellsWhenADescriptorBecomesReady) {
  Told told([this] { loop.Stop(); });
  ASSERT_FALSE(loop.Add(ours, EPOLLIN | EPOLLRDHUP | EPOLLET, told));
  Write("x");
  Run();
  EXPECT_EQ(told.times, 1);
  EXPECT_EQ(told.all, EPOLLIN);
}

TEST_F(EventLoopTest, TellsNothingOfOneThatIsRemoved) {
  Told told;
  ASSERT_FALSE(loop.Add(ours, EPOLLIN, told));
  loop.Remove(ours);
  Write("x");
  loop.CallAfter(milliseconds(20), [this] { loop.Stop(); });
  Run();
  EXPECT_EQ(told.times, 0);
}

TEST_F(EventLoopTest, TellsOnlyWhatIsWanted) {
  Told told;
  ASSERT_FALSE(loop.Add(ours, EPOLLIN, told));
  loop.Change(ours, 0, told);
  Write("x");
  loop.CallAfter(milliseconds(20), [&] {
    EXPECT_EQ(told.times, 0);
    loop.Change(ours, EPOLLIN, told);
    loop.CallAfter(milliseconds(20), [this] { loop.Stop(); });
  });
  Run();
  EXPECT_GT(told.times, 0) << "what came meanwhile is still there";
}

TEST_F(EventLoopTest, SaysWhyADescriptorCannotBeWatched) {
  Told told;
  const FileDescriptor none;
  EXPECT_EQ(loop.Add(none, EPOLLIN, told), boost::system::errc::bad_file_descriptor);
}

TEST_F(EventLoopTest, CallsLaterWhatIsDueLater) {
  std::vector<int> called;
  const auto began = std::chrono::steady_clock::now();
  loop.CallAfter(milliseconds(60), [&] {
    called.push_back(2);
    loop.Stop();
  });
  loop.CallAfter(milliseconds(20), [&] {
    called.push_back(1);
    loop.CallAfter(milliseconds(0), [&] { called.push_back(3); });
  });
  Run();
  EXPECT_EQ(called, (std::vector{1, 3, 2}));
  EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(60));
}

TEST_F(EventLoopTest, DoesNotWaitWhileThereIsMoreToDo) {
  loop.HasMoreToDo();
  loop.Run([this] {
    if (++turns < 100) {
      loop.HasMoreToDo();
    } else {
      loop.Stop();
    }
  });
  EXPECT_EQ(turns, 100);
}

}  // namespace
}  // namespace tidemark::http
