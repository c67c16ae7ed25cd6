// Writing to S3: what is promised of several writers of one path, and of requests whose answers are
// lost, late or no. Over the server that the environment names (TIDEMARK_TEST_S3_URL, and the
// variables that OpenStore reads), behind a proxy that makes the faults.
#include "s3_upload.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "s3_client.h"
#include "s3_proxy.h"
#include "tidemark/base/mutex.h"
#include "tidemark/base/random.h"
#include "tidemark/base/text.h"
#include "tidemark/object_store/open_store.h"

namespace tidemark::object_store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using Kind = Fault::Kind;

constexpr std::uint64_t kNoLimit = 1ULL << 40U;
// Of the stores that meet with silence, and of the others.
constexpr std::chrono::milliseconds kSilence{2000};
constexpr std::chrono::milliseconds kPatience{30'000};
constexpr int kAttempts = 2;

std::string Variable(const char* name) { return ReadEnvironment(name).value_or(""); }

template <class T>
std::string CodeOf(const Result<T>& result) {
  return result ? "ok" : std::string(ToString(result.error().code));
}

/// Lets everybody through once `count` have come, or after some seconds.
class Gate {
 public:
  explicit Gate(int count) : missing_(count) {}

  void Pass() {
    const MutexLock lock(mutex_);
    --missing_;
    condition_.NotifyAll();
    const Deadline deadline = Deadline::After(std::chrono::seconds(60));
    while (missing_ > 0 && !deadline.HasPassed()) condition_.WaitUntil(mutex_, deadline);
    EXPECT_LE(missing_, 0) << "somebody did not come";
  }

 private:
  Mutex mutex_;
  CondVar condition_;
  int missing_ TIDEMARK_GUARDED_BY(mutex_);
};

/// The first request that makes an object gets the fault, the others none.
S3Proxy::Script Once(Fault fault) {
  return [fault = std::move(fault),
          is_over = std::make_shared<std::atomic<bool>>(false)](const ProxiedRequest& request) {
    if (!request.makes_object() || is_over->exchange(true)) return Fault{};
    return fault;
  };
}

/// Each test once with objects of one request, and once with such as go in parts.
class S3Write : public ::testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    url_ = fmt::format("{}/{:016x}/a +b", Variable("TIDEMARK_TEST_S3_URL"), RandomU64());
    direct_ = OpenStore(url_).value();
    const std::string endpoint = Variable("AWS_ENDPOINT_URL");
    server_port_ =
        ParseDecimal<std::uint16_t>(endpoint.substr(endpoint.rfind(':') + 1)).value_or(0);
  }

  bool has_parts() const { return GetParam() > kS3PartBytes; }
  std::string Content(char fill = 'x') const { return std::string(GetParam(), fill); }

  S3Proxy& StartProxy(S3Proxy::Script script) {
    return *proxies_.emplace_back(std::make_unique<S3Proxy>(server_port_, std::move(script)));
  }
  std::unique_ptr<ObjectStore> OpenBehind(const S3Proxy& proxy,
                                          std::map<std::string, std::string> variables = {}) const {
    variables["AWS_ENDPOINT_URL"] = fmt::format("http://127.0.0.1:{}", proxy.port());
    return OpenStore(url_, {.environment =
                                [variables](const std::string& name) {
                                  const auto found = variables.find(name);
                                  return found == variables.end() ? ReadEnvironment(name)
                                                                  : std::optional(found->second);
                                },
                            .connect_timeout = silence_,
                            .request_timeout = silence_,
                            .attempts = attempts_})
        .value();
  }

  /// What became of one write behind a proxy with this script.
  Status Write(S3Proxy::Script script) {
    return OpenBehind(StartProxy(std::move(script)))->Put("t", Content(), IfExists::kFail);
  }
  S3Proxy& last_proxy() { return *proxies_.back(); }

  void ExpectContent(const std::string& expected) {
    const auto read = direct_->Read("t", kNoLimit);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(*read == expected) << read->size() << " bytes of " << read->substr(0, 1);
  }

  /// How many uploads of this test the server keeps parts of.
  std::size_t CountUploads() {
    const std::string place = url_.substr(url_.find("//") + 2);
    const std::string bucket = place.substr(0, place.find('/'));
    S3Client client({.bucket = bucket,
                     .region = Variable("AWS_REGION"),
                     .scheme = "http",
                     .authority = fmt::format("127.0.0.1:{}", server_port_),
                     .is_virtual_hosted = false,
                     .credentials =
                         [] {
                           return S3Credentials{.access_key = Variable("AWS_ACCESS_KEY_ID"),
                                                .secret_key = Variable("AWS_SECRET_ACCESS_KEY"),
                                                .session_token = ""};
                         },
                     .transport = {.connect_timeout = std::chrono::seconds(5),
                                   .silence_timeout = std::chrono::seconds(5),
                                   .certificates_file = ""},
                     .attempts = 1});
    const auto answer = client.Send({.method = "GET",
                                     .key = "",
                                     .parameters = {{.name = "uploads", .value = ""}},
                                     .headers = {},
                                     .body = {}});
    EXPECT_TRUE(answer && answer->status == 200);
    if (!answer) return 0;
    const std::string folder = place.substr(bucket.size() + 1, 16);
    std::size_t count = 0;
    for (std::size_t at = 0; (at = answer->body.find(folder, at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  }

  std::string url_;
  std::unique_ptr<ObjectStore> direct_;
  std::chrono::milliseconds silence_ = kPatience;
  int attempts_ = kAttempts;

 private:
  std::uint16_t server_port_ = 0;
  std::vector<std::unique_ptr<S3Proxy>> proxies_;
};

constexpr std::size_t kInOne = 7;
constexpr std::size_t kInParts = kS3PartBytes + 1;

class S3WriteInParts : public S3Write {};

/// Over https alone, with the only certificate that is trusted being that of AWS_CA_BUNDLE.
class S3WriteOverTls : public ::testing::TestWithParam<int> {};

/// Those of `values`, if the environment names a server of that scheme.
template <class T>
auto IfServerIs(std::string_view scheme, std::vector<T> values) {
  const bool is_there = ReadEnvironment("AWS_ENDPOINT_URL").value_or("").starts_with(scheme) &&
                        ReadEnvironment("TIDEMARK_TEST_S3_URL");
  if (!is_there) values.clear();
  return ::testing::ValuesIn(values);
}

std::string SizeName(const ::testing::TestParamInfo<std::size_t>& size) {
  return size.param == kInParts ? "Parts" : "One";
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(S3Write);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(S3WriteInParts);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(S3WriteOverTls);
INSTANTIATE_TEST_SUITE_P(, S3Write, IfServerIs<std::size_t>("http://", {kInOne, kInParts}),
                         SizeName);
INSTANTIATE_TEST_SUITE_P(, S3WriteInParts, IfServerIs<std::size_t>("http://", {kInParts}),
                         SizeName);
INSTANTIATE_TEST_SUITE_P(, S3WriteOverTls, IfServerIs<int>("https://", {0}),
                         [](const auto&) { return "Server"; });

// Method: the requests that would make the object are held back until all writers have sent theirs,
// so that each has looked and seen nothing.
TEST_P(S3Write, OfManyWritersOfOnePathOneSucceedsAndNothingIsSeenBefore) {
  constexpr int kWriters = 5;
  Gate gate(kWriters);
  S3Proxy& proxy = StartProxy([&](const ProxiedRequest& request) {
    if (request.makes_object()) {
      EXPECT_EQ(CodeOf(direct_->Head("t")), "not_found");
      gate.Pass();
    }
    return Fault{};
  });
  std::vector<std::string> codes(kWriters);
  {
    std::vector<std::jthread> threads;
    threads.reserve(kWriters);
    for (int i = 0; i < kWriters; ++i) {
      threads.emplace_back([&, i] {
        const auto store = OpenBehind(proxy);
        const Status put = store->Put("t", Content(static_cast<char>('a' + i)), IfExists::kFail);
        codes[i] = CodeOf(put);
        if (codes[i] == "unavailable") ADD_FAILURE() << put.error().message;
      });
    }
  }
  const auto winner = std::ranges::find(codes, "ok");
  ASSERT_NE(winner, codes.end());
  ExpectContent(Content(static_cast<char>('a' + (winner - codes.begin()))));
  EXPECT_EQ(std::ranges::count(codes, "conflict"), kWriters - 1) << ::testing::PrintToString(codes);
  EXPECT_EQ(CountUploads(), 0U);
}

// Method: the look at the path, which comes first, is told that nothing is there.
TEST_P(S3Write, AnObjectThatTheLookMissesIsAConflictAndStays) {
  ASSERT_TRUE(direct_->Put("t", "theirs", IfExists::kFail));
  std::atomic<int> looks = 0;
  const Status put = Write([&](const ProxiedRequest& request) {
    return request.method == "HEAD" && looks++ == 0 ? Answer(404) : Fault{};
  });
  EXPECT_EQ(CodeOf(put), "conflict");
  EXPECT_THAT(put.error().message, HasSubstr("there is already an object " + url_.substr(0, 12)));
  EXPECT_THAT(last_proxy().making_requests(), SizeIs(1));
  ExpectContent("theirs");
  EXPECT_EQ(CountUploads(), 0U);
}

TEST_P(S3Write, AGivenUpWriterLeavesNeitherAnObjectNorAnUpload) {
  {
    const auto writer = direct_->OpenWriter("t").value();
    ASSERT_TRUE(writer->Append(Content()));
    EXPECT_EQ(CountUploads(), has_parts() ? 1U : 0U);
  }
  EXPECT_EQ(CountUploads(), 0U);
  EXPECT_EQ(CodeOf(direct_->Head("t")), "not_found");
}

// Method: what is asked for the second time gets the server's own answer, or one of those that
// Amazon's gives to the end of an upload that has ended.
TEST_P(S3Write, AnAnswerThatIsLostAfterTheServerStoredTheObjectIsASuccess) {
  for (const Kind kind : {Kind::kLoseAnswer, Kind::kHalfAnswer, Kind::kLateSilence}) {
    for (const int second : {0, 404, 412, 409, 403}) {
      if (kind == Kind::kLateSilence && second != 0) continue;
      silence_ = kind == Kind::kLateSilence ? kSilence : kPatience;
      SCOPED_TRACE(fmt::format("{} {}", static_cast<int>(kind), second));
      std::atomic<int> count = 0;
      const Status put = Write([&](const ProxiedRequest& request) {
        if (!request.makes_object()) return Fault{};
        if (count++ == 0) return Fault{.kind = kind};
        if (second == 0) return Fault{};
        if (second == 403) return ErrorAnswer(second, "ExpiredToken");
        return ErrorAnswer(second, second == 404 ? "NoSuchUpload" : "PreconditionFailed");
      });
      EXPECT_TRUE(put) << put.error().message;
      EXPECT_EQ(count, 2);
      ExpectContent(Content());
      EXPECT_EQ(CountUploads(), 0U);
      ASSERT_TRUE(direct_->Delete("t"));
    }
  }
}

// Method: no answer ever comes to what makes the object, though the server does it.
TEST_P(S3Write, AnObjectWhoseAnswersAreAllLostIsASuccess) {
  const Status put = Write([&](const ProxiedRequest& request) {
    return request.makes_object() ? Fault{.kind = Kind::kLoseAnswer} : Fault{};
  });
  EXPECT_TRUE(put) << put.error().message;
  EXPECT_THAT(last_proxy().making_requests(), SizeIs(kAttempts));
  ExpectContent(Content());
}

// Method: as above, and then nothing reaches the server.
TEST_P(S3Write, AnObjectIsReplacedIfItsAnswersAreLostAndStaysIfTheRequestsAre) {
  for (const Kind kind : {Kind::kLoseAnswer, Kind::kDrop}) {
    ASSERT_TRUE(direct_->Put("t", Content('y'), IfExists::kReplace));
    const S3Proxy& proxy = StartProxy([kind](const ProxiedRequest& request) {
      return request.makes_object() ? Fault{.kind = kind} : Fault{};
    });
    const Status put = OpenBehind(proxy)->Put("t", Content(), IfExists::kReplace);
    EXPECT_EQ(CodeOf(put), kind == Kind::kLoseAnswer ? "ok" : "unavailable");
    ExpectContent(Content(kind == Kind::kLoseAnswer ? 'x' : 'y'));
    EXPECT_EQ(CountUploads(), 0U);
  }
}

TEST_P(S3Write, AnotherWritersObjectAfterALostRequestIsAConflict) {
  std::atomic<bool> is_lost = false;
  const Status put = Write([&](const ProxiedRequest& request) {
    if (!request.makes_object() || is_lost.exchange(true)) return Fault{};
    // As long as ours, so that only its mark tells it apart.
    EXPECT_TRUE(direct_->Put("t", Content('y'), IfExists::kFail));
    return Fault{.kind = Kind::kDrop};
  });
  EXPECT_EQ(CodeOf(put), "conflict");
  ExpectContent(Content('y'));
  EXPECT_EQ(CountUploads(), 0U);
}

TEST_P(S3Write, WhatMayPassIsTriedAgain) {
  std::vector<Fault> faults = {ErrorAnswer(503, "SlowDown"),
                               ErrorAnswer(500, "InternalError"),
                               Answer(429),
                               Answer(502, "<html>Bad gateway</html>"),
                               ErrorAnswer(400, "RequestTimeout"),
                               ErrorAnswer(409, "ConditionalRequestConflict"),
                               {.kind = Kind::kDrop},
                               {.kind = Kind::kSilence}};
  // Amazon's begins its answer to the end of an upload before it knows how that goes.
  if (has_parts()) faults.push_back(ErrorAnswer(200, "InternalError"));
  for (const Fault& fault : faults) {
    SCOPED_TRACE(fault.answer);
    silence_ = fault.kind == Kind::kSilence ? kSilence : kPatience;
    const Status put = Write(Once(fault));
    EXPECT_TRUE(put) << put.error().message;
    EXPECT_THAT(last_proxy().making_requests(), SizeIs(2));
    ExpectContent(Content());
    ASSERT_TRUE(direct_->Delete("t"));
  }
}

TEST_P(S3WriteInParts, AnAnswerWithAnotherStatusThanItsContentIsNoSuccess) {
  for (const Fault& fault : {ErrorAnswer(200, "AccessDenied"), Answer(200), Answer(200, "   ")}) {
    SCOPED_TRACE(fault.answer);
    EXPECT_EQ(CodeOf(Write(Once(fault))), "unavailable");
    EXPECT_EQ(CodeOf(direct_->Head("t")), "not_found");
    EXPECT_EQ(CountUploads(), 0U);
  }
}

TEST_P(S3WriteInParts, APartWhoseAnswerIsLostIsSentAgain) {
  std::atomic<int> parts = 0;
  const Status put = Write([&](const ProxiedRequest& request) {
    if (request.target.find("partNumber=2") == std::string::npos || parts++ > 0) return Fault{};
    return Fault{.kind = Kind::kLoseAnswer};
  });
  EXPECT_TRUE(put) << put.error().message;
  EXPECT_EQ(parts, 2);
  ExpectContent(Content());
}

TEST_P(S3Write, AStoreThatKnowsNoConditionIsWrittenToWithoutOne) {
  const S3Proxy& proxy = StartProxy([](const ProxiedRequest& request) {
    return request.HeaderOf("if-none-match").empty()
               ? Fault{}
               : ErrorAnswer(501, "NotImplemented",
                             "A header you provided implies functionality that is not implemented");
  });
  const auto store = OpenBehind(proxy);
  const Status put = store->Put("t", Content(), IfExists::kFail);
  ASSERT_TRUE(put) << put.error().message;
  ExpectContent(Content());
  EXPECT_THAT(last_proxy().making_requests(), SizeIs(2));
  // It is remembered, and the look at the path is what is left.
  EXPECT_TRUE(store->Put("u", Content(), IfExists::kFail));
  EXPECT_THAT(last_proxy().making_requests(), SizeIs(3));
  EXPECT_EQ(CodeOf(store->Put("t", Content('y'), IfExists::kFail)), "conflict");
  ExpectContent(Content());
}

TEST_P(S3Write, ARefusalIsAFailureAtOnceThatSaysWhy) {
  const Status put = Write([](const ProxiedRequest& request) {
    return request.makes_object()
               ? ErrorAnswer(403, "AccessDenied", "Not with this key &amp; that policy\n")
               : Fault{};
  });
  ASSERT_EQ(CodeOf(put), "unavailable");
  EXPECT_THAT(put.error().message,
              AllOf(HasSubstr("cannot write s3://"), HasSubstr("/a%20+b/t: the store answers 403"),
                    HasSubstr("AccessDenied: Not with this key & that policy"),
                    Not(HasSubstr(Variable("AWS_SECRET_ACCESS_KEY")))));
  EXPECT_THAT(last_proxy().making_requests(), SizeIs(1));
  EXPECT_EQ(CodeOf(direct_->Head("t")), "not_found");
  EXPECT_EQ(CountUploads(), 0U);
}

// Method: the server falls silent with the request that makes the object, for good.
TEST_P(S3Write, ASilentStoreIsUnavailableWithinItsBound) {
  silence_ = kSilence;
  attempts_ = 1;
  std::atomic<bool> is_silent = false;
  S3Proxy& proxy = StartProxy([&](const ProxiedRequest& request) {
    if (request.makes_object()) is_silent = true;
    return is_silent ? Fault{.kind = Kind::kSilence} : Fault{};
  });
  const auto store = OpenBehind(proxy);
  const auto begin = std::chrono::steady_clock::now();
  const Status put = store->Put("t", Content(), IfExists::kFail);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(CodeOf(put), "unavailable");
  EXPECT_THAT(put.error().message, HasSubstr("whether it is there could not be found out"));
  EXPECT_THAT(proxy.making_requests(), SizeIs(1));
  // The request, the look whose object is there, and the end of the upload; some seconds for what
  // goes well.
  EXPECT_LT(took, 3 * kSilence + std::chrono::seconds(4));
  EXPECT_EQ(CodeOf(direct_->Head("t")), "not_found");
}

TEST_P(S3Write, ABucketOfAnotherRegionAndAClockThatIsWrongAreLearnt) {
  std::atomic<int> count = 0;
  const Status put = Write([&](const ProxiedRequest& request) {
    if (!request.makes_object()) return Fault{};
    switch (count++) {
      case 0:
        return Answer(400, "<Error><Code>AuthorizationHeaderMalformed</Code></Error>",
                      "x-amz-bucket-region: eu-north-1\r\n");
      case 1:
        return ErrorAnswer(503, "SlowDown");
      case 2:
        return Answer(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>",
                      "Date: Thu, 01 Jan 2037 00:00:00 GMT\r\n");
      default:
        // Signed for elsewhere it would be refused by a server that looks.
        return ErrorAnswer(403, "AccessDenied");
    }
  });
  EXPECT_EQ(CodeOf(put), "unavailable");
  const auto requests = last_proxy().making_requests();
  ASSERT_THAT(requests, SizeIs(4));
  EXPECT_THAT(requests[0].HeaderOf("authorization"), HasSubstr("/us-east-1/s3/"));
  EXPECT_THAT(requests[1].HeaderOf("authorization"), HasSubstr("/eu-north-1/s3/"));
  EXPECT_THAT(requests[3].HeaderOf("x-amz-date"), HasSubstr("20370101T0000"));
}

TEST_P(S3Write, CredentialsAreThoseOfTheEnvironment) {
  const auto script = [](const ProxiedRequest& request) {
    const bool is_look = request.method == "HEAD" && request.target.ends_with("/t");
    return is_look ? Answer(404) : request.method == "HEAD" ? Answer(200) : Answer(403);
  };
  const auto requests_with = [&](const std::map<std::string, std::string>& variables) {
    const auto store = OpenBehind(StartProxy(script), variables);
    EXPECT_EQ(CodeOf(store->Put("t", Content(), IfExists::kFail)), "unavailable");
    auto requests = last_proxy().requests();
    std::erase_if(requests, [](const auto& request) { return request.method == "HEAD"; });
    EXPECT_THAT(requests, SizeIs(1));
    return requests;
  };
  for (const ProxiedRequest& request : requests_with({{"AWS_SESSION_TOKEN", "a/token=="}})) {
    EXPECT_EQ(request.HeaderOf("x-amz-security-token"), "a/token==");
    EXPECT_EQ(request.HeaderOf("content-md5"), has_parts() ? "" : Base64Md5(Content()));
    EXPECT_THAT(request.HeaderOf("authorization"), AllOf(HasSubstr(Variable("AWS_ACCESS_KEY_ID")),
                                                         HasSubstr(";x-amz-security-token")));
  }
  for (const ProxiedRequest& request : requests_with({{"AWS_SKIP_SIGNATURE", "true"}})) {
    EXPECT_EQ(request.HeaderOf("authorization"), "");
  }
}

TEST_P(S3Write, AProxyOfTheEnvironmentIsNotUsed) {
  const char* const variables[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
  // NOLINTBEGIN(concurrency-mt-unsafe): nobody else reads them now.
  for (const char* name : variables) ::setenv(name, "http://127.0.0.1:1", 1);
  const Status put = direct_->Put("t", Content(), IfExists::kFail);
  for (const char* name : variables) ::unsetenv(name);
  // NOLINTEND(concurrency-mt-unsafe)
  EXPECT_TRUE(put) << put.error().message;
}

TEST_P(S3WriteOverTls, ACertificateThatIsNotTrustedIsRefused) {
  const std::string url = fmt::format("{}/{:016x}", Variable("TIDEMARK_TEST_S3_URL"), RandomU64());
  const auto trusting = OpenStore(url).value();
  const auto wary = OpenStore(url, {.environment =
                                        [](const std::string& name) {
                                          return name == "AWS_CA_BUNDLE"
                                                     ? std::optional<std::string>("/dev/null")
                                                     : ReadEnvironment(name);
                                        }})
                        .value();
  const Status put = wary->Put("t", "bytes", IfExists::kFail);
  ASSERT_EQ(CodeOf(put), "unavailable");
  EXPECT_THAT(put.error().message, HasSubstr("certificate"));
  EXPECT_EQ(CodeOf(trusting->Head("t")), "not_found");
  const Status trusted = trusting->Put("t", "bytes", IfExists::kFail);
  EXPECT_TRUE(trusted) << trusted.error().message;
}

TEST(S3ClientTest, FindsTheTextOfAnElement) {
  EXPECT_EQ(FindS3Element("<A><Code>Slow&amp;lt;&lt;&apos;</Code><Code>b</Code></A>", "Code"),
            "Slow&lt;<'");
  EXPECT_EQ(FindS3Element("<A><Code>Slow", "Code"), "");
  EXPECT_EQ(FindS3Element("", "Code"), "");
}

TEST(S3ClientTest, ABucketMayBePartOfTheHost) {
  S3Proxy proxy(0, [](const ProxiedRequest&) { return Answer(404); });
  S3Client client({.bucket = "bucket",
                   .region = "us-east-1",
                   .scheme = "http",
                   .authority = fmt::format("localhost:{}", proxy.port()),
                   .is_virtual_hosted = true,
                   .credentials = [] { return S3Credentials{}; },
                   .transport = {.connect_timeout = kPatience,
                                 .silence_timeout = kPatience,
                                 .certificates_file = ""},
                   .attempts = 1});
  const auto answer =
      client.Send({.method = "HEAD", .key = "a b", .parameters = {}, .headers = {}, .body = {}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 404);
  const auto requests = proxy.requests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].target, "/a%20b");
  EXPECT_EQ(requests[0].HeaderOf("host"), fmt::format("bucket.localhost:{}", proxy.port()));
}

}  // namespace
}  // namespace tidemark::object_store
