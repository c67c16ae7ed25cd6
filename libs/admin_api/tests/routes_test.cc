// What holds for every route alike, asked of each with the examples of the OpenAPI document.
#include "routes.h"

#include <set>

#include <gmock/gmock.h>

#include "api_fixture.h"

namespace tidemark::admin_api {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

/// These do not depend on any store.
const std::set<std::string_view> kAlwaysThere = {"/healthz", "/openapi.json", "/networks",
                                                 "/networks/{network}/head", "/metrics"};

/// The clients of this one die of a status that they do not know.
constexpr std::string_view kSyncProgress =
    "/datasets/{namespace}/{name}/versions/{revision}/sync-progress";

void ExpectUnavailable(const Entry& entry, const Answer& answer) {
  if (entry.path == kSyncProgress) {
    EXPECT_EQ(answer.status, 500) << answer.text;
    return;
  }
  EXPECT_EQ(answer.status, 503) << answer.text;
  EXPECT_EQ(answer.FindHeader("Retry-After"), "1");
}

/// The request that the document shows for a route.
Question ExampleOf(const Entry& entry) {
  std::string method(http::ToString(entry.method));
  for (char& c : method) c = static_cast<char>(std::tolower(c));
  Question question{.method = entry.method, .target = std::string(entry.path)};
  const json& operation = OpenApi()["paths"].at(question.target).at(method);
  std::string query;
  for (const json& parameter : operation.value("parameters", json::array())) {
    const std::string name = parameter["name"];
    const json example = parameter.value("example", json());
    const std::string text = example.is_string() ? example.get<std::string>() : example.dump();
    if (parameter["in"] == "path") {
      question.target.replace(question.target.find("{" + name + "}"), name.size() + 2, text);
    } else if (parameter.value("required", false)) {
      query += (query.empty() ? "?" : "&") + name + "=" + text;
    }
  }
  question.target += query;
  if (operation.contains("requestBody")) {
    question.body = operation["requestBody"]["content"]["application/json"]["example"].dump();
    question.headers.push_back({"Content-Type", "application/json"});
  }
  return question;
}

class RoutesTest : public ApiFixture {
 protected:
  RoutesTest() {
    RegisterEth();
    StartWorker("worker-1");
    Deploy();
  }
};

TEST_F(RoutesTest, EveryExampleRequestIsUnderstood) {
  for (const Entry& entry : Entries()) {
    const Question question = ExampleOf(entry);
    SCOPED_TRACE(question.target);
    const Answer answer = Ask(question);
    EXPECT_TRUE(answer.status < 300 || answer.status == 404 || answer.status == 409) << answer.text;
  }
}

TEST_F(RoutesTest, AStoreThatIsDownIs503WithRetryAfterAndWithoutInternals) {
  for (const Entry& entry : Entries()) {
    if (kAlwaysThere.contains(entry.path)) continue;
    SCOPED_TRACE(entry.path);
    metadata_.first_failing_call = 0;
    objects_.failure = Error{ErrorCode::kUnavailable, "no such device: /secret"};
    const Answer answer = Ask(ExampleOf(entry));
    ExpectUnavailable(entry, answer);
    EXPECT_THAT(answer.text, Not(HasSubstr("secret")));
  }
}

// Method: let the n-th call of the metadata database be the first that fails, for every n that a
// route gets to; from then on nothing else may come of it than 503.
TEST_F(RoutesTest, AStoreThatGoesDownMeanwhileIs503) {
  for (const Entry& entry : Entries()) {
    for (int n = 0; n < 20; ++n) {
      SCOPED_TRACE(std::string(entry.path) + " from call " + std::to_string(n));
      metadata_.calls = 0;
      metadata_.first_failing_call = n;
      const Answer answer = Ask(ExampleOf(entry));
      if (metadata_.calls <= n) break;  // It did not need that many.
      ExpectUnavailable(entry, answer);
    }
  }
}

TEST_F(RoutesTest, AReadOnlyServerRefusesEveryRouteThatWritesBeforeItLooks) {
  Services services = MakeServices();
  services.is_read_only = true;
  router_ = MakeRouter(services);
  metadata_.first_failing_call = 1'000'000;
  int refused = 0;
  for (const Entry& entry : Entries()) {
    const Question question = ExampleOf(entry);
    SCOPED_TRACE(question.target);
    metadata_.calls = 0;
    const Answer answer = Ask(question);
    EXPECT_EQ(answer.status == 403, entry.method != http::Method::kGet) << answer.text;
    if (answer.status != 403) continue;
    EXPECT_EQ(answer.error_code(), "READ_ONLY_DATABASE");
    EXPECT_EQ(metadata_.calls, 0);
    ++refused;
  }
  EXPECT_GE(refused, 13);
}

TEST_F(RoutesTest, HeadIsAnsweredLikeGet) {
  for (const Entry& entry : Entries()) {
    if (entry.method != http::Method::kGet) continue;
    Question question = ExampleOf(entry);
    SCOPED_TRACE(question.target);
    const Answer get = Ask(question);
    question.method = http::Method::kHead;
    const Answer head = Ask(question);
    EXPECT_EQ(head.status, get.status);
    // The server drops the body. Metrics count, so no two of theirs are equal.
    if (entry.path != "/metrics") {
      EXPECT_EQ(head.text, get.text);
    }
  }
}

TEST_F(RoutesTest, EveryPathSaysWhatItHasAndLetsOtherOriginsReadOnly) {
  for (const Entry& entry : Entries()) {
    Question question = ExampleOf(entry);
    SCOPED_TRACE(question.target);
    question.method = http::Method::kOptions;
    question.body.clear();
    const Answer answer = Ask(question);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.text, "");
    EXPECT_THAT(answer.FindHeader("Allow").value_or(""),
                HasSubstr(std::string(http::ToString(entry.method))));
    EXPECT_THAT(answer.FindHeader("Allow").value_or(""), testing::EndsWith(", OPTIONS"));
    EXPECT_EQ(answer.FindHeader("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(answer.FindHeader("Access-Control-Allow-Methods"), "GET, HEAD");
  }
  EXPECT_EQ(Ask({http::Method::kOptions, "/nope"}).status, 404);
}

TEST_F(RoutesTest, PagesOfOtherOriginsMayReadAlsoErrorsButNotWhatWritesAnswer) {
  for (const std::string target : {"/jobs", "/jobs/999", "/jobs/x", "/nope"}) {
    EXPECT_EQ(Get(target).FindHeader("Access-Control-Allow-Origin"), "*") << target;
  }
  EXPECT_EQ(Put("/jobs/1/stop").FindHeader("Access-Control-Allow-Origin"), std::nullopt);
  EXPECT_EQ(Put("/jobs/x/stop").FindHeader("Access-Control-Allow-Origin"), std::nullopt);
}

}  // namespace
}  // namespace tidemark::admin_api
