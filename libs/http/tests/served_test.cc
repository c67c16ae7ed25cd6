#include "tidemark/http/served.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "test_server.h"
#include "tidemark/base/log.h"
#include "tidemark/base/mutex.h"

namespace tidemark::http {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What a test needs to know of each, kept after the request has gone.
struct Record {
  std::string method;
  std::string path;
  int status = 0;
  std::size_t size_bytes = 0;
  bool is_whole = true;
};

class Records {
 public:
  ServedObserver Observer() {
    return [this](const Served& served) {
      EXPECT_GE(served.duration.count(), 0);
      const MutexLock lock(mutex_);
      records_.push_back({.method = std::string(served.method),
                          .path = served.request.path,
                          .status = served.status,
                          .size_bytes = served.size_bytes,
                          .is_whole = served.is_whole});
    };
  }
  std::vector<Record> Take() {
    const MutexLock lock(mutex_);
    return std::exchange(records_, {});
  }

 private:
  Mutex mutex_;
  std::vector<Record> records_ TIDEMARK_GUARDED_BY(mutex_);
};

const std::string kClose = "Host: x\r\nConnection: close\r\n\r\n";

TEST(ServedTest, EachReplyIsToldOnceWithWhatWasAskedAndWhatWasSent) {
  Records records;
  TestServer server({}, nullptr, records.Observer());
  const std::string reply =
      server.Exchange(Get("/hello?secret=1") + "HEAD /hello HTTP/1.1\r\n" + kClose);
  server.server->Stop(std::chrono::seconds(5));
  const auto told = records.Take();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].method, "GET");
  EXPECT_EQ(told[0].path, "/hello");
  EXPECT_EQ(told[0].status, 200);
  EXPECT_EQ(told[1].method, "HEAD");
  EXPECT_EQ(told[0].size_bytes + told[1].size_bytes, reply.size());
  EXPECT_TRUE(told[0].is_whole && told[1].is_whole);
}

TEST(ServedTest, WhatTheServerRefusesByItselfIsToldToo) {
  Records records;
  TestServer server({}, nullptr, records.Observer());
  server.Exchange("BREW /pot HTTP/1.1\r\n" + kClose);
  server.Exchange("nonsense\r\n\r\n");
  server.server->Stop(std::chrono::seconds(5));
  const auto told = records.Take();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].method, "BREW");
  EXPECT_EQ(told[0].status, 404);
  EXPECT_EQ(told[1].status, 400);
}

TEST(ServedTest, AReplyThatTheClientDoesNotTakeIsToldAsNotWhole) {
  Records records;
  TestServer server({}, nullptr, records.Observer());
  {
    RawSocket socket = server.Connect();
    socket.ShrinkReceiveBuffer();
    ASSERT_TRUE(socket.Send(Get("/big")));
    const Deadline deadline = Deadline::After(kPatience);
    while (!socket.IsReadable() && !deadline.HasPassed()) std::this_thread::yield();
    socket.Reset();
  }
  server.server->Stop(std::chrono::seconds(5));
  const auto told = records.Take();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_FALSE(told[0].is_whole);
}

class LogServedTest : public testing::Test {
 public:
  /// The line of a reply to a request for /a with one more header.
  static std::string LineOf(const Header& header) {
    Request request;
    request.path = "/a";
    request.request_id = "id-1";
    request.headers.push_back(header);
    testing::internal::CaptureStderr();
    LogServed({.request = request,
               .method = "GET",
               .status = 304,
               .size_bytes = 120,
               .duration = std::chrono::microseconds(1500)});
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogServedTest, IsOneLineWithTheTraceOfTheCaller) {
  const std::string line =
      LineOf({"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"});
  EXPECT_THAT(line, HasSubstr(" event=http_request method=GET path=/a status=304 bytes=120 "
                              "duration_ms=1.500 whole=yes request_id=id-1 "
                              "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 "
                              "parent_id=00f067aa0ba902b7\n"));
}

TEST_F(LogServedTest, ATraceThatIsNoneIsLeftOut) {
  EXPECT_THAT(LineOf({"traceparent", "00-x\n-y"}), Not(HasSubstr("00-x")));
}

}  // namespace
}  // namespace tidemark::http
