#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tidemark/http/client.h"

namespace tidemark::http {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Parts(std::string_view text) {
  const auto url = ParseUrl(text);
  if (!url) return "error";
  return fmt::format("{} {} {} {}", url->is_tls ? "https" : "http", url->host, url->port,
                     url->target);
}

TEST(ParseUrlTest, TakesAUrlApart) {
  EXPECT_EQ(Parts("http://localhost:1610"), "http localhost 1610 /");
  EXPECT_EQ(Parts("https://rpc.Example.com/v2/KEY?x=1"), "https rpc.example.com 443 /v2/KEY?x=1");
  EXPECT_EQ(Parts("HTTP://127.0.0.1"), "http 127.0.0.1 80 /");
  EXPECT_EQ(Parts("http://h?q=1"), "http h 80 /?q=1");
  EXPECT_EQ(Parts("http://h/a#fragment"), "http h 80 /a");
  EXPECT_EQ(Parts("http://[::1]:8545/"), "http ::1 8545 /");
  EXPECT_EQ(Parts("https://[fe80::1]"), "https fe80::1 443 /");
  EXPECT_EQ(Parts("http://h:65535/"), "http h 65535 /");
}

TEST(ParseUrlTest, RefusesEverythingElse) {
  for (const std::string_view bad : {"",
                                     "localhost:1610",
                                     "http:/h",
                                     "http://",
                                     "http:///a",
                                     "http://:80",
                                     "ftp://h",
                                     "ws://h",
                                     "://h",
                                     "http://h:0",
                                     "http://h:65536",
                                     "http://h:-1",
                                     "http://h:+1",
                                     "http://h:8a",
                                     "http://h:",
                                     "http://h:1:2",
                                     "http://[::1",
                                     "http://[]",
                                     "http://[::1]x",
                                     "http://[h/]",
                                     "http://a b",
                                     " http://h",
                                     "http://h/a b",
                                     "http://h\r\nX: 1",
                                     "http://h%20",
                                     "http://h/\x7F"}) {
    EXPECT_EQ(Parts(bad), "error") << bad;
  }
}

TEST(ParseUrlTest, RefusesCredentialsWithoutRepeatingThem) {
  for (const std::string_view url :
       {"http://user:secret@h/", "http://secret@h:99999/", "http://@h"}) {
    const auto parsed = ParseUrl(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(parsed.error().message, Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace tidemark::http
