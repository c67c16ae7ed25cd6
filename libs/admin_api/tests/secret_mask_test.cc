#include "secret_mask.h"

#include <gtest/gtest.h>

namespace tidemark::admin_api {
namespace {

std::string Masked(const std::string& fields) {
  simdjson::dom::parser parser;
  JsonWriter json;
  json.BeginObject();
  WriteMaskedMembers(simdjson::dom::object(parser.parse(fields)), json);
  json.EndObject();
  return std::move(json).Take();
}

TEST(SecretMaskTest, NamesOfSecretsAreKnownInAnySpelling) {
  for (const char* name :
       {"token", "auth_token", "AUTH_TOKEN", "apiKey", "api-key", "dkey", "client_secret",
        "password", "dbPassword", "credentials", "aws_secret_access_key", "auth", "Authorization",
        "pass", "sig", "X-Amz-Signature", "bearer"}) {
    EXPECT_TRUE(IsSecretName(name)) << name;
  }
  for (const char* name : {"", "url", "auth_header", "network", "kind", "commitment", "author",
                           "compass", "design", "timeout_secs", "object_store_root"}) {
    EXPECT_FALSE(IsSecretName(name)) << name;
  }
}

TEST(SecretMaskTest, UrlsLoseWhatIsSecretAndNothingElse) {
  struct Case {
    const char* url;
    const char* masked;
  };
  for (const auto& [url, masked] : {
           Case{"", ""},
           Case{"plain text with user:pass@host", "plain text with user:pass@host"},
           Case{"http://node:8545", "http://node:8545"},
           Case{"https://node/a/b?c=d&e&f=", "https://node/a/b?c=d&e&f="},
           Case{"https://user:secret@node/a", "https://***@node/a"},
           Case{"https://token@node", "https://***@node"},
           Case{"https://a:b@c@node/x@y", "https://***@node/x@y"},
           Case{"https://node?user=a@b", "https://node?user=a@b"},
           Case{"https://[::1]:80/a", "https://[::1]:80/a"},
           Case{"https://node/?apikey=s&x=1&token=t&Key=",
                "https://node/?apikey=***&x=1&token=***&Key=***"},
           Case{"https://node/?x=0123456789abcdef", "https://node/?x=***"},
           Case{"https://node/?0123456789abcdef", "https://node/?***"},
           Case{"https://node/?a=b=c?d", "https://node/?a=b=c?d"},
           Case{"https://mainnet.infura.io/v3/9aa3d95b3bc440fa88ea12eaa4456161",
                "https://mainnet.infura.io/v3/***"},
           Case{"https://eth.alchemy.com/v2/aB3-_dEfGhIjKlMnOp/x",
                "https://eth.alchemy.com/v2/***/x"},
           Case{"https://node/0123456789abcde", "https://node/0123456789abcde"},
           Case{"https://node/ethereum-mainnet-archive", "https://node/ethereum-mainnet-archive"},
           Case{"https://node/${NODE_KEY_NUMBER_1}", "https://node/${NODE_KEY_NUMBER_1}"},
           Case{"https://node/a#secret", "https://node/a#***"},
           Case{"https://node#?x", "https://node#***"},
           Case{"://", "://"},
           Case{"x://@", "x://***@"},
       }) {
    EXPECT_EQ(MaskUrl(url), masked);
  }
}

TEST(SecretMaskTest, SecretsAreMaskedWhateverTheyAreAndWhereverTheyStand) {
  EXPECT_EQ(Masked(R"({"token":"s","pin_key":7,"secrets":{"a":"s"},"keys":["s"],"has_key":true})"),
            R"({"token":"***","pin_key":"***","secrets":"***","keys":"***","has_key":true})");
  EXPECT_EQ(
      Masked(R"({"a":{"b":[{"auth_token":"s"},"http://u:s@h"]},"n":-1,"u":18446744073709551615,)"
             R"("d":1.5,"t":"\"\n"})"),
      R"({"a":{"b":[{"auth_token":"***"},"http://***@h"]},"n":-1,"u":18446744073709551615,)"
      R"("d":1.5,"t":"\"\n"})");
}

}  // namespace
}  // namespace tidemark::admin_api
