#include "tidemark/http/router.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

using testing::HasSubstr;

/// A handler that answers with `name` and the parameters it was given.
Handler Named(std::string name) {
  return [name = std::move(name)](const Request& request) {
    std::string body = name;
    for (const auto& [key, value] : request.path_params) body += " " + key + "=" + value;
    return Reply{.status = 200, .content_type = "text/plain", .body = body, .headers = {}};
  };
}

Reply Fallback(const Request&, int status, std::string_view message) {
  return {
      .status = status, .content_type = "text/plain", .body = std::string(message), .headers = {}};
}

Router MakeRouter() {
  return Router(
      {
          {Method::kGet, "/", Named("root")},
          {Method::kGet, "/datasets", Named("list")},
          {Method::kPost, "/datasets", Named("register")},
          {Method::kGet, "/datasets/{ns}/{name}", Named("show")},
          {Method::kGet, "/datasets/{ns}/progress", Named("bulk")},
          {Method::kDelete, "/datasets/{dataset_ns}/{dataset}", Named("remove")},
          {Method::kGet, "/{anything}/x/y", Named("late")},
          {Method::kGet, "/datasets/{ns}/y", Named("early")},
      },
      Fallback);
}

std::string Ask(const Router& router, Method method, std::string path) {
  Request request;
  request.method = method;
  request.path = std::move(path);
  const Reply reply = router.Dispatch(request);
  return reply.status == 200 ? reply.body : std::to_string(reply.status);
}

TEST(RouterTest, PicksTheRouteByMethodAndPath) {
  const Router router = MakeRouter();
  EXPECT_EQ(Ask(router, Method::kGet, "/"), "root");
  EXPECT_EQ(Ask(router, Method::kGet, "/datasets"), "list");
  EXPECT_EQ(Ask(router, Method::kPost, "/datasets"), "register");
  EXPECT_EQ(Ask(router, Method::kGet, "/datasets/a/b"), "show name=b ns=a");
  EXPECT_EQ(Ask(router, Method::kDelete, "/datasets/a/b"), "remove dataset=b dataset_ns=a");
}

TEST(RouterTest, ALiteralSegmentWinsOverAParameter) {
  const Router router = MakeRouter();
  EXPECT_EQ(Ask(router, Method::kGet, "/datasets/a/progress"), "bulk ns=a");
  EXPECT_EQ(Ask(router, Method::kGet, "/datasets/x/y"), "early ns=x");
  EXPECT_EQ(Ask(router, Method::kGet, "/other/x/y"), "late anything=other");
  EXPECT_EQ(Ask(router, Method::kDelete, "/datasets/a/progress"),
            "remove dataset=progress dataset_ns=a")
      << "the literal route does not have the method";
}

TEST(RouterTest, HeadRunsTheHandlerOfGet) {
  const Router router = MakeRouter();
  EXPECT_EQ(Ask(router, Method::kHead, "/datasets"), "list");
}

TEST(RouterTest, MatchesWholePathsOnly) {
  const Router router = MakeRouter();
  for (const std::string path :
       {"", "x", "/dataset", "/datasetss", "/Datasets", "/datasets/", "//datasets", "/datasets/a",
        "/datasets/a/b/", "/datasets/a/b/c", "/datasets//b", "/datasets/a/", "//", "/d%61tasets"}) {
    EXPECT_EQ(Ask(router, Method::kGet, path), "404") << path;
  }
}

TEST(RouterTest, DecodesAParameterOnceAndAfterMatching) {
  const Router router = MakeRouter();
  EXPECT_EQ(Ask(router, Method::kGet, "/datasets/a%2Fb/c%252F"), "show name=c%2F ns=a/b");
  EXPECT_EQ(Ask(router, Method::kGet, "/datasets/a+b/%C3%A9"), "show name=\xC3\xA9 ns=a+b");
  EXPECT_EQ(Ask(router, Method::kGet, "/datasets/../%2e%2E"), "show name=.. ns=..");
}

TEST(RouterTest, RefusesBadEscapesAndNul) {
  const Router router = MakeRouter();
  for (const std::string bad :
       {"%", "%1", "%G1", "%1G", "a%", "%00", "a%00b", "%%30", "%+1", "% 1"}) {
    EXPECT_EQ(Ask(router, Method::kGet, "/datasets/a/" + bad), "400") << bad;
  }
}

TEST(RouterTest, NamesTheMethodsThatThePathHas) {
  const Router router = MakeRouter();
  const auto allow = [&](Method method, const std::string& path) {
    Request request;
    request.method = method;
    request.path = path;
    const Reply reply = router.Dispatch(request);
    EXPECT_EQ(reply.status, 405);
    return reply.headers.empty() ? "" : reply.headers[0].name + ": " + reply.headers[0].value;
  };
  EXPECT_EQ(allow(Method::kPut, "/datasets"), "Allow: GET, HEAD, POST");
  EXPECT_EQ(allow(Method::kPost, "/datasets/a/b"), "Allow: GET, HEAD, DELETE");
  EXPECT_EQ(allow(Method::kPost, "/"), "Allow: GET, HEAD");
}

TEST(RouterTest, NotesWhichRouteHasThePath) {
  const Router router = MakeRouter();
  Request request;
  request.route = 7;
  const auto route_of = [&](Method method, const std::string& path) -> std::string {
    request.method = method;
    request.path = path;
    router.Dispatch(request);
    return request.route ? router.routes()[*request.route].path : "none";
  };
  EXPECT_EQ(route_of(Method::kGet, "/nowhere"), "none");
  EXPECT_EQ(route_of(Method::kGet, "/datasets/a/b"), "/datasets/{ns}/{name}");
  EXPECT_EQ(route_of(Method::kHead, "/datasets"), "/datasets");
  EXPECT_EQ(route_of(Method::kDelete, "/datasets/a/progress"), "/datasets/{dataset_ns}/{dataset}");
  EXPECT_EQ(route_of(Method::kGet, "/datasets/a/%"), "/datasets/{ns}/{name}") << "a bad escape";
  EXPECT_EQ(route_of(Method::kPut, "/datasets"), "/datasets") << "no such method";
  EXPECT_EQ(route_of(Method::kPut, "/datasets/a/progress"), "/datasets/{ns}/progress")
      << "the one that wins";

  request.path = "/datasets";
  router.RefuseMethod(request);
  EXPECT_EQ(router.routes()[request.route.value()].path, "/datasets");
  request.path = "/nowhere";
  router.RefuseMethod(request);
  EXPECT_FALSE(request.route.has_value());
}

TEST(RouterTest, OptionsIsAMethodLikeAnother) {
  const Router plain = MakeRouter();
  EXPECT_EQ(Ask(plain, Method::kOptions, "/datasets"), "405");
  EXPECT_EQ(Ask(plain, Method::kOptions, "/nowhere"), "404");

  const auto answer = [](const Request&) { return Reply{}; };
  const Router router({{Method::kGet, "/a", answer}, {Method::kOptions, "/a", answer}},
                      [](const Request&, int status, std::string_view) {
                        Reply reply;
                        reply.status = status;
                        return reply;
                      });
  Request request;
  request.path = "/a";
  request.method = Method::kOptions;
  EXPECT_EQ(router.Dispatch(request).status, 200);
  request.method = Method::kPut;
  EXPECT_EQ(router.Dispatch(request).headers.at(0).value, "GET, HEAD, OPTIONS");
}

TEST(RouterTest, AStaleParameterDoesNotReachTheHandler) {
  const Router router = MakeRouter();
  Request request;
  request.path = "/datasets";
  request.path_params = {{"name", "stale"}};
  EXPECT_EQ(router.Dispatch(request).body, "list");
}

TEST(RouterTest, ManySlashesAreOnlyAPathThatIsNotThere) {
  EXPECT_EQ(Ask(MakeRouter(), Method::kGet, std::string(8000, '/')), "404");
}

TEST(CheckRoutesTest, FindsRoutesThatAnswerTheSameRequests) {
  const auto check = [](std::vector<Route> routes) { return CheckRoutes(routes); };
  EXPECT_TRUE(check({{Method::kGet, "/a/{x}", {}}, {Method::kPost, "/a/{x}", {}}}));
  EXPECT_TRUE(check({{Method::kGet, "/a/{x}", {}}, {Method::kGet, "/a/x", {}}}));

  const Status same = check({{Method::kGet, "/a/{x}/b", {}}, {Method::kGet, "/a/{y}/b", {}}});
  ASSERT_FALSE(same);
  EXPECT_EQ(same.error().code, ErrorCode::kInternal);
  EXPECT_THAT(same.error().message, HasSubstr("GET /a/{y}/b"));
}

TEST(CheckRoutesTest, FindsMalformedTemplates) {
  for (const std::string path :
       {"", "a", "/{}", "/{a", "/a}", "/x{a}", "/{a}x", "/{a}{b}", "/{{a}}", "/{a}/b/{a}"}) {
    const Status checked = CheckRoutes(std::vector<Route>{{Method::kGet, path, {}}});
    ASSERT_FALSE(checked) << path;
    EXPECT_THAT(checked.error().message, HasSubstr("malformed")) << path;
  }
  EXPECT_FALSE(CheckRoutes(std::vector<Route>{{Method::kHead, "/a", {}}}));
}

}  // namespace
}  // namespace tidemark::http
