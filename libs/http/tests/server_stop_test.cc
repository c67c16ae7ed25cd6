#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "raw_socket.h"
#include "test_server.h"

namespace tidemark::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

TEST(ServerStopTest, ClosesIdleConnectionsAtOnce) {
  const TestServer server;
  RawSocket fresh = server.Connect();
  RawSocket used = server.Connect();
  used.Send(Get("/hello"));
  ASSERT_EQ(BodyOf(used.ReadReply()), "hello");

  const auto start = steady_clock::now();
  server.server->Stop(seconds(60));
  EXPECT_LT(steady_clock::now() - start, seconds(30));
  EXPECT_EQ(used.ReadToEnd(), "");
  EXPECT_TRUE(fresh.ReadToEnd().has_value());
  EXPECT_FALSE(server.Connect().is_open()) << "the port still answers";
}

TEST(ServerStopTest, LetsARequestUnderWayFinishAndClosesAfterIt) {
  TestServer server;
  RawSocket socket = server.Connect();
  RawSocket idle = server.Connect();
  socket.Send(Get("/gate") + Get("/items/unanswered"));
  ASSERT_TRUE(Eventually([&] { return server.gate.waiting() == 1; }));

  std::thread stopper([&] { server.server->Stop(kPatience); });
  EXPECT_EQ(idle.ReadToEnd(), "") << "the stop has begun";
  server.gate.Open();
  const std::string reply = socket.ReadReply();
  EXPECT_EQ(BodyOf(reply), "through");
  EXPECT_EQ(HeaderOf(reply, "Connection"), "close");
  EXPECT_TRUE(socket.ReadToEnd().has_value());
  stopper.join();
}

// Method: the first reply is larger than what the kernel takes, so it is being written when the
// stop begins; the second request has come by then.
TEST(ServerStopTest, ARequestBehindAReplyThatIsBeingReadIsTheLast) {
  TestServer server;
  RawSocket socket = server.Connect();
  RawSocket idle = server.Connect();
  socket.Send(Get("/big") + Get("/items/2"));
  ASSERT_TRUE(Eventually([&] { return socket.IsReadable(); }));
  std::thread stopper([&] { server.server->Stop(kPatience); });
  EXPECT_EQ(idle.ReadToEnd(), "") << "the stop has begun";
  EXPECT_EQ(BodyOf(socket.ReadReply()).size(), 8U << 20U);
  const std::string last = socket.ReadReply();
  EXPECT_EQ(BodyOf(last), "2");
  EXPECT_EQ(HeaderOf(last, "Connection"), "close");
  EXPECT_EQ(socket.ReadToEnd(), "");
  EXPECT_FALSE(socket.was_reset());
  stopper.join();
}

TEST(ServerStopTest, ClosesARequestThatOverrunsTheGrace) {
  TestServer server({.handler_threads = 1});
  RawSocket running = server.Connect();
  running.Send(Get("/gate"));
  ASSERT_TRUE(Eventually([&] { return server.gate.waiting() == 1; }));
  RawSocket half_sent = server.Connect();
  half_sent.Send("GET /hello HTTP/1.1\r\n");

  std::thread stopper([&] { server.server->Stop(milliseconds(20)); });
  EXPECT_EQ(running.ReadToEnd(), "");
  EXPECT_EQ(half_sent.ReadToEnd(), "");
  server.gate.Open();  // Stop waits for the handler itself.
  stopper.join();
  EXPECT_EQ(server.handled, 1);
}

TEST(ServerStopTest, Answers503ToWhatWaitsInTheQueueWhenTheGraceIsOver) {
  TestServer server({.handler_threads = 1, .max_queued_requests = 1});
  Crowd crowd = FillQueue(server);
  std::thread stopper([&] { server.server->Stop(milliseconds(20)); });
  EXPECT_EQ(StatusOf(crowd.queued.ReadToEnd().value_or("")), 503);
  EXPECT_EQ(crowd.running.ReadToEnd(), "");
  server.gate.Open();
  stopper.join();
  EXPECT_EQ(server.handled, 1);
}

TEST(ServerStopTest, MayBeCalledTwiceAndAtOnce) {
  const TestServer server;
  std::vector<std::thread> stoppers;
  for (int i = 0; i < 4; ++i) {
    stoppers.emplace_back([&] {
      server.server->Stop(milliseconds(100));
      EXPECT_FALSE(server.Connect().is_open());
    });
  }
  for (std::thread& stopper : stoppers) stopper.join();
  server.server->Stop(milliseconds(0));
}

/// Asks two things at a time over one connection until it is closed or `is_over`, counting answers.
/// Every answer that comes must be whole and right.
void AskUntilClosed(RawSocket socket, const std::atomic<bool>& is_over,
                    std::atomic<int>& answered) {
  while (!is_over && socket.Send(Get("/items/a") + Get("/items/b"))) {
    for (const std::string id : {"a", "b"}) {
      const std::string reply = socket.ReadReply();
      if (reply.empty()) return;
      if (StatusOf(reply) == 503) continue;
      EXPECT_EQ(StatusOf(reply), 200);
      EXPECT_EQ(BodyOf(reply), id);
      ++answered;
    }
  }
}

// Method: eight clients ask without a pause, each opening a connection anew when it loses one,
// while the server stops.
TEST(ServerStopTest, IsCleanUnderLoadFromEightThreads) {
  for (int round = 0; round < 5; ++round) {
    const TestServer server({.handler_threads = 2, .max_queued_requests = 4});
    std::atomic<bool> is_over = false;
    std::atomic<int> answered = 0;
    std::vector<std::thread> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&] {
        while (!is_over) {
          RawSocket socket = server.Connect();
          if (socket.is_open()) AskUntilClosed(std::move(socket), is_over, answered);
        }
      });
    }
    EXPECT_TRUE(Eventually([&] { return answered > 200; }));
    const auto start = steady_clock::now();
    server.server->Stop(seconds(60));
    EXPECT_LT(steady_clock::now() - start, seconds(30)) << "waits for the grace to be over";
    is_over = true;
    for (std::thread& client : clients) client.join();
  }
}

}  // namespace
}  // namespace tidemark::http
