#include "reply_text.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

/// However it is sent, it is the same.
std::string Write(const Reply& reply, const ReplyFrame& frame = {}) {
  std::string out;
  AppendReply(out, reply, frame);
  std::string prepared;
  AppendReply(prepared, PreparedReply(reply), frame);
  EXPECT_EQ(prepared, out);
  return out;
}

TEST(ReplyTextTest, WritesHeadAndBody) {
  const Reply reply{.status = 201,
                    .content_type = "application/json",
                    .body = "{}",
                    .headers = {{.name = "ETag", .value = "W/\"1.2\""}}};
  EXPECT_EQ(Write(reply, {.method = Method::kPost,
                          .connection = ConnectionHeader::kClose,
                          .request_id = "id-1",
                          .date = "today"}),
            "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
            "ETag: W/\"1.2\"\r\nX-Request-Id: id-1\r\nDate: today\r\nConnection: close\r\n\r\n{}");
}

TEST(ReplyTextTest, AppendsToWhatIsThere) {
  std::string out = "before";
  AppendReply(out, {.status = 204, .content_type = {}, .body = {}, .headers = {}}, {});
  EXPECT_EQ(out, "beforeHTTP/1.1 204 No Content\r\n\r\n");
}

TEST(ReplyTextTest, AnEmptyBodyHasALengthButNoType) {
  EXPECT_EQ(Write({.status = 200, .content_type = "text/plain", .body = {}, .headers = {}}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST(ReplyTextTest, StatusesWithoutABodyHaveNoneWhateverTheHandlerSays) {
  const Reply not_modified{
      .status = 304, .content_type = "text/plain", .body = "lost", .headers = {}};
  EXPECT_EQ(Write(not_modified), "HTTP/1.1 304 Not Modified\r\n\r\n");
}

TEST(ReplyTextTest, AnUnknownStatusHasNoPhrase) {
  EXPECT_TRUE(Write({.status = 299, .content_type = {}, .body = {}, .headers = {}})
                  .starts_with("HTTP/1.1 299 \r\n"));
}

TEST(ReplyTextDeathTest, AHeaderCannotStartAnotherLine) {
  for (const Header& header :
       {Header{.name = "X", .value = "a\r\nSet-Cookie: b"}, Header{.name = "X", .value = "a\nb"},
        Header{.name = "X", .value = std::string("a\0b", 3)}, Header{.name = "X: Y", .value = "a"},
        Header{.name = "", .value = "a"}, Header{.name = "X\r\nY", .value = "a"}}) {
    std::string out;
    const Reply reply{.status = 200, .content_type = {}, .body = {}, .headers = {header}};
    EXPECT_DEBUG_DEATH(out = Write(reply), "is_sound");
#ifdef NDEBUG
    EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
#endif
  }
}

TEST(HttpDateTest, PrintsTheExampleOfTheStandard) {
  using std::chrono::sys_days;
  const UtcTime time = sys_days(std::chrono::year(1994) / 11 / 6) + std::chrono::hours(8) +
                       std::chrono::minutes(49) + std::chrono::milliseconds(37'999);
  EXPECT_EQ(FormatHttpDate(time), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace tidemark::http
