#include <set>

#include <gmock/gmock.h>

#include "api_fixture.h"
#include "json_schema.h"

namespace tidemark::admin_api {
namespace {

using nlohmann::json;

class OpenApiTest : public ApiFixture {};

TEST_F(OpenApiTest, RouterAndDocumentHaveTheSameOperations) {
  std::set<std::string> routed;
  for (const http::Route& route : router_.routes()) {
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
      for (const auto& [status, response] : operation["responses"].items()) {
        check(response, where + " " + status);
        if (status == "503") {
          EXPECT_TRUE(response["headers"].contains("Retry-After")) << where;
        }
      }
    }
  }
  EXPECT_GT(examples, 60);
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
