#include "tidemark/dataset_store/provider_registry.h"

#include <cstdlib>
#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "failing_object_store.h"
#include "temp_folder.h"
#include "tidemark/object_store/local_store.h"

namespace tidemark::dataset_store {
namespace {

using object_store::IfExists;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Provider Anvil() {
  return {.name = "anvil", .kind = "evm-rpc", .network = "anvil", .url = "http://127.0.0.1:8545"};
}

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
  Provider full = Anvil();
  full.auth_header = "X-Key";
  full.auth_token = "a \"quoted\" \\ token, ключ, [x] = 1 # no comment";
  full.rate_limit_per_minute = std::numeric_limits<std::uint32_t>::max();
  full.concurrent_request_limit = 1;
  full.rpc_batch_size = 0;
  full.fetch_receipts_per_tx = false;
  full.timeout_s = 30;
  ASSERT_TRUE(registry_->Put(full));
  EXPECT_EQ(registry_->Get("anvil"), full);

  ASSERT_TRUE(registry_->Put(Anvil()));
  EXPECT_EQ(registry_->Get("anvil"), Anvil());
  EXPECT_THAT(Names(), ElementsAre("anvil"));
}

TEST_F(ProviderRegistryTest, TheFileIsTheOneThatAmpReads) {
  Provider provider = Anvil();
  provider.auth_token = "${TOKEN}";
  provider.timeout_s = 7;
  ASSERT_TRUE(registry_->Put(provider));
  EXPECT_EQ(local_->Read("anvil.toml", 1000),
            "kind = \"evm-rpc\"\nnetwork = \"anvil\"\nurl = \"http://127.0.0.1:8545\"\n"
            "auth_token = \"${TOKEN}\"\ntimeout_secs = 7\n");
}

TEST_F(ProviderRegistryTest, AProviderThatCannotWorkIsRefused) {
  for (const std::string name :
       {"", "9lives", "A", "a-b", "a/b", "../a", ".", "a.toml", "ключ", "a b", "a\n"}) {
    Provider provider = Anvil();
    provider.name = name;
    ExpectRefused(provider, "name");
  }
  const auto with = [](auto change) {
    Provider provider = Anvil();
    change(provider);
    return provider;
  };
  ExpectRefused(with([](Provider& p) { p.kind = "firehose"; }), "kind");
  ExpectRefused(with([](Provider& p) { p.network = ""; }), "network");
  ExpectRefused(with([](Provider& p) { p.network = "a\nb"; }), "control");
  for (const std::string url : {"", "127.0.0.1", "ftp://a", "http://", "wss://a", "HTTP//a",
                                "http://user:secret@a/b", "https://token@a"}) {
    ExpectRefused(with([&](Provider& p) { p.url = url; }), "url");
  }
  ExpectRefused(with([](Provider& p) { p.url = "http://a\r\nX: 1"; }), "control");
  ExpectRefused(with([](Provider& p) { p.auth_header = "A\r\nB: c"; }), "control");
  ExpectRefused(with([](Provider& p) { p.auth_token = std::string("a\0b", 3); }), "control");
  ExpectRefused(with([](Provider& p) { p.rate_limit_per_minute = 0; }), "rate_limit_per_minute");
  ExpectRefused(with([](Provider& p) { p.concurrent_request_limit = 0; }), "concurrent_request");
  ExpectRefused(with([](Provider& p) { p.timeout_s = 0; }), "timeout_secs");
  EXPECT_THAT(Names(), IsEmpty());
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
  Write("other_kind.toml", "kind = 'solana'\nnetwork = 'n'\n");
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
  Write("typed.toml",
        "kind = 'evm-rpc'\nnetwork = 'n'\nurl = 'ftp://hunter2'\nauth_token = 'hunter2'");
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

TEST_F(ProviderRegistryTest, AStoreThatDoesNotAnswerIsNoEmptyList) {
  ASSERT_TRUE(registry_->Put(Anvil()));
  store_.failure = Error{ErrorCode::kUnavailable, "down"};
  for (const auto code :
       {registry_->List().error().code, registry_->Get("anvil").error().code,
        registry_->Find("evm-rpc", "anvil").error().code, registry_->Put(Anvil()).error().code}) {
    EXPECT_EQ(code, ErrorCode::kUnavailable);
  }
}

TEST_F(ProviderRegistryTest, FindReplacesVariablesAndLeavesOutWhatHasNone) {
  ::setenv("TIDEMARK_TEST_NODE", "node-1:8545", 1);
  ::setenv("TIDEMARK_TEST_EMPTY", "", 1);
  ::setenv("TIDEMARK_TEST_NESTED", "${TIDEMARK_TEST_NODE}", 1);
  ::setenv("TIDEMARK_TEST_BREAK", "a\r\nHost: b", 1);
  ::unsetenv("TIDEMARK_TEST_UNSET");
  const auto put = [&](std::string name, std::string url, std::optional<std::string> token) {
    Provider provider = Anvil();
    provider.name = std::move(name);
    provider.url = std::move(url);
    provider.auth_token = std::move(token);
    ASSERT_TRUE(registry_->Put(provider));
  };
  put("plain", "http://${TIDEMARK_TEST_NODE}/${TIDEMARK_TEST_EMPTY}x", "${TIDEMARK_TEST_NESTED}");
  put("odd", "http://a/${}/${1}/$X/${", "$${TIDEMARK_TEST_EMPTY}}");
  put("unset", "http://${TIDEMARK_TEST_UNSET}", std::nullopt);
  put("no_url", "${TIDEMARK_TEST_EMPTY}", std::nullopt);
  put("header", "http://a", "${TIDEMARK_TEST_BREAK}");

  const auto found = registry_->Find("evm-rpc", "anvil");
  ASSERT_TRUE(found);
  std::map<std::string, Provider> by_name;
  for (const Provider& provider : *found) by_name[provider.name] = provider;
  ASSERT_THAT(by_name, testing::SizeIs(2));
  EXPECT_EQ(by_name["plain"].url, "http://node-1:8545/x");
  EXPECT_EQ(by_name["plain"].auth_token, "${TIDEMARK_TEST_NODE}");
  EXPECT_EQ(by_name["odd"].url, "http://a/${}/${1}/$X/${");
  EXPECT_EQ(by_name["odd"].auth_token, "$}");

  EXPECT_EQ(registry_->Get("unset")->url, "http://${TIDEMARK_TEST_UNSET}");
}

TEST_F(ProviderRegistryTest, FindMatchesKindAndNetworkAndVariesTheOrder) {
  for (const std::string name : {"a", "b", "c"}) {
    Provider provider = Anvil();
    provider.name = name;
    ASSERT_TRUE(registry_->Put(provider));
  }
  EXPECT_THAT(*registry_->Find("evm-rpc", "mainnet"), IsEmpty());
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
