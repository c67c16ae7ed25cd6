#include "tidemark/http/served.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "test_server.h"
#include "tidemark/base/mutex.h"

namespace tidemark::http {
namespace {

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
      EXPECT_LT(served.duration, 2 * kPatience);
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

// Method: over connections that an earlier request has gone over, and over new ones.
TEST(ServedTest, WhatNeverBecameARequestTookNoTime) {
  Records records;
  TestServer server({.max_header_bytes = 1000, .header_timeout = std::chrono::milliseconds(50)},
                    nullptr, records.Observer());
  const std::string large = "GET /hello HTTP/1.1\r\nX: " + std::string(1000, 'a');
  int count = 0;
  for (const std::string& bytes : {std::string("\x16\x03\x01"), large, std::string("GET /hel")}) {
    for (const std::string& before : {std::string(), Get("/hello")}) {
      server.Exchange(before + bytes);
      count += before.empty() ? 1 : 2;
    }
  }
  server.server->Stop(std::chrono::seconds(5));
  EXPECT_EQ(records.Take().size(), static_cast<std::size_t>(count));
}

TEST(ServedTest, AMalformedRequestIsToldAsFarAsItGoes) {
  Records records;
  TestServer server({}, nullptr, records.Observer());
  const std::string reply = server.Exchange("HEAD /pot HTTP/1.1\r\nHost: x\r\nX : 1\r\n\r\n");
  EXPECT_EQ(StatusOf(reply), 400);
  EXPECT_EQ(BodyOf(reply), "") << "nobody expects one after HEAD";
  server.server->Stop(std::chrono::seconds(5));
  const auto told = records.Take();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].method, "HEAD");
  EXPECT_EQ(told[0].path, "/pot");
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

}  // namespace
}  // namespace tidemark::http
