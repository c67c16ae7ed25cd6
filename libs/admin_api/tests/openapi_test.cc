#include <set>

#include <gmock/gmock.h>

#include "api_fixture.h"
#include "json_schema.h"
#include "routes.h"

namespace tidemark::admin_api {
namespace {

using nlohmann::json;

class OpenApiTest : public ApiFixture {};

TEST_F(OpenApiTest, RouterAndDocumentHaveTheSameOperations) {
  std::set<std::string> routed;
  for (const http::Route& route : router_.routes()) {
    // Every path has it, with the same answer.
    if (route.method == http::Method::kOptions) continue;
    routed.insert(std::string(http::ToString(route.method)) + " " + route.path);
  }
  std::set<std::string> documented;
  for (const auto& [path, operations] : OpenApi()["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(c));
      documented.insert(upper + " " + path);
    }
  }
  EXPECT_EQ(routed, documented);
}

TEST_F(OpenApiTest, EachOperationNamesTheScopeOfItsRoute) {
  for (const Entry& entry : Entries()) {
    SCOPED_TRACE(entry.path);
    std::string method(http::ToString(entry.method));
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    const json& operation = OpenApi()["paths"][std::string(entry.path)][method];
    EXPECT_EQ(operation.value("x-required-scope", ""), ToString(entry.scope));
    EXPECT_EQ(entry.scope == Scope::kAdmin, entry.method != http::Method::kGet);
    EXPECT_EQ(entry.scope == Scope::kAdmin, operation["responses"].contains("403"));
  }
}

TEST_F(OpenApiTest, TheServedDocumentIsTheFile) {
  // Not EXPECT_EQ, which would print both.
  EXPECT_TRUE(json::parse(Get("/openapi.json").text) == OpenApi());
  EXPECT_EQ(OpenApi()["openapi"], "3.1.0");
}

TEST_F(OpenApiTest, EveryExampleFitsItsSchema) {
  int examples = 0;
  const auto check = [&](const json& holder, const std::string& where) {
    const json contents = holder.value("content", json::object());
    for (const auto& [type, content] : contents.items()) {
      ASSERT_TRUE(content.contains("example")) << where;
      ++examples;
      for (const std::string& error :
           CheckSchema(content["schema"], content["example"], OpenApi())) {
        ADD_FAILURE() << where << ": " << error;
      }
    }
  };
  for (const auto& [path, operations] : OpenApi()["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      const std::string where = method + " " + path;
      if (operation.contains("requestBody")) check(operation["requestBody"], where);
      for (const auto& [status, documented] : operation["responses"].items()) {
        const json& response = *Resolve(&documented);
        check(response, where + " " + status);
        if (status[0] >= '4') {
          EXPECT_EQ(response["content"]["application/problem+json"]["example"]["status"],
                    std::stoi(status))
              << where;
        }
        if (status == "503") {
          EXPECT_TRUE(response["headers"].contains("Retry-After")) << where;
        }
      }
    }
  }
  EXPECT_GT(examples, 340);
}

TEST_F(OpenApiTest, EveryParameterOfAPathIsDescribed) {
  for (const auto& [path, operations] : OpenApi()["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      std::set<std::string> described;
      for (const json& parameter : operation.value("parameters", json::array())) {
        if (parameter["in"] == "path")
          described.insert("{" + parameter["name"].get<std::string>() + "}");
      }
      std::set<std::string> used;
      for (std::size_t begin = path.find('{'); begin != std::string::npos;
           begin = path.find('{', begin + 1)) {
        used.insert(path.substr(begin, path.find('}', begin) - begin + 1));
      }
      EXPECT_EQ(described, used) << method << " " << path;
    }
  }
}

TEST_F(OpenApiTest, TheServerSaysThatItRuns) {
  metadata_.first_failing_call = 0;
  EXPECT_EQ(Get("/healthz").text, R"({"status":"ok"})");
}

}  // namespace
}  // namespace tidemark::admin_api
