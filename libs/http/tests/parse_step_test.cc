#include "parse_step.h"

#include <string>
#include <string_view>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

namespace beast_http = boost::beast::http;
using Buffer = boost::beast::flat_buffer;
using Parser = beast_http::request_parser<beast_http::string_body>;

void Append(Buffer& buffer, std::string_view bytes) {
  buffer.commit(boost::asio::buffer_copy(buffer.prepare(bytes.size()), boost::asio::buffer(bytes)));
}

/// A parser that waits for a chunked body.
void ParseChunkedHead(Parser& parser) {
  const std::string_view head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  Buffer buffer;
  Append(buffer, head);
  ASSERT_EQ(ParseHead(parser, buffer, head.size()), ParseStep::kDone);
}

// Method: a byte more before each step, which is every way in which reads can cut a body.
TEST(ParseStepTest, UnderstandsAChunkedBodyHoweverItIsCut) {
  for (const std::string_view body :
       {"0\r\n\r\n", "0;x=y\r\n\r\n", "0\r\nX: 1\r\n\r\n", "2\r\nhi\r\n0\r\n\r\n",
        "1\r\nh\r\n1;x\r\ni\r\n000\r\nX: 1\r\nY: 2\r\n\r\n"}) {
    Parser parser;
    ParseChunkedHead(parser);
    Buffer buffer;
    for (std::size_t i = 0; i + 1 < body.size(); ++i) {
      Append(buffer, body.substr(i, 1));
      ASSERT_EQ(ParseBody(parser, buffer), ParseStep::kNeedsMore) << body.substr(0, i + 1);
    }
    Append(buffer, body.substr(body.size() - 1));
    EXPECT_EQ(ParseBody(parser, buffer), ParseStep::kDone) << body;
    EXPECT_EQ(parser.get().body(), body.front() == '0' ? "" : "hi");
    EXPECT_EQ(buffer.size(), 0U);
  }
}

TEST(ParseStepTest, LeavesTheNextMessageInTheBuffer) {
  Parser parser;
  ParseChunkedHead(parser);
  Buffer buffer;
  Append(buffer, "2\r\nhi\r\n0\r\n\r\nGET");
  EXPECT_EQ(ParseBody(parser, buffer), ParseStep::kDone);
  EXPECT_EQ(buffer.size(), 3U);
}

TEST(ParseStepTest, AChunkSizeLineThatFillsTheBufferIsMalformed) {
  Parser parser;
  ParseChunkedHead(parser);
  Buffer buffer(100);
  Append(buffer, "1;" + std::string(97, 'x'));
  EXPECT_EQ(ParseBody(parser, buffer), ParseStep::kNeedsMore);
  Append(buffer, "x");
  EXPECT_EQ(ParseBody(parser, buffer), ParseStep::kMalformed);
}

}  // namespace
}  // namespace tidemark::http
