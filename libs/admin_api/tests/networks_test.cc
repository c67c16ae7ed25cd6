#include <gmock/gmock.h>

#include "api_fixture.h"

namespace tidemark::admin_api {
namespace {

using chain_heads::HeadProblemCode;

class NetworksTest : public ApiFixture {
 protected:
  NetworksTest() {
    chain_heads::NetworkHeads mainnet;
    mainnet.network = "mainnet";
    mainnet.latest.head =
        ObservedHead{{BlockNumber{18446744073709551615U}, BlockHash{}, 1'767'323'045}, clock_.now};
    mainnet.latest.source = "node";
    mainnet.latest.checked_at = clock_.now;
    mainnet.finalized.problem = {HeadProblemCode::kNotAskedYet, "nobody has been asked yet"};
    heads_.networks.push_back(mainnet);
  }
  chain_heads::HeadReport& latest() { return heads_.networks.front().latest; }
};

TEST_F(NetworksTest, AHeadHasItsAgeAtTheTimeOfTheAnswer) {
  clock_.now += std::chrono::milliseconds(4999);
  EXPECT_EQ(Get("/networks/mainnet/head").text,
            R"({"network":"mainnet","tag":"latest","number":18446744073709551615,)"
            R"("hash":"0x)" +
                std::string(64, '0') +
                R"(","timestamp":1767323045,"source":"node",)"
                R"("observed_at":"2026-01-02T03:04:05.678901+00:00","age_ms":4999,)"
                R"("checked_at":"2026-01-02T03:04:05.678901+00:00","reason":null,"detail":null})");
}

TEST_F(NetworksTest, AnAgeIsNeverNegative) {
  clock_.now -= std::chrono::hours(1);
  EXPECT_EQ(Get("/networks/mainnet/head").body.at("age_ms"), 0);
}

TEST_F(NetworksTest, WhatIsNotKnownIsNullWithItsReason) {
  const Answer answer = Get("/networks/mainnet/head?tag=finalized");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text,
            R"({"network":"mainnet","tag":"finalized","number":null,"hash":null,"timestamp":null,)"
            R"("source":null,"observed_at":null,"age_ms":null,"checked_at":null,)"
            R"("reason":"NOT_ASKED_YET","detail":"nobody has been asked yet"})");
  EXPECT_EQ(Get("/networks/mainnet/head?tag=latest").body.at("tag"), "latest");
  EXPECT_EQ(Get("/networks/mainnet/head?tag=safe").error_code(), "INVALID_QUERY_PARAMETERS");
  EXPECT_EQ(Get("/networks/mainnet/head?tag=").error_code(), "INVALID_QUERY_PARAMETERS");
}

TEST_F(NetworksTest, AnOlderHeadStaysBesideTheReasonWhyThereIsNoNewer) {
  latest().problem = {HeadProblemCode::kProviderUnreachable, "node did not answer"};
  latest().checked_at = clock_.now + std::chrono::seconds(30);
  clock_.now += std::chrono::seconds(31);
  const Answer answer = Get("/networks/mainnet/head");
  EXPECT_EQ(answer.body.at("number"), 18446744073709551615U);
  EXPECT_EQ(answer.body.at("age_ms"), 31000);
  EXPECT_EQ(answer.body.at("reason"), "PROVIDER_UNREACHABLE");
}

TEST_F(NetworksTest, AllNetworksAreListed) {
  heads_.networks.push_back({.network = "Ünicode net", .latest = {}, .finalized = {}});
  const Answer answer = Get("/networks");
  ASSERT_EQ(answer.body.at("networks").size(), 2U);
  EXPECT_EQ(answer.body.at("networks")[0].at("latest").at("source"), "node");
  EXPECT_EQ(answer.body.at("networks")[0].at("finalized").at("reason"), "NOT_ASKED_YET");
  EXPECT_EQ(Get("/networks/%C3%9Cnicode%20net/head").status, 200);
}

TEST_F(NetworksTest, ANetworkThatNobodyKnowsIsNotFound) {
  EXPECT_EQ(Get("/networks/nope/head").error_code(), "NETWORK_NOT_FOUND");
  EXPECT_EQ(Get("/networks/Mainnet/head").error_code(), "NETWORK_NOT_FOUND");
}

TEST_F(NetworksTest, ADatabaseThatIsDownDoesNotTakeTheHeadsAway) {
  metadata_.first_failing_call = 0;
  EXPECT_EQ(Get("/networks").status, 200);
  EXPECT_EQ(Get("/networks/mainnet/head").status, 200);
}

}  // namespace
}  // namespace tidemark::admin_api
