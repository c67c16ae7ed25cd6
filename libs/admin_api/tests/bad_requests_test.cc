#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "api_fixture.h"

namespace tidemark::admin_api {
namespace {

class BadRequestsTest : public ApiFixture {};

/// `text` with each {{UNIT*COUNT}} written out.
std::string Unfold(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t begin = text.find("{{");
    const std::size_t end = text.find("}}", begin);
    out += text.substr(0, begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) break;
    const std::string_view inside = text.substr(begin + 2, end - begin - 2);
    const std::size_t star = inside.rfind('*');
    const int count = std::stoi(std::string(inside.substr(star + 1)));
    for (int i = 0; i < count; ++i) out += inside.substr(0, star);
    text.remove_prefix(end + 2);
  }
  return out;
}

std::optional<http::Method> MethodCalled(std::string_view name) {
  for (const auto method : {http::Method::kGet, http::Method::kHead, http::Method::kPost,
                            http::Method::kPut, http::Method::kDelete}) {
    if (http::ToString(method) == name) return method;
  }
  return std::nullopt;
}

// Method: each line of the file is a request and what must be answered; all of them meet the same
// service, which must hold the same before and after.
TEST_F(BadRequestsTest, EachIsAnsweredWithItsCode) {
  RegisterEth();
  StartWorker();
  Deploy();
  const auto state = [&] {
    std::string all;
    for (const std::string target :
         {"/datasets", "/jobs?status=all", "/providers", "/manifests", "/revisions", "/workers"}) {
      all += Get(target).text;
    }
    return all;
  };
  const std::string before = state();

  std::ifstream file(std::string(TIDEMARK_TEST_DATA) + "/admin_api/bad_requests.txt");
  int cases = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    SCOPED_TRACE(line);
    std::istringstream words(line);
    int status = 0;
    std::string code;
    std::string method;
    std::string target;
    words >> status >> code >> method >> target >> std::ws;
    std::string body;
    std::getline(words, body);
    const auto known_method = MethodCalled(method);
    ASSERT_TRUE(known_method);
    const Answer answer = Ask({*known_method, Unfold(target), Unfold(body)});
    EXPECT_EQ(answer.status, status) << answer.text;
    EXPECT_EQ(answer.error_code(), code) << answer.text;
    EXPECT_LT(answer.text.size(), 12'000U);
    ++cases;
  }
  EXPECT_GE(cases, 280);
  EXPECT_EQ(state(), before);
}

}  // namespace
}  // namespace tidemark::admin_api
