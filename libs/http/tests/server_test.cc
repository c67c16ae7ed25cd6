#include "tidemark/http/server.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "raw_socket.h"
#include "test_server.h"

namespace tidemark::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(ServerTest, AnswersSeveralRequestsOverOneConnection) {
  const TestServer server;
  RawSocket socket = server.Connect();
  for (const std::string id : {"1", "2", "3"}) {
    socket.Send(Get("/items/" + id));
    const std::string reply = socket.ReadReply();
    EXPECT_EQ(StatusOf(reply), 200);
    EXPECT_EQ(BodyOf(reply), id);
    EXPECT_EQ(HeaderOf(reply, "Content-Type"), "text/plain");
    EXPECT_EQ(HeaderOf(reply, "Connection"), "");
  }
}

TEST(ServerTest, AnswersAHundredPipelinedRequestsInOrder) {
  const TestServer server;
  RawSocket socket = server.Connect();
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += Get("/items/" + std::to_string(i));
  ASSERT_TRUE(socket.Send(requests));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(BodyOf(socket.ReadReply()), std::to_string(i));
}

TEST(ServerTest, GivesTheHandlerPathQueryHeadersAndADeadline) {
  const TestServer server;
  RawSocket socket = server.Connect();
  socket.Send(
      "GET /request?a=1&b=x%20y+z&flag&a=2 HTTP/1.1\r\nHost: test\r\nX-Odd:  kept \r\n\r\n");
  EXPECT_EQ(BodyOf(socket.ReadReply()),
            "GET /request\nquery a=2\nquery b=x y z\nquery flag=\n"
            "header Host=test\nheader X-Odd=kept\ndeadline set\n");
}

TEST(ServerTest, AnswersTheAbsoluteFormOfATarget) {
  const TestServer server;
  RawSocket socket = server.Connect();
  socket.Send(Get("http://elsewhere:80/items/7?q"));
  EXPECT_EQ(BodyOf(socket.ReadReply()), "7");
}

TEST(ServerTest, PassesABodyOfEveryMethodThatHasOne) {
  const TestServer server;
  RawSocket socket = server.Connect();
  for (const std::string method : {"POST", "PUT", "DELETE"}) {
    socket.Send(method + " /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\na\r\nb");
    EXPECT_EQ(BodyOf(socket.ReadReply()), "a\r\nb") << method;
    socket.Send(method + " /echo HTTP/1.1\r\nHost: test\r\n\r\n");
    EXPECT_EQ(StatusOf(socket.ReadReply()), 200) << method << " without a body";
  }
}

TEST(ServerTest, PutsAChunkedBodyTogether) {
  const TestServer server;
  RawSocket socket = server.Connect();
  socket.Send(
      "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\nA;note=1\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n");
  EXPECT_EQ(BodyOf(socket.ReadReply()), "abc0123456789");
  socket.Send(Get("/hello"));
  EXPECT_EQ(BodyOf(socket.ReadReply()), "hello");
}

// Method: the same bytes one at a time, each in a packet of its own, so that the server sees every
// way in which a request can be cut in two.
TEST(ServerTest, UnderstandsARequestThatComesByteByByte) {
  const TestServer server;
  RawSocket socket = server.Connect();
  const std::string requests =
      "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: "
      "chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n" +
      Get("/hello");
  for (const char c : requests) ASSERT_TRUE(socket.Send({&c, 1}));
  EXPECT_EQ(BodyOf(socket.ReadReply()), "");
  EXPECT_EQ(BodyOf(socket.ReadReply()), "ab");
  EXPECT_EQ(BodyOf(socket.ReadReply()), "hello");
}

TEST(ServerTest, IgnoresEmptyLinesBeforeARequest) {
  const TestServer server;
  RawSocket socket = server.Connect();
  socket.Send("\r\n\r\n" + Get("/hello"));
  EXPECT_EQ(BodyOf(socket.ReadReply()), "hello");
}

TEST(ServerTest, IgnoresAnEmptyLineThatComesInTwo) {
  const TestServer server;
  RawSocket socket = server.Connect();
  socket.Send("\r");
  socket.Send(Get("/items/1"));  // So that the first has been looked at by itself, mostly.
  EXPECT_EQ(StatusOf(socket.ReadReply()), 400) << "a carriage return alone is no line";

  RawSocket other = server.Connect();
  other.Send(Get("/items/1") + "\r");
  EXPECT_EQ(BodyOf(other.ReadReply()), "1");
  other.Send("\n" + Get("/items/2"));
  EXPECT_EQ(BodyOf(other.ReadReply()), "2");
}

// Method: more than a connection may do in one turn, and more than is read at once, answered
// without a handler.
TEST(ServerTest, AnswersThousandsOfPipelinedRequestsWhileOthersAreServed) {
  const TestServer server;
  constexpr int kRequests = 3000;
  RawSocket busy = server.Connect();
  std::string all;
  for (int i = 0; i < kRequests; ++i) all += "BREW /hello HTTP/1.1\r\nHost: test\r\n\r\n";
  std::thread sender([&] { EXPECT_TRUE(busy.Send(all)); });
  RawSocket other = server.Connect();
  for (int i = 0; i < kRequests; ++i) {
    ASSERT_EQ(StatusOf(busy.ReadReply()), 405) << i;
    if (i % 100 != 0) continue;
    other.Send(Get("/hello"));
    ASSERT_EQ(BodyOf(other.ReadReply()), "hello");
  }
  sender.join();
}

TEST(ServerTest, NothingOfARequestIsLeftForTheNext) {
  const TestServer server;
  RawSocket socket = server.Connect();
  socket.Send("GET /request?a=1 HTTP/1.1\r\nHost: test\r\nX-Request-Id: mine\r\nX-One: 1\r\n\r\n");
  EXPECT_EQ(HeaderOf(socket.ReadReply(), "X-Request-Id"), "mine");
  socket.Send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(BodyOf(socket.ReadReply()), "hi");
  socket.Send("POST /echo HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(BodyOf(socket.ReadReply()), "");
  socket.Send(Get("/request"));
  const std::string reply = socket.ReadReply();
  EXPECT_NE(HeaderOf(reply, "X-Request-Id"), "mine");
  EXPECT_EQ(BodyOf(reply), "GET /request\nheader Host=test\ndeadline set\n");
}

TEST(ServerTest, SendsForABodyThatTheClientHoldsBack) {
  const TestServer server;
  RawSocket socket = server.Connect();
  socket.Send(
      "POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(socket.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.Send("hi");
  EXPECT_EQ(BodyOf(socket.ReadReply()), "hi");
}

TEST(ServerTest, DoesNotSendForABodyThatIsTooLarge) {
  const TestServer server({.max_body_bytes = 10});
  const std::string answer = server.Exchange(
      "POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
  EXPECT_EQ(StatusOf(answer), 413);
}

TEST(ServerTest, AnswersHeadWithTheHeadersOfGetAndNoBody) {
  const TestServer server;
  RawSocket socket = server.Connect();
  socket.Send("HEAD /hello HTTP/1.1\r\nHost: test\r\n\r\n" + Get("/items/next"));
  const std::string head = socket.ReadUntil("\r\n\r\n");
  EXPECT_EQ(StatusOf(head), 200);
  EXPECT_EQ(HeaderOf(head, "Content-Length"), "5");
  EXPECT_EQ(HeaderOf(head, "Content-Type"), "text/plain");
  EXPECT_EQ(BodyOf(socket.ReadReply()), "next");
}

TEST(ServerTest, SendsNoBodyWithStatus204) {
  const TestServer server;
  RawSocket socket = server.Connect();
  socket.Send(Get("/none") + Get("/hello"));
  const std::string reply = socket.ReadUntil("\r\n\r\n");
  EXPECT_EQ(StatusOf(reply), 204);
  EXPECT_EQ(HeaderOf(reply, "Content-Length"), "");
  EXPECT_EQ(BodyOf(socket.ReadReply()), "hello");
}

TEST(ServerTest, ClosesAfterTheReplyWhenAskedTo) {
  const TestServer server;
  const std::string answer = server.Exchange(
      "GET /hello HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n" + Get("/items/never"));
  EXPECT_EQ(HeaderOf(answer, "Connection"), "close");
  EXPECT_EQ(BodyOf(answer), "hello");
}

TEST(ServerTest, ClosesForHttp10UnlessTheClientKeepsAlive) {
  const TestServer server;
  EXPECT_EQ(BodyOf(server.Exchange("GET /hello HTTP/1.0\r\n\r\n")), "hello");

  RawSocket socket = server.Connect();
  for (int i = 0; i < 2; ++i) {
    socket.Send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const std::string reply = socket.ReadReply();
    EXPECT_EQ(BodyOf(reply), "hello");
    EXPECT_EQ(HeaderOf(reply, "Connection"), "keep-alive");
  }
}

TEST(ServerTest, AnswersAClientThatHasFinishedSending) {
  const TestServer server;
  RawSocket socket = server.Connect();
  socket.Send(Get("/items/1") + Get("/items/2"));
  socket.FinishSending();
  EXPECT_EQ(BodyOf(socket.ReadReply()), "1");
  EXPECT_EQ(BodyOf(socket.ReadReply()), "2");
  EXPECT_EQ(socket.ReadToEnd(), "");
}

TEST(ServerTest, EchoesASaneRequestIdAndReplacesAnyOther) {
  const TestServer server;
  RawSocket socket = server.Connect();
  const auto id_for = [&](const std::string& sent) {
    socket.Send("GET /hello HTTP/1.1\r\nHost: test\r\nX-Request-Id: " + sent + "\r\n\r\n");
    return HeaderOf(socket.ReadReply(), "X-Request-Id");
  };
  EXPECT_EQ(id_for("trace-1.2_A"), "trace-1.2_A");
  EXPECT_EQ(id_for(std::string(128, 'a')), std::string(128, 'a'));

  std::set<std::string> made;
  for (const std::string& bad :
       {std::string(), std::string(129, 'a'), std::string("a b"), std::string("a\tb"),
        std::string("\xC3\xA9"), std::string("a/b")}) {
    const std::string id = id_for(bad);
    EXPECT_NE(id, bad);
    EXPECT_TRUE(made.insert(id).second) << id << " was made twice";
    EXPECT_GE(id.size(), 16U);
  }
}

TEST(ServerTest, RefusesWhatNoRouteAnswers) {
  const TestServer server;
  RawSocket socket = server.Connect();
  socket.Send(Get("/nowhere"));
  EXPECT_EQ(StatusOf(socket.ReadReply()), 404);

  socket.Send("POST /hello HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi");
  std::string reply = socket.ReadReply();
  EXPECT_EQ(StatusOf(reply), 405);
  EXPECT_EQ(HeaderOf(reply, "Allow"), "GET, HEAD");

  socket.Send("PATCH /echo HTTP/1.1\r\nHost: test\r\n\r\n");
  reply = socket.ReadReply();
  EXPECT_EQ(StatusOf(reply), 405);
  EXPECT_EQ(HeaderOf(reply, "Allow"), "POST, PUT, DELETE");

  socket.Send("OPTIONS /hello HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(StatusOf(socket.ReadReply()), 405);  // No route of that server has it.

  socket.Send("PURGE /nowhere HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(StatusOf(socket.ReadReply()), 404);
}

TEST(ServerTest, RefusesMalformedRequestsAndCloses) {
  const TestServer server;
  const std::string host = "Host: test\r\n";
  const std::string post = "POST /echo HTTP/1.1\r\n" + host;
  const std::string cases[] = {
      "\x16\x03\x01\x02\x01\x01",  // A TLS client's first bytes.
      std::string("\0\0\0\0", 4),
      "garbage\r\n\r\n",
      "GET /hello\r\n\r\n",
      "GET  /hello HTTP/1.1\r\n" + host + "\r\n",
      "GET /hello HTTP/1.1\n",
      "GET /hello HTTP/1.1\nHost: test\n\n",
      "GET /hello HTTP/1.1\r\nHost: test\nX: 1\r\n\r\n",
      "GET /hello HTTP/1.1\rHost: test\r\n\r\n",
      "GET /hello HTTP/2.0\r\n" + host + "\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "GET * HTTP/1.1\r\n" + host + "\r\n",
      "CONNECT test:80 HTTP/1.1\r\n" + host + "\r\n",
      "GET hello HTTP/1.1\r\n" + host + "\r\n",
      "GET /hello HTTP/1.1\r\n\r\n",
      "GET /hello HTTP/1.1\r\n" + host + host + "\r\n",
      "GET /hello HTTP/1.1\r\n" + host + "Bad Name: 1\r\n\r\n",
      "GET /hello HTTP/1.1\r\n" + host + "X : 1\r\n\r\n",
      "GET /hello HTTP/1.1\r\n" + host + "X: \x01\r\n\r\n",
      "GET /hello HTTP/1.1\r\n" + host + std::string("X: \0\r\n\r\n", 8),
      "GET /hello?a=%GG HTTP/1.1\r\n" + host + "\r\n",
      "GET /hello?a=%00 HTTP/1.1\r\n" + host + "\r\n",
      post + "Content-Length: -1\r\n\r\n",
      post + "Content-Length: +1\r\n\r\na",
      post + "Content-Length: 1x\r\n\r\na",
      post + "Content-Length: 18446744073709551616\r\n\r\n",
      post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\na",
      post + "Transfer-Encoding: gzip\r\n\r\n",
      post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\nnot a size\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\n0\r\n\r\n",
      "GET /hello HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nhello",
      "PATCH /echo HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nhello",
  };
  for (const std::string& request : cases) {
    const std::string answer = server.Exchange(request);
    EXPECT_EQ(StatusOf(answer), 400) << testing::PrintToString(request);
    EXPECT_EQ(HeaderOf(answer, "Connection"), "close") << testing::PrintToString(request);
    EXPECT_THAT(BodyOf(answer), StartsWith("{")) << testing::PrintToString(request);
    EXPECT_THAT(BodyOf(answer), Not(HasSubstr("HTTP/1.1 "))) << "answered twice";
  }
  EXPECT_EQ(server.handled, 0);
}

TEST(ServerTest, SurvivesClientsThatVanishAtAnyMoment) {
  const TestServer server;
  const std::string request = "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi";
  for (std::size_t cut = 0; cut <= request.size(); ++cut) {
    RawSocket socket = server.Connect();
    ASSERT_TRUE(socket.is_open());
    socket.Send(request.substr(0, cut));
    socket.Reset();
  }
  RawSocket socket = server.Connect();
  socket.Send(Get("/hello"));
  EXPECT_EQ(BodyOf(socket.ReadReply()), "hello");
}

TEST(ServerTest, ListensOnIpv6) {
  const TestServer server({.host = "::1"});
  EXPECT_NE(server.port(), 0);
}

TEST(ServerTest, SaysWhichAddressIsInUse) {
  const TestServer server;
  const auto second = Server::Start({.port = server.port()}, Router({}, {}));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(second.error().message, "cannot listen on 127.0.0.1:" + std::to_string(server.port()) +
                                        ": address already in use");
}

TEST(ServerTest, RefusesAHostThatIsNoAddress) {
  for (const std::string host : {"", "example.com", "127.0.0.1:80", "256.0.0.1"}) {
    const auto started = Server::Start({.host = host}, Router({}, {}));
    ASSERT_FALSE(started) << host;
    EXPECT_EQ(started.error().code, ErrorCode::kInvalidArgument) << host;
  }
}

TEST(ServerTest, ListensAgainOnThePortOfAServerThatHadClients) {
  std::uint16_t port = 0;
  RawSocket client(-1);
  {
    const TestServer server;
    port = server.port();
    client = server.Connect();
    client.Send(Get("/hello"));
    ASSERT_EQ(BodyOf(client.ReadReply()), "hello");
  }
  const TestServer second({.port = port});
  EXPECT_EQ(second.port(), port);
}

}  // namespace
}  // namespace tidemark::http
