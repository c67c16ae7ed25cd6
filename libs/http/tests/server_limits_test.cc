// What a client may not do to the others: every limit and every time limit of the server.
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "raw_socket.h"
#include "test_server.h"

namespace tidemark::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

const std::string kPost = "POST /echo HTTP/1.1\r\nHost: test\r\n";

TEST(ServerLimitsTest, RefusesAHeadThatIsTooLarge) {
  const TestServer server({.max_header_bytes = 1000});
  const std::string answer = server.Exchange(
      "GET /hello HTTP/1.1\r\nHost: test\r\nX: " + std::string(1000, 'a') + "\r\n\r\n");
  EXPECT_EQ(StatusOf(answer), 431);
}

TEST(ServerLimitsTest, TakesAHeadOfExactlyTheLimit) {
  const std::string start = "GET /hello HTTP/1.1\r\nHost: test\r\nX: ";
  const TestServer server({.max_header_bytes = start.size() + 500 + 4});
  RawSocket socket = server.Connect();
  socket.Send(start + std::string(500, 'a') + "\r\n\r\n");
  EXPECT_EQ(StatusOf(socket.ReadReply()), 200);
  socket.Send(start + std::string(501, 'a') + "\r\n\r\n");
  EXPECT_EQ(StatusOf(socket.ReadReply()), 431);
}

// Each line comes by itself, so that a limit on what is still unparsed would never be reached.
TEST(ServerLimitsTest, RefusesAHeadThatGrowsLineByLineWithoutEnd) {
  const TestServer server({.max_header_bytes = 1000});
  RawSocket socket = server.Connect();
  ASSERT_TRUE(socket.Send("GET /hello HTTP/1.1\r\nHost: test\r\n"));
  for (int line = 0; line < 1000; ++line) ASSERT_TRUE(socket.Send("X: 1\r\n"));
  EXPECT_EQ(StatusOf(socket.ReadReply()), 431);
}

TEST(ServerLimitsTest, RefusesATargetThatIsTooLong) {
  const TestServer server({.max_header_bytes = 4000, .max_target_bytes = 100});
  const auto target = [](std::size_t length) { return "/" + std::string(length - 1, 'a'); };
  RawSocket socket = server.Connect();
  socket.Send(Get(target(100)));
  EXPECT_EQ(StatusOf(socket.ReadReply()), 404);
  socket.Send(Get(target(101)));
  EXPECT_EQ(StatusOf(socket.ReadReply()), 414);

  EXPECT_EQ(StatusOf(server.Exchange(Get(target(8000)))), 414)
      << "longer than the whole head may be";
}

TEST(ServerLimitsTest, RefusesADeclaredBodyThatIsTooLargeBeforeItComes) {
  const TestServer server({.max_body_bytes = 10});
  EXPECT_EQ(StatusOf(server.Exchange(kPost + "Content-Length: 11\r\n\r\n")), 413);
  EXPECT_EQ(StatusOf(server.Exchange(kPost + "Content-Length: 18446744073709551615\r\n\r\n")), 413);
  RawSocket socket = server.Connect();
  socket.Send(kPost + "Content-Length: 10\r\n\r\n0123456789");
  EXPECT_EQ(BodyOf(socket.ReadReply()), "0123456789");
}

// The client goes on sending after the refusal. A server that closed its socket then would reset
// the connection, and not every client can read what came before a reset.
TEST(ServerLimitsTest, ARefusalReachesAClientThatSendsItsLargeBodyAnyway) {
  const TestServer server({.max_body_bytes = 10});
  const std::string body(1U << 20U, 'x');
  RawSocket socket = server.Connect();
  EXPECT_TRUE(
      socket.Send(kPost + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
  EXPECT_EQ(StatusOf(socket.ReadToEnd().value_or("")), 413);
  EXPECT_FALSE(socket.was_reset());
}

TEST(ServerLimitsTest, RefusesAChunkedBodyThatIsTooLarge) {
  const TestServer server({.max_body_bytes = 10});
  const std::string chunked = kPost + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(StatusOf(server.Exchange(chunked + "B\r\nabc")), 413);
  EXPECT_EQ(StatusOf(server.Exchange(chunked + "6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n")), 413);
  EXPECT_EQ(StatusOf(server.Exchange(chunked + "FFFFFFFFFFFFFFFF\r\nabc")), 413);
}

TEST(ServerLimitsTest, RefusesChunkExtensionsAndTrailersWithoutEnd) {
  const TestServer server({.max_header_bytes = 1000});
  const std::string chunked = kPost + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(StatusOf(server.Exchange(chunked + "1;" + std::string(20'000, 'a'))), 400);
  std::string trailers = chunked + "0\r\n";
  for (int i = 0; i < 5000; ++i) trailers += "X: 1\r\n";
  EXPECT_EQ(StatusOf(server.Exchange(trailers)), 400);
}

// Method: the slow client sends a byte whenever the quick one has been served, so the test shows
// both that the slow one is cut and that the quick one never waits for it.
TEST(ServerLimitsTest, CutsASlowHeadWhileOthersAreServed) {
  const TestServer server({.header_timeout = milliseconds(200)});
  RawSocket slow = server.Connect();
  RawSocket quick = server.Connect();
  const auto start = steady_clock::now();
  const std::string endless = "GET /hello HTTP/1.1\r\nHost: test\r\nX: " + std::string(10'000, 'a');
  ASSERT_TRUE(slow.Send(endless.substr(0, 40)));
  std::size_t sent = 40;
  int served = 0;
  while (!slow.IsReadable() && steady_clock::now() - start < kPatience) {
    if (sent < endless.size()) slow.Send({&endless[sent++], 1});
    quick.Send(Get("/hello"));
    ASSERT_EQ(BodyOf(quick.ReadReply()), "hello");
    ++served;
  }
  EXPECT_GE(steady_clock::now() - start, milliseconds(200));
  EXPECT_EQ(StatusOf(slow.ReadReply()), 408);
  EXPECT_GT(served, 1);
}

TEST(ServerLimitsTest, CutsASlowBody) {
  const TestServer server({.body_timeout = milliseconds(50)});
  EXPECT_EQ(StatusOf(server.Exchange(kPost + "Content-Length: 5\r\n\r\nhel")), 408);
  EXPECT_EQ(StatusOf(server.Exchange(kPost + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel")), 408);
  EXPECT_EQ(server.handled, 0);
}

TEST(ServerLimitsTest, ClosesAnIdleConnectionWithoutAWord) {
  const TestServer server({.idle_timeout = milliseconds(250)});
  RawSocket used = server.Connect();
  used.Send(Get("/hello"));
  EXPECT_EQ(BodyOf(used.ReadReply()), "hello");
  RawSocket unused = server.Connect();
  RawSocket blank = server.Connect();
  blank.Send("\r\n");
  EXPECT_EQ(used.ReadToEnd(), "");
  EXPECT_EQ(unused.ReadToEnd(), "");
  EXPECT_EQ(blank.ReadToEnd(), "");
}

// Method: another connection, opened when the handler is already at work, is idle for the same time
// limit; when that one is closed, the sweep has seen the busy one too.
TEST(ServerLimitsTest, ASlowHandlerIsNoIdleConnection) {
  const milliseconds limit(250);
  TestServer server({.header_timeout = limit,
                     .body_timeout = limit,
                     .idle_timeout = limit,
                     .write_timeout = limit});
  RawSocket busy = server.Connect();
  busy.Send(Get("/gate"));
  ASSERT_TRUE(Eventually([&] { return server.gate.waiting() == 1; }));
  RawSocket idle = server.Connect();
  EXPECT_EQ(idle.ReadToEnd(), "");
  server.gate.Open();
  EXPECT_EQ(BodyOf(busy.ReadReply()), "through");
}

TEST(ServerLimitsTest, DropsAReaderThatDoesNotRead) {
  TestServer server({.max_connections = 1, .write_timeout = milliseconds(50)});
  RawSocket slow = server.Connect();
  slow.ShrinkReceiveBuffer();
  slow.Send(Get("/big"));
  // Its place is free again when the server has given it up.
  EXPECT_TRUE(Eventually([&] {
    RawSocket next = server.Connect();
    next.Send(Get("/hello"));
    return StatusOf(next.ReadReply()) == 200;
  }));
  const auto rest = slow.ReadToEnd();
  ASSERT_TRUE(rest);
  EXPECT_LT(rest->size(), 8U << 20U);
}

TEST(ServerLimitsTest, TurnsAwayConnectionsPastTheLimit) {
  const TestServer server({.max_connections = 3});
  std::vector<RawSocket> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(server.Connect());
    held.back().Send(Get("/hello"));
    ASSERT_EQ(BodyOf(held.back().ReadReply()), "hello");
  }
  const std::string answer = server.Exchange(Get("/hello"));
  EXPECT_EQ(StatusOf(answer), 503);
  EXPECT_EQ(HeaderOf(answer, "Retry-After"), "1");
  EXPECT_EQ(HeaderOf(answer, "Connection"), "close");

  held.pop_back();
  EXPECT_TRUE(Eventually([&] {
    RawSocket next = server.Connect();
    next.Send(Get("/hello"));
    return StatusOf(next.ReadReply()) == 200;
  })) << "the place of a client that left stays taken";
}

TEST(ServerLimitsTest, TakesNoMoreBodiesAtOnceThanHaveRoomTogether) {
  const TestServer server({.max_body_bytes = 100, .max_body_bytes_at_once = 150});
  const auto post = [](const std::string& length) {
    return kPost + "Content-Length: " + length + "\r\n\r\n";
  };
  RawSocket slow = server.Connect();
  slow.Send(post("90") + std::string(89, 'x'));
  ASSERT_TRUE(Eventually(
      [&] { return StatusOf(server.Exchange(post("62") + std::string(62, 'y'))) == 503; }));
  RawSocket silent = server.Connect();
  silent.Send(post("100"));  // What is only announced takes nothing.
  RawSocket other = server.Connect();
  for (int i = 0; i < 10; ++i) {
    other.Send(post("60") + std::string(60, 'y'));
    EXPECT_EQ(BodyOf(other.ReadReply()), std::string(60, 'y')) << "what fits is served";
  }
  slow.Send("x");
  EXPECT_EQ(BodyOf(slow.ReadReply()), std::string(90, 'x'));
  other.Send(post("100") + std::string(100, 'y'));
  EXPECT_EQ(StatusOf(other.ReadReply()), 200) << "the slow one's share is free again";
}

/// Lets this process have no file descriptor more than it has now, but for `spare`.
class FileDescriptorLimit {
 public:
  explicit FileDescriptorLimit(int spare) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::dup(STDIN_FILENO);
    ::close(lowest_free);
    rlimit limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(lowest_free) + static_cast<rlim_t>(spare);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  ~FileDescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FileDescriptorLimit(const FileDescriptorLimit&) = delete;
  FileDescriptorLimit& operator=(const FileDescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

// Method: the last descriptor is the client's own, so that the server can accept nothing. How long
// it has been so is told by an idle connection that the server closes after 350 ms.
TEST(ServerLimitsTest, WaitsForAFileDescriptorWithoutSpinning) {
  const TestServer server({.idle_timeout = milliseconds(350)});
  RawSocket idle = server.Connect();
  idle.Send(Get("/hello"));
  ASSERT_EQ(StatusOf(idle.ReadReply()), 200);
  testing::internal::CaptureStderr();
  RawSocket waiting(-1);
  {
    const FileDescriptorLimit limit(1);
    waiting = server.Connect();
    ASSERT_TRUE(waiting.is_open());
    waiting.Send(Get("/hello"));
    EXPECT_EQ(idle.ReadToEnd(), "");
  }
  EXPECT_EQ(StatusOf(waiting.ReadReply()), 200);
  const std::string log = testing::internal::GetCapturedStderr();
  std::size_t failures = 0;
  for (std::size_t at = log.find("accept_failed"); at != std::string::npos;
       at = log.find("accept_failed", at + 1)) {
    ++failures;
  }
  EXPECT_GE(failures, 1U);
  EXPECT_LE(failures, 10U);
}

TEST(ServerLimitsTest, ServesBesideFiveHundredIdleConnections) {
  const TestServer server;
  std::vector<RawSocket> idle;
  for (int i = 0; i < 500; ++i) {
    idle.push_back(server.Connect());
    ASSERT_TRUE(idle.back().is_open()) << i;
  }
  RawSocket socket = server.Connect();
  for (int i = 0; i < 100; ++i) {
    socket.Send(Get("/hello"));
    ASSERT_EQ(BodyOf(socket.ReadReply()), "hello");
  }
  for (RawSocket& one : idle) {
    one.Send(Get("/hello"));
    ASSERT_EQ(StatusOf(one.ReadReply()), 200);
  }
}

TEST(ServerLimitsTest, Answers503AtOnceWhenTheQueueIsFull) {
  TestServer server({.handler_threads = 1, .max_queued_requests = 1});
  Crowd crowd = FillQueue(server);
  const std::string reply = crowd.refused.ReadReply();
  EXPECT_EQ(StatusOf(reply), 503);
  EXPECT_EQ(HeaderOf(reply, "Retry-After"), "1");

  server.gate.Open();
  EXPECT_EQ(StatusOf(crowd.queued.ReadReply()), 200);
  crowd.refused.Send(Get("/hello"));
  EXPECT_EQ(StatusOf(crowd.refused.ReadReply()), 200) << "the connection can still be used";
}

TEST(ServerLimitsTest, DoesNotRunARequestWhoseDeadlinePassedInTheQueue) {
  TestServer server({.idle_timeout = milliseconds(600),
                     .request_timeout = milliseconds(500),
                     .handler_threads = 1});
  RawSocket running = server.Connect();
  running.Send(Get("/gate"));
  ASSERT_TRUE(Eventually([&] { return server.gate.waiting() == 1; }));
  RawSocket queued = server.Connect();
  queued.Send(Get("/hello"));
  EXPECT_EQ(server.Exchange(""), "") << "the idle timeout is longer than the deadline";
  server.gate.Open();
  EXPECT_EQ(StatusOf(queued.ReadReply()), 503);
  EXPECT_EQ(server.handled, 1);
}

}  // namespace
}  // namespace tidemark::http
