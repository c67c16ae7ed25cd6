#include "tidemark/http/client.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "raw_socket.h"
#include "test_server.h"

namespace tidemark::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;

Url UrlOf(std::uint16_t port) {
  return {.is_tls = false, .host = "127.0.0.1", .port = port, .target = "/"};
}

Deadline Soon() { return Deadline::After(kPatience); }

ClientRequest GetOf(std::string target) {
  return {.method = Method::kGet, .target = std::move(target), .headers = {}, .body = {}};
}

/// A server that reads one request of each connection and answers with `answer`, then closes.
RawServer::Script AnswerOnce(std::string answer) {
  return [answer = std::move(answer)](RawSocket& socket, int) {
    socket.ReadUntil("\r\n\r\n");
    socket.Send(answer);
  };
}

/// What a client with a limit of 1,000 bytes makes of `answer`: "status body", or the message.
std::string Understand(const std::string& answer) {
  const RawServer server(AnswerOnce(answer));
  Client client(UrlOf(server.port()), {.max_response_bytes = 1000});
  const auto reply = client.Send(GetOf("/"), Soon());
  if (reply) return fmt::format("{} {}", reply->status, reply->body);
  EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable);
  const std::string endpoint = fmt::format("127.0.0.1:{}: ", server.port());
  EXPECT_THAT(reply.error().message, StartsWith(endpoint));
  return reply.error().message.substr(endpoint.size());
}

TEST(ClientTest, TalksToTheServerOfThisLibrary) {
  const TestServer server;
  Client client(UrlOf(server.port()));
  const auto hello = client.Send(GetOf("/hello"), Soon());
  ASSERT_TRUE(hello) << hello.error().message;
  EXPECT_EQ(hello->status, 200);
  EXPECT_EQ(hello->content_type, "text/plain");
  EXPECT_EQ(hello->body, "hello");

  const std::string body(3'000'000, 'x');
  const auto echo = client.Send(
      {.method = Method::kPost, .target = "/echo", .headers = {}, .body = body}, Soon());
  ASSERT_TRUE(echo) << echo.error().message;
  EXPECT_EQ(echo->body, body);

  const auto missing = client.Send(GetOf("/nowhere"), Soon());
  ASSERT_TRUE(missing) << "any status is a reply";
  EXPECT_EQ(missing->status, 404);

  const auto head =
      client.Send({.method = Method::kHead, .target = "/hello", .headers = {}, .body = {}}, Soon());
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(client.Send(GetOf("/none"), Soon())->status, 204);
  EXPECT_EQ(client.Send(GetOf("/hello"), Soon())->body, "hello");
}

TEST(ClientTest, SendsWhatItWasGiven) {
  std::string seen;
  {
    const RawServer server([&](RawSocket& socket, int) {
      seen = socket.ReadUntil("{}");
      socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    Client client(UrlOf(server.port()));
    ASSERT_TRUE(client.Send({.method = Method::kPost,
                             .target = "/rpc?key=1",
                             .headers = {{.name = "Content-Type", .value = "application/json"}},
                             .body = "{}"},
                            Soon()));
    EXPECT_EQ(seen, fmt::format("POST /rpc?key=1 HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n"
                                "User-Agent: tidemark\r\nContent-Type: application/json\r\n"
                                "Content-Length: 2\r\n\r\n{{}}",
                                server.port()));
  }
}

TEST(ClientTest, UsesTheTargetOfItsUrlIfTheRequestHasNone) {
  const TestServer server;
  Url url = UrlOf(server.port());
  url.target = "/items/7";
  Client client(url);
  EXPECT_EQ(client.Send(GetOf(""), Soon())->body, "7");
}

TEST(ClientTest, RefusesToSendWhatWouldBeAnotherRequest) {
  Client client(UrlOf(1));
  const ClientRequest bad[] = {
      GetOf("hello"),
      GetOf("/a b"),
      GetOf("/a\r\nX: 1"),
      GetOf("http://other/"),
      {.method = Method::kGet,
       .target = "/",
       .headers = {{.name = "X", .value = "a\r\nY: b"}},
       .body = {}},
      {.method = Method::kGet,
       .target = "/",
       .headers = {{.name = "X Y", .value = "a"}},
       .body = {}},
  };
  for (const ClientRequest& request : bad) {
    const auto reply = client.Send(request, Soon());
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::kInvalidArgument) << request.target;
  }
}

TEST(ClientTest, UnderstandsEveryWayToEndABody) {
  EXPECT_EQ(Understand("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "200 hi");
  EXPECT_EQ(Understand("HTTP/1.1 200 OK\r\n\r\nuntil the end"), "200 until the end");
  EXPECT_EQ(Understand("HTTP/1.0 500 \r\nConnection: close\r\n\r\nold"), "500 old");
  EXPECT_EQ(Understand("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "2\r\nhi\r\n1;x=y\r\n!\r\n0\r\nX: 1\r\n\r\n"),
            "200 hi!");
  EXPECT_EQ(Understand("HTTP/1.1 204 No Content\r\n\r\n"), "204 ");
  EXPECT_EQ(Understand("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), "304 ");
  EXPECT_EQ(Understand("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\n"
                       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
            "200 hi");
}

TEST(ClientTest, UnderstandsAnAnswerThatComesByteByByte) {
  const std::string answers =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
  const RawServer server([&](RawSocket& socket, int) {
    std::string_view rest = answers;
    while (!rest.empty()) {
      socket.ReadUntil("\r\n\r\n");
      const std::size_t end = rest.find("0\r\n\r\n") + 5;
      for (const char c : rest.substr(0, end)) socket.Send({&c, 1});
      rest.remove_prefix(end);
    }
  });
  Client client(UrlOf(server.port()));
  EXPECT_EQ(client.Send(GetOf("/"), Soon())->body, "");
  EXPECT_EQ(client.Send(GetOf("/"), Soon())->body, "hi");
}

TEST(ClientTest, SaysWhatIsWrongWithAnAnswer) {
  const std::string closed = "the connection was closed ";
  EXPECT_EQ(Understand(""), closed + "before an answer came");
  EXPECT_EQ(Understand("HTTP/1.1 200 OK\r\nContent-"), closed + "within the answer's head");
  EXPECT_EQ(Understand("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"),
            closed + "within the answer's body");
  EXPECT_EQ(Understand("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
            closed + "within the answer's body");

  const std::string too_large = "the answer is larger than the limit of 1000 bytes";
  EXPECT_EQ(Understand("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"), too_large);
  EXPECT_EQ(Understand("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"),
            too_large);
  EXPECT_EQ(Understand("HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x')), too_large);
  EXPECT_EQ(Understand("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                       std::string(1001, 'x')),
            too_large);
  EXPECT_EQ(Understand("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x')),
            "200 " + std::string(1000, 'x'));
  EXPECT_EQ(Understand("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x')),
            "the answer's headers are too large");

  for (const std::string bad :
       {"garbage\r\n\r\n", "\x15\x03\x01", "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 99 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        // Both at once: where does the answer end?
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
         "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n"}) {
    EXPECT_THAT(Understand(bad), HasSubstr("HTTP/1.1")) << testing::PrintToString(bad);
  }
  std::string interim;
  for (int i = 0; i < 100; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(Understand(interim), "the server sends interim answers without end");
}

TEST(ClientTest, NamesHostPortAndReasonWhenNobodyListens) {
  std::uint16_t port = 0;
  {
    port = RawServer([](RawSocket&, int) {}).port();
  }
  Client client(UrlOf(port));
  const auto reply = client.Send(GetOf("/"), Soon());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error(), (Error{ErrorCode::kUnavailable,
                                  fmt::format("127.0.0.1:{}: connection refused", port)}));
}

// The name stands for ::1 and 127.0.0.1 on many machines; the server is only at the latter.
TEST(ClientTest, TriesTheAddressesOfAName) {
  const TestServer server;
  Client client({.is_tls = false, .host = "localhost", .port = server.port(), .target = "/hello"});
  const auto reply = client.Send(GetOf(""), Soon());
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "hello");
}

TEST(ClientTest, SaysWhenANameHasNoAddress) {
  Client client({.is_tls = false, .host = "nowhere.invalid", .port = 80, .target = "/"});
  const auto reply = client.Send(GetOf(""), Soon());
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(reply.error().message, StartsWith("nowhere.invalid:80: "));
}

TEST(ClientTest, KeepsItsConnectionOpen) {
  std::atomic<int> connections = 0;
  const RawServer server([&](RawSocket& socket, int) {
    ++connections;
    while (!socket.ReadUntil("\r\n\r\n").empty()) {
      socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    }
  });
  Client client(UrlOf(server.port()));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.Send(GetOf("/"), Soon())->body, "hi");
  EXPECT_EQ(connections, 1);
}

// Method: the first connection answers once and is closed while nobody looks, each time in another
// way; the request after it must be answered over a new connection.
TEST(ClientTest, OpensAStaleConnectionAnewOnce) {
  for (const bool with_reset : {false, true}) {
    std::atomic<int> closed = 0;
    const RawServer server([&](RawSocket& socket, int number) {
      socket.ReadUntil("\r\n\r\n");
      socket.Send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", number));
      if (with_reset) socket.Reset();
      socket = RawSocket(-1);
      ++closed;
    });
    Client client(UrlOf(server.port()));
    for (int i = 0; i < 3; ++i) {
      const auto reply = client.Send(GetOf("/"), Soon());
      ASSERT_TRUE(reply) << reply.error().message;
      EXPECT_EQ(reply->body, std::to_string(i));
      ASSERT_TRUE(Eventually([&] { return closed == i + 1; }));
    }
  }
}

TEST(ClientTest, DoesNotSendARequestAgainOnceAnAnswerHasBegun) {
  std::atomic<int> requests = 0;
  const RawServer server([&](RawSocket& socket, int) {
    socket.ReadUntil("\r\n\r\n");
    ++requests;
    socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    if (socket.ReadUntil("\r\n\r\n").empty()) return;
    ++requests;
    socket.Send("HTTP/1.1 20");
  });
  Client client(UrlOf(server.port()));
  ASSERT_TRUE(client.Send(GetOf("/"), Soon()));
  EXPECT_FALSE(client.Send(GetOf("/"), Soon()));
  EXPECT_EQ(requests, 2);
}

TEST(ClientTest, DoesNotTryAFreshConnectionTwice) {
  std::atomic<int> connections = 0;
  {
    const RawServer server([&](RawSocket&, int) { ++connections; });
    Client client(UrlOf(server.port()));
    EXPECT_FALSE(client.Send(GetOf("/"), Soon()));
  }
  EXPECT_EQ(connections, 1);
}

// The second half of the uninvited answer comes when the client has asked again, if it does so over
// the same connection.
TEST(ClientTest, DoesNotTakeAnAnswerThatNobodyAskedFor) {
  const RawServer server([](RawSocket& socket, int number) {
    socket.ReadUntil("\r\n\r\n");
    const std::string answer =
        fmt::format("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", number);
    socket.Send(number == 0 ? answer + "X" : answer);
    if (socket.ReadUntil("\r\n\r\n").empty()) return;
    socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  });
  Client client(UrlOf(server.port()));
  EXPECT_EQ(client.Send(GetOf("/"), Soon())->body, "0");
  EXPECT_EQ(client.Send(GetOf("/"), Soon())->body, "1");
}

TEST(ClientTest, ReadsARefusalThatComesBeforeTheBodyIsSent) {
  const TestServer server({.max_body_bytes = 10});
  const std::string body(16U << 20U, 'x');
  Client client(UrlOf(server.port()));
  const auto reply = client.Send(
      {.method = Method::kPost, .target = "/echo", .headers = {}, .body = body}, Soon());
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 413);
}

/// A server that takes requests and never answers; `asked` counts them.
RawServer::Script NeverAnswer(std::atomic<int>& asked, Gate& gate) {
  return [&](RawSocket& socket, int) {
    socket.ReadUntil("\r\n\r\n");
    ++asked;
    gate.Pass();
  };
}

TEST(ClientTest, GivesUpAtTheDeadline) {
  std::atomic<int> asked = 0;
  Gate gate;
  const RawServer server(NeverAnswer(asked, gate));
  Client client(UrlOf(server.port()));
  const auto start = steady_clock::now();
  const auto reply = client.Send(GetOf("/"), Deadline::After(milliseconds(50)));
  const auto took = steady_clock::now() - start;
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(reply.error().message, HasSubstr("timed out waiting for the answer"));
  EXPECT_GE(took, milliseconds(50));
  EXPECT_LT(took, kPatience);

  const auto late = client.Send(GetOf("/"), Deadline::After(milliseconds(-1)));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message, HasSubstr("timed out"));
  EXPECT_EQ(asked, 1) << "a failed request was sent again";
  gate.Open();
}

/// How long Send goes on after it was asked to stop while it waits for an answer.
steady_clock::duration TimeToStop() {
  std::atomic<int> asked = 0;
  Gate gate;
  const RawServer server(NeverAnswer(asked, gate));
  Client client(UrlOf(server.port()));
  std::stop_source stop;
  steady_clock::time_point stopped_at;
  std::thread stopper([&] {
    EXPECT_TRUE(Eventually([&] { return asked == 1; }));
    stopped_at = steady_clock::now();
    stop.request_stop();
  });
  const auto reply = client.Send(GetOf("/"), Soon(), stop.get_token());
  const auto returned_at = steady_clock::now();
  stopper.join();
  EXPECT_FALSE(reply);
  // The server may have the whole request before the client knows that it is sent.
  EXPECT_THAT(reply.error().message,
              testing::AnyOf(HasSubstr("stopped waiting for the answer"),
                             HasSubstr("stopped while sending the request")));

  const auto again = client.Send(GetOf("/"), Soon(), stop.get_token());
  EXPECT_FALSE(again);
  EXPECT_THAT(again.error().message, HasSubstr("stopped"));
  EXPECT_EQ(asked, 1);
  gate.Open();
  return returned_at - stopped_at;
}

// The best of five, for a busy machine may keep any thread waiting once.
TEST(ClientTest, ReturnsAtOnceWhenAskedToStop) {
  auto quickest = TimeToStop();
  for (int i = 0; i < 4; ++i) quickest = std::min(quickest, TimeToStop());
  EXPECT_LT(quickest, milliseconds(100));
}

TEST(ClientTest, IsUsableAgainAfterAFailureAndAfterAMove) {
  std::atomic<int> connections = 0;
  const RawServer server([&](RawSocket& socket, int number) {
    ++connections;
    socket.ReadUntil("\r\n\r\n");
    if (number != 0) socket.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  });
  Client client(UrlOf(server.port()));
  EXPECT_FALSE(client.Send(GetOf("/"), Soon()));
  Client moved = std::move(client);
  EXPECT_EQ(moved.Send(GetOf("/"), Soon())->body, "hi");
}

}  // namespace
}  // namespace tidemark::http
