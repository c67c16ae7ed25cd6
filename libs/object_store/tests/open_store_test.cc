// Which URLs name a store, what the environment adds, and what becomes of a call to a store that is
// dead, closed or not there. The S3 client is the real one; what answers it here is a socket.
#include "tidemark/object_store/open_store.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store_url.h"
#include "temporary_folder.h"

namespace tidemark::object_store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Environment Fixed(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

/// A socket of this machine that takes connections and never says a word; or, closed, a port that
/// nobody listens at.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool listens = ::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                         ::listen(socket_, 16) == 0 &&
                         ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    EXPECT_TRUE(listens);
    port_ = ntohs(address.sin_port);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { Close(); }

  void Close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  std::uint16_t port() const { return port_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

StoreOptions OptionsFor(std::uint16_t port) {
  return {.environment = Fixed({{"AWS_ENDPOINT_URL", fmt::format("http://127.0.0.1:{}", port)},
                                {"AWS_ACCESS_KEY_ID", "AKIATIDEMARKTEST"},
                                {"AWS_SECRET_ACCESS_KEY", "very+secret/key"},
                                {"AWS_SESSION_TOKEN", "very+secret/token"}}),
          .connect_timeout = std::chrono::milliseconds(500),
          .request_timeout = std::chrono::milliseconds(1000),
          .attempts = 2};
}

TEST(StoreUrlTest, TakesApartWhatNamesAStore) {
  struct Case {
    std::string url;
    StoreUrl::Kind kind;
    std::string bucket;
    std::string path;
    std::string account = {};
  };
  using Kind = StoreUrl::Kind;
  for (const Case& c : std::vector<Case>{
           {"data", Kind::kLocal, "", "data"},
           {"/data/a b", Kind::kLocal, "", "/data/a b"},
           {"a:b", Kind::kLocal, "", "a:b"},
           {"file:///data/a%20b", Kind::kLocal, "", "/data/a b"},
           {"file://localhost/data", Kind::kLocal, "", "/data"},
           {"s3://bucket", Kind::kS3, "bucket", ""},
           {"s3://bucket/", Kind::kS3, "bucket", ""},
           {"s3a://bucket/a/b/", Kind::kS3, "bucket", "a/b"},
           {"s3://bucket/pre%20fix", Kind::kS3, "bucket", "pre fix"},
           {"gs://bucket.example/a", Kind::kGoogle, "bucket.example", "a"},
           {"az://container/a", Kind::kAzure, "container", "a"},
           {"azure://container", Kind::kAzure, "container", ""},
           {"adl://container", Kind::kAzure, "container", ""},
           {"abfs://container/a", Kind::kAzure, "container", "a"},
           {"abfss://c1@acct.dfs.core.windows.net/a/b", Kind::kAzure, "c1", "a/b", "acct"}}) {
    SCOPED_TRACE(c.url);
    const auto url = ParseStoreUrl(c.url);
    ASSERT_TRUE(url) << url.error().message;
    EXPECT_EQ(url->kind, c.kind);
    EXPECT_EQ(url->bucket, c.bucket);
    EXPECT_EQ(url->path, c.path);
    EXPECT_EQ(url->account, c.account);
  }
}

TEST(StoreUrlTest, RefusesWhatNamesNoneAndRepeatsNoPassword) {
  for (const std::string url : {"",
                                "ftp://host/x",
                                "http://host/x",
                                "S3://bucket",
                                "s3://",
                                "s3:///prefix",
                                "s3://buck et",
                                "s3://key:hunter2@bucket",
                                "s3://hunter2@bucket",
                                "s3://bucket/a?secret=hunter2",
                                "s3://bucket/a#b",
                                "s3://bucket/../x",
                                "s3://bucket/a//b",
                                "s3://bucket/%zz",
                                "s3://bucket/a%0",
                                "s3://bucket/a%00b",
                                "gs://hunter2@bucket",
                                "file://host/x",
                                "file://",
                                "az://c:hunter2@acct.dfs.core.windows.net",
                                "abfss://c@evil.example/x",
                                "abfss://c@acct/x"}) {
    SCOPED_TRACE(url);
    const auto parsed = ParseStoreUrl(url);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(parsed.error().message, Not(HasSubstr("hunter2")));
  }
}

TEST(OpenStoreTest, RefusesAnEnvironmentThatContradictsItself) {
  struct Case {
    std::string url;
    std::map<std::string, std::string> variables;
    std::string reason;
  };
  for (const Case& c : std::vector<Case>{
           {"s3://b", {{"AWS_ACCESS_KEY_ID", "k"}}, "set together"},
           {"s3://b", {{"AWS_SECRET_ACCESS_KEY", "hunter2"}}, "set together"},
           {"s3://b", {{"AWS_ENDPOINT_URL", "localhost:9000"}}, "AWS_ENDPOINT_URL must be http"},
           {"s3://b",
            {{"AWS_ENDPOINT_URL", "http://u:hunter2@h"}},
            "AWS_ENDPOINT_URL must be http"},
           {"s3://b", {{"AWS_ENDPOINT_URL", "http://h:1/path"}}, "no path"},
           {"s3://b",
            {{"AWS_ENDPOINT_URL", "http://h:1"}, {"AWS_ALLOW_HTTP", "false"}},
            "AWS_ALLOW_HTTP"},
           {"s3://b", {{"AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "perhaps"}}, "true or false"},
           {"gs://b", {{"GOOGLE_SERVICE_ACCOUNT", "/no/such/file"}}, "key file"},
           {"az://c", {}, "AZURE_STORAGE_ACCOUNT_NAME"},
           {"abfss://c@one.dfs.core.windows.net", {{"AZURE_STORAGE_ACCOUNT_NAME", "two"}}, "one"},
           {"az://c",
            {{"AZURE_STORAGE_ACCOUNT_NAME", "a"}, {"AZURE_STORAGE_ENDPOINT", "http://h/other"}},
            "no path but"}}) {
    SCOPED_TRACE(c.url + " " + c.reason);
    const auto store = OpenStore(c.url, {.environment = Fixed(c.variables)});
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(store.error().message, AllOf(HasSubstr(c.reason), Not(HasSubstr("hunter2"))));
  }
}

TEST(OpenStoreTest, APlainPathAndAFileUrlAreTheSameFolder) {
  const TemporaryFolder folder;
  const auto plain = OpenStore(folder.path().string()).value();
  ASSERT_TRUE(plain->Put("a", "kept", IfExists::kFail));
  const auto url = OpenStore("file://" + folder.path().string()).value();
  EXPECT_EQ(url->Read("a", 10).value(), "kept");
}

// Method: every call once, to a port that refuses and to one that never answers.
TEST(OpenStoreTest, ADeadStoreIsUnavailableWithinABoundAndTellsNoSecret) {
  for (const bool is_closed : {true, false}) {
    SCOPED_TRACE(is_closed ? "closed" : "silent");
    SilentServer server;
    if (is_closed) server.Close();
    const auto opened = OpenStore("s3://bucket/prefix", OptionsFor(server.port()));
    ASSERT_TRUE(opened) << opened.error().message;
    ObjectStore& store = **opened;
    const auto check = [&](std::string_view name, const auto& call) {
      SCOPED_TRACE(name);
      const auto begin = std::chrono::steady_clock::now();
      const auto result = call();
      const auto took = std::chrono::steady_clock::now() - begin;
      EXPECT_LT(took, std::chrono::seconds(20));
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code, ErrorCode::kUnavailable) << result.error().message;
      EXPECT_THAT(result.error().message,
                  AllOf(HasSubstr("s3://bucket/prefix"), Not(HasSubstr("very+secret")),
                        Not(HasSubstr("AKIATIDEMARKTEST"))));
    };
    check("head", [&] { return store.Head("a"); });
    // Each call costs its timeouts, and all begin alike.
    if (!is_closed) continue;
    check("list", [&] { return store.List("a"); });
    check("put", [&] { return store.Put("a", "bytes", IfExists::kReplace); });
    check("read", [&] { return store.Read("a", 10); });
    check("tail", [&] { return store.ReadTail("a", 10); });
    check("folders", [&] { return store.ListFolders(""); });
    check("delete", [&] { return store.Delete("a"); });
  }
}

}  // namespace
}  // namespace tidemark::object_store
