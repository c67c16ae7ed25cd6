// Signatures that others have made: the worked examples of Amazon's documentation ("Signature
// Calculations for the Authorization Header"), and botocore 1.44's for the requests that we send.
#include "s3_signature.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tidemark/base/sha256.h"

namespace tidemark::object_store {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

const S3Credentials kExample{.access_key = "AKIAIOSFODNN7EXAMPLE",
                             .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                             .session_token = ""};
const S3Credentials kOurs{.access_key = "AKIATIDEMARK",
                          .secret_key = "secret/with+signs",
                          .session_token = "token/with+signs=="};

S3Signable Example(std::string method, std::string_view key, const std::vector<S3Field>& parameters,
                   std::vector<S3Field> headers, std::string_view body) {
  headers.push_back({.name = "host", .value = "examplebucket.s3.amazonaws.com"});
  headers.push_back({.name = "x-amz-date", .value = "20130524T000000Z"});
  headers.push_back({.name = "x-amz-content-sha256", .value = Sha256Hex(body)});
  return {.method = std::move(method),
          .path = "/" + EncodeS3Key(key),
          .query = MakeS3Query(parameters),
          .headers = std::move(headers)};
}

TEST(S3SignatureTest, AgreesWithAmazonsExamples) {
  struct Case {
    S3Signable request;
    std::string signature;
  };
  for (const Case& c :
       std::vector<Case>{{Example("GET", "test.txt", {}, {{"range", "bytes=0-9"}}, ""),
                          "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
                         {Example("PUT", "test$file.text", {},
                                  {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                                   {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                                  "Welcome to Amazon S3."),
                          "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
                         {Example("GET", "", {{"lifecycle", ""}}, {}, ""),
                          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
                         {Example("GET", "", {{"prefix", "J"}, {"max-keys", "2"}}, {}, ""),
                          "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"}}) {
    EXPECT_THAT(SignS3Request(c.request, "us-east-1", kExample),
                EndsWith("Signature=" + c.signature));
  }
  EXPECT_THAT(SignS3Request(Example("GET", "test.txt", {}, {{"range", "bytes=0-9"}}, ""),
                            "us-east-1", kExample),
              HasSubstr("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                        "aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"));
}

TEST(S3SignatureTest, AgreesWithBotocoreOnTheRequestsOfAnUpload) {
  const auto time = [](std::string host, std::string_view body) -> std::vector<S3Field> {
    return {{"host", std::move(host)},
            {"x-amz-date", "20261127T140506Z"},
            {"x-amz-content-sha256", Sha256Hex(body)}};
  };
  struct Case {
    S3Signable request;
    std::string signature;
  };
  std::vector<Case> cases = {{{"POST", "/bucket/" + EncodeS3Key("a/b.parquet"),
                               MakeS3Query({{"uploads", ""}}), time("127.0.0.1:9000", "")},
                              "0c3de864a5c1d41b6f01132f81998d09f12c566e50da58bb1d29dd53119f1b63"},
                             {{"PUT", "/bucket/" + EncodeS3Key("a/b.parquet"),
                               MakeS3Query({{"uploadId", "a+b/c=d~e"}, {"partNumber", "12"}}),
                               time("127.0.0.1:9000", "part")},
                              "e67592659b57e5d95d137795cc519c5ce2b89170a574759b599e242ee5897a0b"},
                             {{"PUT", "/" + EncodeS3Key("pre fix/a+b&c=;\xc3\xa9~'(!)*%2e."), "",
                               time("bucket.s3.eu-central-1.amazonaws.com", "bytes")},
                              "f714985b492d34c549c4723c95fce659bc6f3dfcfa185f935a1c109b96668c89"}};
  for (const std::size_t marked : {0U, 2U}) {
    auto& headers = cases[marked].request.headers;
    headers.push_back({"content-type", "application/octet-stream"});
    headers.push_back({"x-amz-meta-tidemark-writer", "0123456789abcdef"});
  }
  cases[2].request.headers.push_back({"if-none-match", "*"});
  cases[2].request.headers.push_back({"x-amz-security-token", kOurs.session_token});
  for (const Case& c : cases) {
    EXPECT_THAT(SignS3Request(c.request, "eu-central-1", kOurs),
                EndsWith("Signature=" + c.signature));
  }
}

TEST(S3SignatureTest, EverythingButUnreservedCharactersIsEncoded) {
  EXPECT_EQ(EncodeS3Key("AZaz09-._~/"), "AZaz09-._~/");
  EXPECT_EQ(EncodeS3Key(" +%\xc3\xa9\x01$&'()*,;=:@!?#"),
            "%20%2B%25%C3%A9%01%24%26%27%28%29%2A%2C%3B%3D%3A%40%21%3F%23");
  EXPECT_EQ(MakeS3Query({{"b", "/ ="}, {"a", ""}}), "a=&b=%2F%20%3D");
}

// RFC 1321, A.5.
TEST(S3SignatureTest, AnMd5IsInBase64) {
  EXPECT_EQ(Base64Md5(""), "1B2M2Y8AsgTpgAmY7PhCfg==");
  EXPECT_EQ(Base64Md5("message digest"), "+WtpfXy3k41SWi8xqvFh0A==");
}

TEST(S3SignatureTest, TheTimeIsInUtcWithoutItsFraction) {
  EXPECT_EQ(FormatS3Time(UtcTime(std::chrono::nanoseconds(1'369'353'599'999'999'999))),
            "20130523T235959Z");
}

}  // namespace
}  // namespace tidemark::object_store
