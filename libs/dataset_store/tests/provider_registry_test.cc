#include "tidemark/dataset_store/provider_registry.h"

#include <cstdlib>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "failing_object_store.h"
#include "temp_folder.h"
#include "tidemark/object_store/local_store.h"

namespace tidemark::dataset_store {
namespace {

using Json = nlohmann::ordered_json;
using object_store::IfExists;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Provider Make(std::string_view name, const Json& fields) {
  auto provider = MakeProvider(name, fields.dump());
  EXPECT_TRUE(provider) << provider.error().message;
  return provider ? *std::move(provider) : Provider{};
}

const Json kAnvil = {{"kind", "evm-rpc"}, {"network", "anvil"}, {"url", "http://127.0.0.1:8545"}};

/// With these fields changed; a null takes one away.
Json AnvilWith(const Json& changes) {
  Json fields = kAnvil;
  fields.update(changes);
  return fields;
}

Provider Anvil() { return Make("anvil", kAnvil); }

class ProviderRegistryTest : public testing::Test {
 protected:
  void Write(std::string_view path, std::string_view text) {
    ASSERT_TRUE(local_->Put(path, text, IfExists::kReplace));
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    const auto providers = registry_->List();
    EXPECT_TRUE(providers);
    for (const Provider& provider : *providers) names.push_back(provider.name);
    return names;
  }
  void ExpectRefused(const Provider& provider, std::string_view why) {
    const auto put = registry_->Put(provider);
    ASSERT_FALSE(put) << why;
    EXPECT_EQ(put.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(put.error().message, HasSubstr(why));
  }

  TempFolder folder_;
  std::unique_ptr<object_store::ObjectStore> local_ = *object_store::OpenLocalStore(folder_.path());
  FailingObjectStore store_{*local_};
  std::unique_ptr<ProviderRegistry> registry_ = MakeProviderRegistry(store_);
};

TEST_F(ProviderRegistryTest, WhatIsPutComesBackWhole) {
  const std::string token = "a \"quoted\" \\ token, ключ, [x] = 1 # no comment";
  const Provider full = Make("anvil", AnvilWith({{"auth_header", "X-Key"},
                                                 {"auth_token", token},
                                                 {"rate_limit_per_minute", 4294967295U},
                                                 {"concurrent_request_limit", 1},
                                                 {"rpc_batch_size", 0},
                                                 {"fetch_receipts_per_tx", false},
                                                 {"timeout_secs", 30}}));
  ASSERT_TRUE(registry_->Put(full));
  EXPECT_EQ(registry_->Get("anvil"), full);
  EXPECT_EQ(ReadEvmRpcFields(full), (EvmRpcFields{.url = "http://127.0.0.1:8545",
                                                  .auth_header = "X-Key",
                                                  .auth_token = token,
                                                  .rate_limit_per_minute = 4294967295U,
                                                  .concurrent_request_limit = 1,
                                                  .rpc_batch_size = 0,
                                                  .fetch_receipts_per_tx = false,
                                                  .timeout_s = 30}));

  ASSERT_TRUE(registry_->Put(Anvil()));
  EXPECT_EQ(registry_->Get("anvil"), Anvil());
  EXPECT_EQ(ReadEvmRpcFields(Anvil()), (EvmRpcFields{.url = "http://127.0.0.1:8545"}));
  EXPECT_THAT(Names(), ElementsAre("anvil"));
}

TEST_F(ProviderRegistryTest, TheFileIsTheOneThatAmpReads) {
  ASSERT_TRUE(
      registry_->Put(Make("anvil", AnvilWith({{"auth_token", "${TOKEN}"}, {"timeout_secs", 7}}))));
  EXPECT_EQ(local_->Read("anvil.toml", 1000),
            "kind = \"evm-rpc\"\nnetwork = \"anvil\"\nurl = \"http://127.0.0.1:8545\"\n"
            "auth_token = \"${TOKEN}\"\ntimeout_secs = 7\n");
}

TEST_F(ProviderRegistryTest, EveryKindIsKeptWithItsFieldsAndOnesThatNobodyKnows) {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"fire", R"({"kind":"firehose","network":"mainnet","url":"https://f:443","token":"t"})"},
      {"sol", R"({"kind":"solana","network":"solana","rpc_provider_info":{"url":"https://s",)"
              R"("auth_token":"t"},"fallback_rpc_provider_info":{"url":"https://u"},)"
              R"("max_rpc_calls_per_second":50,"use_archive":"auto","commitment":"finalized"})"},
      {"files", R"({"kind":"static","object_store_root":"s3://a/b","in_memory_max_bytes":1})"},
      {"odd", R"({"kind":"evm-rpc","network":"n","url":"http://a","zeta":1,)"
              R"("alpha":[1,-2.5,"x",true,[],{}],"a b.\"c\"":{"deep":{"deeper":[{"x":1.0},)"
              R"({"y":1e+300}]}},"":"\n\t","big":9223372036854775807})"},
  };
  for (const auto& [name, fields] : kinds) {
    const Provider provider = Make(name, Json::parse(fields));
    const Status put = registry_->Put(provider);
    ASSERT_TRUE(put) << name << ": " << put.error().message;
    EXPECT_EQ(provider.fields_json, fields);
    EXPECT_EQ(registry_->Get(name), provider);
  }
  EXPECT_THAT(Names(), ElementsAre("files", "fire", "odd", "sol"));
  EXPECT_EQ(registry_->Get("files")->network, std::nullopt);
  EXPECT_EQ(registry_->Get("sol")->network, "solana");
  EXPECT_EQ(ReadEvmRpcFields(*registry_->Get("sol")).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(ProviderRegistryTest, AFileOfAmpsIsReadInItsOrder) {
  Write("sol.toml",
        "# comment\nuse_archive = 'auto'\nkind = \"solana\"\nstarted = 2026-01-02T03:04:05Z\n"
        "network = 'solana'\nname = 'other'\nnan = nan\nratio = 1.0\n[rpc_provider_info]\n"
        "url = 'https://s'\nauth_token = \"a\\nb\"\n[fallback_rpc_provider_info]\n"
        "url = 'https://t'\n");
  const auto provider = registry_->Get("sol");
  ASSERT_TRUE(provider) << provider.error().message;
  EXPECT_EQ(provider->name, "sol");
  EXPECT_EQ(provider->fields_json, R"({"kind":"solana","network":"solana","use_archive":"auto",)"
                                   R"("started":"2026-01-02T03:04:05Z","ratio":1.0,)"
                                   R"("rpc_provider_info":{"url":"https://s","auth_token":"a\nb"},)"
                                   R"("fallback_rpc_provider_info":{"url":"https://t"}})");
}

TEST_F(ProviderRegistryTest, AFileThatOnlyOthersCanUseIsListedAndNotFoundForUse) {
  const std::string head = "kind = 'evm-rpc'\nnetwork = 'n'\nurl = ";
  Write("socket.toml", head + "'wss://node'");
  Write("basic.toml", head + "'http://user:secret@node'");
  Write("good.toml", head + "'http://node'");
  Write("future.toml", "kind = 'beacon'\nendpoint = 7\n");
  EXPECT_THAT(Names(), ElementsAre("basic", "future", "good", "socket"));
  const auto found = registry_->Find("evm-rpc", "n");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().name, "good");
}

TEST_F(ProviderRegistryTest, AProviderThatCannotWorkIsRefused) {
  for (const std::string name :
       {"", "9lives", "A", "a-b", "a/b", "../a", ".", "a.toml", "ключ", "a b", "a\n"}) {
    ExpectRefused(Make(name, kAnvil), "name");
  }
  const auto refused = [&](const Json& changes, std::string_view why) {
    ExpectRefused(Make("anvil", AnvilWith(changes)), why);
  };
  refused({{"kind", "beacon"}}, "kind must be evm-rpc, firehose, solana or static");
  refused({{"network", ""}}, "network must be not empty");
  refused({{"network", nullptr}}, "network is missing");
  refused({{"network", "a\nb"}}, "network must be text without control");
  for (const std::string url : {"", "127.0.0.1", "ftp://a", "http://", "wss://a", "HTTP//a",
                                "http://user:secret@a/b", "https://token@a"}) {
    refused({{"url", url}}, "url");
  }
  refused({{"url", "http://a\r\nX: 1"}}, "control");
  refused({{"auth_header", "A\r\nB: c"}}, "control");
  refused({{"auth_token", std::string("a\0b", 3)}}, "control");
  refused({{"auth_token", "a\x7F"}}, "control");
  refused({{"rate_limit_per_minute", 0}}, "rate_limit_per_minute must be an integer from 1");
  refused({{"concurrent_request_limit", 0}}, "concurrent_request_limit");
  refused({{"timeout_secs", 0}}, "timeout_secs");
  refused({{"timeout_secs", 4294967296}}, "timeout_secs");
  refused({{"timeout_secs", 1.5}}, "timeout_secs");
  refused({{"fetch_receipts_per_tx", 1}}, "fetch_receipts_per_tx must be true or false");
  const auto solana = [&](const Json& info, std::string_view why) {
    refused({{"kind", "solana"}, {"rpc_provider_info", info}}, why);
  };
  solana(nullptr, "rpc_provider_info is missing");
  solana("http://a", "rpc_provider_info must be an object");
  solana(Json::parse(R"({"uri":"http://a"})"), "rpc_provider_info.url is missing");
  solana(Json::parse(R"({"url":"http://a\n"})"), "rpc_provider_info.url must be text without");
  refused({{"kind", "firehose"}, {"token", 7}}, "token must be a string");
  refused({{"kind", "static"}}, "object_store_root is missing");
  refused({{"note", std::string(70'000, 'x')}}, "65536 bytes");
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(ProviderRegistryTest, FieldsThatAreNoneAreRefusedByName) {
  const auto refused = [](const std::string& text, std::string_view why) {
    const auto provider = MakeProvider("p", text);
    ASSERT_FALSE(provider) << text;
    EXPECT_EQ(provider.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(provider.error().message, HasSubstr(why));
  };
  refused("", "not valid JSON");
  refused("[]", "must be an object");
  refused("{}", "kind is missing");
  refused(R"({"kind":null})", "kind is missing");
  refused(R"({"kind":7})", "kind must be a string");
  refused(R"({"kind":"x","network":7})", "network must be a string");
  refused(R"({"kind":"x","kind":"x"})", "kind must be there only once");
  refused(R"({"kind":"x","a":{"b":1,"b":1}})", "b must be there only once");
  refused(R"({"kind":"x","a":[1,null]})", "a must be without null");
  refused(R"({"kind":"x","a":[9223372036854775808]})", "a must be at most 2^63-1");
  refused(R"({"kind":"x","a":)" + std::string(200, '[') + std::string(200, ']') + "}",
          "not valid JSON");
  EXPECT_EQ(MakeProvider("p", R"({"a":null,"name":"q","kind":"x","b":{"c":null}})")->fields_json,
            R"({"kind":"x","b":{}})");
}

TEST_F(ProviderRegistryTest, WhatIsRemovedIsGoneReadableOrNot) {
  ASSERT_TRUE(registry_->Put(Anvil()));
  Write("broken.toml", "kind = ");
  ASSERT_TRUE(registry_->Remove("anvil"));
  ASSERT_TRUE(registry_->Remove("broken"));
  EXPECT_TRUE(local_->List("")->empty());
  for (const std::string_view name : {"anvil", "", "../anvil", "ANVIL"}) {
    EXPECT_EQ(registry_->Remove(name).error().code, ErrorCode::kNotFound) << name;
  }
}

TEST_F(ProviderRegistryTest, WhatIsNotThereIsNotFound) {
  for (const std::string_view name : {"anvil", "", "../anvil", "A", "a/b"}) {
    const auto provider = registry_->Get(name);
    ASSERT_FALSE(provider);
    EXPECT_EQ(provider.error().code, ErrorCode::kNotFound) << name;
  }
}

TEST_F(ProviderRegistryTest, AFileThatCannotBeReadDoesNotHideItsNeighbours) {
  ASSERT_TRUE(registry_->Put(Anvil()));
  const std::string good = "kind = 'evm-rpc'\nnetwork = 'n'\nurl = 'http://a'\n";
  Write("broken.toml", "kind = ");
  Write("no_url.toml", "kind = 'evm-rpc'\nnetwork = 'n'\n");
  Write("number.toml", "kind = 'evm-rpc'\nnetwork = 'n'\nurl = 7\n");
  Write("negative.toml", good + "timeout_secs = -1\n");
  Write("too_much.toml", good + "timeout_secs = 4294967296\n");
  Write("fraction.toml", good + "timeout_secs = 1.5\n");
  Write("no_kind.toml", "network = 'n'\nurl = 'http://a'\n");
  Write("number_kind.toml", "kind = 7\n");
  Write("number_network.toml", "kind = 'solana'\nnetwork = 7\n");
  Write("Upper.toml", good);
  Write("large.toml", good + std::string(100'000, '#'));
  Write("deep.toml", "a = " + std::string(60'000, '['));
  Write("empty.toml", "");
  Write("notes.txt", good);
  Write("folder/inner.toml", good);
  Write("zeta.toml", good + "unknown_key = [1, 2]\n");
  EXPECT_THAT(Names(), ElementsAre("anvil", "zeta"));

  for (const std::string_view name : {"broken", "no_url", "number", "large", "deep", "empty"}) {
    const auto provider = registry_->Get(name);
    ASSERT_FALSE(provider) << name;
    EXPECT_EQ(provider.error().code, ErrorCode::kCorruption) << name;
  }
}

TEST_F(ProviderRegistryTest, NoErrorAndNoLogQuotesASecret) {
  Write("broken.toml", "auth_token = \"hunter2\nkind = 1");
  Write("typed.toml", "kind = 'evm-rpc'\nnetwork = 'n'\nurl = ['hunter2']\nauth_token = 'hunter2'");
  for (const std::string_view name : {"broken", "typed"}) {
    const auto provider = registry_->Get(name);
    ASSERT_FALSE(provider);
    EXPECT_THAT(provider.error().message, Not(HasSubstr("hunter2")));
  }
  testing::internal::CaptureStderr();
  EXPECT_THAT(Names(), IsEmpty());
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("provider_left_out"));
  EXPECT_THAT(log, HasSubstr("provider=broken"));
  EXPECT_THAT(log, Not(HasSubstr("hunter2")));
}

TEST_F(ProviderRegistryTest, WhyAProviderIsLeftOutIsLoggedOnceForEachReason) {
  const auto log = [&] {
    testing::internal::CaptureStderr();
    EXPECT_TRUE(registry_->Find("evm-rpc", "n"));
    return testing::internal::GetCapturedStderr();
  };
  const auto leaves_out = HasSubstr("event=provider_left_out provider=p");
  const std::string head = "kind = 'evm-rpc'\nnetwork = 'n'\nurl = ";
  Write("p.toml", "kind = ");
  EXPECT_THAT(log(), leaves_out);
  EXPECT_EQ(log(), "");
  Write("p.toml", head + "7");
  EXPECT_THAT(log(), leaves_out);
  Write("p.toml", head + "'ftp://a'");
  EXPECT_THAT(log(), leaves_out);
  EXPECT_EQ(log(), "");
  Write("p.toml", head + "'http://a'");
  EXPECT_EQ(log(), "");
  Write("p.toml", head + "'ftp://a'");
  EXPECT_THAT(log(), leaves_out);
}

TEST_F(ProviderRegistryTest, AStoreThatDoesNotAnswerIsNoEmptyList) {
  ASSERT_TRUE(registry_->Put(Anvil()));
  store_.failure = Error{ErrorCode::kUnavailable, "down"};
  for (const auto code :
       {registry_->List().error().code, registry_->Get("anvil").error().code,
        registry_->Find("evm-rpc", "anvil").error().code, registry_->Put(Anvil()).error().code,
        registry_->Remove("anvil").error().code}) {
    EXPECT_EQ(code, ErrorCode::kUnavailable);
  }
}

TEST_F(ProviderRegistryTest, FindReplacesVariablesAndLeavesOutWhatHasNone) {
  ::setenv("TIDEMARK_TEST_NODE", "node-1:8545", 1);
  ::setenv("TIDEMARK_TEST_EMPTY", "", 1);
  ::setenv("TIDEMARK_TEST_NESTED", "${TIDEMARK_TEST_NODE}", 1);
  ::setenv("TIDEMARK_TEST_BREAK", "a\r\nHost: b", 1);
  ::unsetenv("TIDEMARK_TEST_UNSET");
  const auto put = [&](const std::string& name, const std::string& url,
                       const std::optional<std::string>& token) {
    Json fields = AnvilWith({{"url", url}});
    if (token) fields["auth_token"] = *token;
    ASSERT_TRUE(registry_->Put(Make(name, fields)));
  };
  put("plain", "http://${TIDEMARK_TEST_NODE}/${TIDEMARK_TEST_EMPTY}x", "${TIDEMARK_TEST_NESTED}");
  put("odd", "http://a/${}/${1}/$X/${", "$${TIDEMARK_TEST_EMPTY}}");
  put("unset", "http://${TIDEMARK_TEST_UNSET}", std::nullopt);
  put("no_url", "${TIDEMARK_TEST_EMPTY}", std::nullopt);
  put("header", "http://a", "${TIDEMARK_TEST_BREAK}");

  const auto found = registry_->Find("evm-rpc", "anvil");
  ASSERT_TRUE(found);
  std::map<std::string, EvmRpcFields> by_name;
  for (const Provider& provider : *found) by_name[provider.name] = *ReadEvmRpcFields(provider);
  ASSERT_THAT(by_name, testing::SizeIs(2));
  EXPECT_EQ(by_name["plain"].url, "http://node-1:8545/x");
  EXPECT_EQ(by_name["plain"].auth_token, "${TIDEMARK_TEST_NODE}");
  EXPECT_EQ(by_name["odd"].url, "http://a/${}/${1}/$X/${");
  EXPECT_EQ(by_name["odd"].auth_token, "$}");

  EXPECT_EQ(ReadEvmRpcFields(*registry_->Get("unset"))->url, "http://${TIDEMARK_TEST_UNSET}");
}

TEST_F(ProviderRegistryTest, FindMatchesKindAndNetworkAndVariesTheOrder) {
  for (const std::string name : {"a", "b", "c"}) {
    ASSERT_TRUE(registry_->Put(Make(name, kAnvil)));
  }
  EXPECT_THAT(*registry_->Find("evm-rpc", "mainnet"), IsEmpty());
  EXPECT_EQ(registry_->Find("evm-rpc", std::nullopt)->size(), 3U);
  EXPECT_THAT(*registry_->Find("solana", "anvil"), IsEmpty());

  std::set<std::string> orders;
  for (int i = 0; i < 200; ++i) {
    const auto found = registry_->Find("evm-rpc", "anvil");
    ASSERT_TRUE(found);
    std::string order;
    for (const Provider& provider : *found) order += provider.name;
    EXPECT_EQ(order.size(), 3U);
    orders.insert(order);
  }
  // Six orders: one of them stays away for 200 draws once in 10^15 runs.
  EXPECT_EQ(orders.size(), 6U);
}

}  // namespace
}  // namespace tidemark::dataset_store
