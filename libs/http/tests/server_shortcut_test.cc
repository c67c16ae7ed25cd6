#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "test_server.h"
#include "tidemark/base/mutex.h"

namespace tidemark::http {
namespace {

/// Does with requests for /hello what a test says.
class ScriptedShortcut final : public Shortcut {
 public:
  using Script = std::function<bool(Request&, Done&)>;

  explicit ScriptedShortcut(Script script) : script_(std::move(script)) {}
  bool TryAnswer(Request& request, Done& done) override {
    return request.path == "/hello" && script_(request, done);
  }

 private:
  Script script_;
};

std::shared_ptr<Shortcut> Shortcuts(ScriptedShortcut::Script script) {
  return std::make_shared<ScriptedShortcut>(std::move(script));
}

SharedReply Text(std::string body) {
  return std::make_shared<const PreparedReply>(
      Reply{.status = 200, .content_type = "text/plain", .body = std::move(body), .headers = {}});
}

/// Keeps what it is given until a test wants it.
class Waiting {
 public:
  void Add(Shortcut::Done done) {
    const MutexLock lock(mutex_);
    waiting_.push_back(std::move(done));
  }
  std::size_t size() {
    const MutexLock lock(mutex_);
    return waiting_.size();
  }
  std::vector<Shortcut::Done> Take() {
    const MutexLock lock(mutex_);
    return std::exchange(waiting_, {});
  }

 private:
  Mutex mutex_;
  std::vector<Shortcut::Done> waiting_ TIDEMARK_GUARDED_BY(mutex_);
};

TEST(ServerShortcutTest, AnswersAtOnceWithoutAHandler) {
  TestServer server({}, Shortcuts([](const Request& request, Shortcut::Done& done) {
                      done(Text(request.request_id.empty() ? "" : "short"));
                      return true;
                    }));
  RawSocket socket = server.Connect();
  socket.Send(Get("/hello") + "HEAD /hello HTTP/1.1\r\nHost: test\r\n\r\n" + Get("/items/7"));
  EXPECT_EQ(BodyOf(socket.ReadReply()), "short");
  EXPECT_EQ(HeaderOf(socket.ReadUntil("\r\n\r\n"), "Content-Length"), "5");
  EXPECT_EQ(BodyOf(socket.ReadReply()), "7");
  EXPECT_EQ(server.handled, 0) << "it counts the handlers of /hello";
}

/// Answers when it is sent what it has taken, and not before.
class AnswersWhenSent final : public Shortcut {
 public:
  bool TryAnswer(Request&, Done& done) override {
    waiting_.Add(std::move(done));
    return true;
  }
  void Send() override {
    ++sent;
    for (Done& done : waiting_.Take()) done(Text("sent"));
  }

  std::atomic<int> sent = 0;

 private:
  Waiting waiting_;
};

TEST(ServerShortcutTest, IsSentWhateverItHasTaken) {
  const auto shortcut = std::make_shared<AnswersWhenSent>();
  const TestServer server({}, shortcut);
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 20; ++i) sockets.push_back(server.Connect());
  for (int round = 1; round <= 3; ++round) {
    for (RawSocket& socket : sockets) socket.Send(Get("/hello"));
    for (RawSocket& socket : sockets) EXPECT_EQ(BodyOf(socket.ReadReply()), "sent");
    EXPECT_LE(shortcut->sent, 20 * round);
  }
}

// Method: while the thread is held up in a shortcut, one client leaves and another comes, so that
// the server learns of both at once.
TEST(ServerShortcutTest, APlaceIsFreeAsSoonAsItsClientHasLeft) {
  std::promise<void> is_held;
  std::promise<void> may_go_on;
  TestServer server({.max_connections = 2}, Shortcuts([&](const Request&, Shortcut::Done&) {
                      is_held.set_value();
                      may_go_on.get_future().wait();
                      return false;
                    }));
  std::optional<RawSocket> leaving = server.Connect();
  leaving->Send(Get("/items/1"));
  ASSERT_EQ(BodyOf(leaving->ReadReply()), "1");
  RawSocket holding = server.Connect();
  holding.Send(Get("/hello"));
  is_held.get_future().wait();
  leaving.reset();
  RawSocket coming = server.Connect();
  coming.Send(Get("/items/2"));
  may_go_on.set_value();
  EXPECT_EQ(BodyOf(coming.ReadReply()), "2");
  EXPECT_EQ(BodyOf(holding.ReadReply()), "hello");
}

TEST(ServerShortcutTest, HandsARequestOnAtOnceOrLater) {
  for (const bool at_once : {true, false}) {
    TestServer server({}, Shortcuts([&](const Request&, Shortcut::Done& done) {
                        if (at_once) return false;
                        std::thread([done = std::move(done)]() mutable { done(nullptr); }).detach();
                        return true;
                      }));
    RawSocket socket = server.Connect();
    socket.Send(Get("/hello"));
    EXPECT_EQ(BodyOf(socket.ReadReply()), "hello");
    EXPECT_EQ(server.handled, 1);
  }
}

TEST(ServerShortcutTest, IsNotAskedAboutWhatChangesSomething) {
  std::atomic<int> asked = 0;
  TestServer server({}, Shortcuts([&](const Request&, Shortcut::Done&) {
                      ++asked;
                      return false;
                    }));
  server.Exchange("POST /hello HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(asked, 0);
}

TEST(ServerShortcutTest, ManyWaitWithoutAThreadEach) {
  const auto waiting = std::make_shared<Waiting>();
  TestServer server({.handler_threads = 1}, Shortcuts([&](const Request&, Shortcut::Done& done) {
                      waiting->Add(std::move(done));
                      return true;
                    }));
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 100; ++i) {
    sockets.push_back(server.Connect());
    sockets.back().Send(Get("/hello"));
  }
  ASSERT_TRUE(Eventually([&] { return waiting->size() == sockets.size(); }));
  for (Shortcut::Done& done : waiting->Take()) done(Text("together"));
  for (RawSocket& socket : sockets) EXPECT_EQ(BodyOf(socket.ReadReply()), "together");
}

TEST(ServerShortcutTest, WhatItHoldsIsLetGoWhenTheHandlerHasRun) {
  std::atomic<int> held = 0;
  TestServer server({}, Shortcuts([&](Request& request, Shortcut::Done&) {
                      ++held;
                      request.held = {nullptr, [&](void*) { --held; }};
                      return false;
                    }));
  RawSocket socket = server.Connect();
  socket.Send(Get("/hello"));
  EXPECT_EQ(BodyOf(socket.ReadReply()), "hello");
  EXPECT_EQ(held, 0);
}

TEST(ServerShortcutTest, AStopWaitsForAnswersThatAreUnderWay) {
  const auto waiting = std::make_shared<Waiting>();
  TestServer server({}, Shortcuts([&](const Request&, Shortcut::Done& done) {
                      waiting->Add(std::move(done));
                      return true;
                    }));
  RawSocket socket = server.Connect();
  socket.Send(Get("/hello"));
  ASSERT_TRUE(Eventually([&] { return waiting->size() == 1; }));
  std::atomic<bool> is_stopped = false;
  std::thread stopper([&] {
    server.server->Stop(std::chrono::milliseconds(10));
    is_stopped = true;
  });
  EXPECT_EQ(socket.ReadToEnd(), "") << "the grace is over";
  EXPECT_FALSE(is_stopped);
  for (Shortcut::Done& done : waiting->Take()) done(Text("late"));
  stopper.join();
}

}  // namespace
}  // namespace tidemark::http
