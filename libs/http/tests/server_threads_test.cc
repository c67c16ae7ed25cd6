// A server with several I/O threads: each connection has one of them, the limits are the server's.
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "raw_socket.h"
#include "test_server.h"
#include "tidemark/base/mutex.h"

namespace tidemark::http {
namespace {

/// Answers nothing, and notes which threads have asked it.
class NotesThreads final : public Shortcut {
 public:
  bool TryAnswer(Request&, Done&) override {
    const MutexLock lock(mutex_);
    threads_.insert(std::this_thread::get_id());
    return false;
  }
  std::size_t count() {
    const MutexLock lock(mutex_);
    return threads_.size();
  }

 private:
  Mutex mutex_;
  std::set<std::thread::id> threads_ TIDEMARK_GUARDED_BY(mutex_);
};

TEST(ServerThreadsTest, ShareTheConnections) {
  const auto threads = std::make_shared<NotesThreads>();
  const TestServer server({.io_threads = 4}, threads);
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 100; ++i) sockets.push_back(server.Connect());
  for (int round = 0; round < 3; ++round) {
    for (RawSocket& socket : sockets) socket.Send(Get("/hello"));
    for (RawSocket& socket : sockets) EXPECT_EQ(BodyOf(socket.ReadReply()), "hello");
  }
  // That one of the four gets none of a hundred happens once in 10^12.
  EXPECT_EQ(threads->count(), 4U);
}

TEST(ServerThreadsTest, CountConnectionsTogether) {
  const TestServer server({.max_connections = 10, .io_threads = 3});
  std::vector<RawSocket> held;
  for (int i = 0; i < 10; ++i) {
    held.push_back(server.Connect());
    held.back().Send(Get("/hello"));
    ASSERT_EQ(BodyOf(held.back().ReadReply()), "hello");
  }
  for (int i = 0; i < 10; ++i) EXPECT_EQ(StatusOf(server.Exchange(Get("/hello"))), 503);
  held.pop_back();
  EXPECT_TRUE(Eventually([&] {
    RawSocket next = server.Connect();
    next.Send(Get("/hello"));
    return StatusOf(next.ReadReply()) == 200;
  }));
}

// Somebody who shares his port would also share it with a second server of the same user.
TEST(ServerThreadsTest, TakeNoPortThatIsInUse) {
  const auto start = [](std::uint16_t port, std::size_t io_threads) {
    return Server::Start({.port = port, .io_threads = io_threads},
                         Router({}, [](const Request&, int status, std::string_view) {
                           return Reply{
                               .status = status, .content_type = {}, .body = {}, .headers = {}};
                         }));
  };
  for (const std::size_t first_threads : {1, 3}) {
    const auto first = start(0, first_threads);
    ASSERT_TRUE(first);
    for (const std::size_t threads : {1, 3}) {
      const auto second = start((*first)->port(), threads);
      ASSERT_FALSE(second) << first_threads << " and " << threads;
      EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
      EXPECT_EQ(second.error().message,
                "cannot listen on 127.0.0.1:" + std::to_string((*first)->port()) +
                    ": address already in use");
    }
  }
}

TEST(ServerThreadsTest, AllStopWhenTheServerDoes) {
  TestServer server({.io_threads = 4, .handler_threads = 20});
  std::vector<RawSocket> idle;
  std::vector<RawSocket> busy;
  for (int i = 0; i < 20; ++i) {
    idle.push_back(server.Connect());
    busy.push_back(server.Connect());
    busy.back().Send(Get("/gate"));
  }
  ASSERT_TRUE(Eventually([&] { return server.gate.waiting() == 20; }));
  std::thread stop([&] { server.server->Stop(kPatience); });
  for (RawSocket& socket : idle) EXPECT_EQ(socket.ReadToEnd(), "");
  server.gate.Open();
  for (RawSocket& socket : busy) EXPECT_EQ(BodyOf(socket.ReadReply()), "through");
  stop.join();
}

}  // namespace
}  // namespace tidemark::http
