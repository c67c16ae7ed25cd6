#include "rpc_answer.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evm_fixture.h"
#include "tidemark/base/text.h"

namespace tidemark::providers {
namespace {

using testing::HasSubstr;
using Values = std::vector<RpcValue>;

constexpr std::array kFixtures = {"pre_merge", "london", "shanghai", "cancun", "prague", "base"};

RpcAnswer Read(const std::string& body, const std::vector<RpcCall>& calls) {
  AnswerReader reader;
  return reader.Read(body, calls);
}

/// What is wrong with the answer; empty if it was taken.
std::string WhyNot(const std::string& body, const std::vector<RpcCall>& calls) {
  const RpcAnswer answer = Read(body, calls);
  const auto* contradiction = std::get_if<Contradiction>(&answer);
  return contradiction == nullptr ? "" : contradiction->what;
}

/// The block of the answer, whole; fails the test if it is not.
EvmBlock ReadWhole(const EvmFixture& fixture) {
  RpcAnswer answer = Read(AnswerOf(fixture).dump(), CallsFor(fixture.number()));
  auto* values = std::get_if<Values>(&answer);
  if (values == nullptr) {
    const auto* contradiction = std::get_if<Contradiction>(&answer);
    ADD_FAILURE() << (contradiction != nullptr ? contradiction->what : "refused");
    return {};
  }
  auto block = std::get<EvmBlock>(std::move(values->at(0)));
  const auto what = Join(block, std::get<BlockReceipts>(std::move(values->at(1))));
  EXPECT_EQ(what, std::nullopt);
  return block;
}

// The oracle's side: an own reading of the fixture, digit by digit.
std::string Hex(std::string_view bytes) {
  std::string text = "0x";
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string Decimal(Uint128 number) {
  std::string text;
  do text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(number % 10)));
  while ((number /= 10) != 0);
  return text;
}

std::optional<std::string> Decimal(const std::optional<Uint128>& number) {
  return number ? std::optional(Decimal(*number)) : std::nullopt;
}

std::uint64_t Number(const Json& hex) { return std::stoull(hex.get<std::string>(), nullptr, 16); }

bool IsAbsent(const Json& object, const char* key) {
  return !object.contains(key) || object.at(key).is_null();
}

/// A quantity as decimal text, up to 128 bits.
std::optional<std::string> Quantity(const Json& object, const char* key) {
  if (IsAbsent(object, key)) return std::nullopt;
  Uint128 number = 0;
  for (const char c : object.at(key).get<std::string>().substr(2)) {
    number = number * 16 + static_cast<Uint128>(std::stoi(std::string(1, c), nullptr, 16));
  }
  return Decimal(number);
}

std::optional<std::string> Text(const Json& object, const char* key) {
  return IsAbsent(object, key) ? std::nullopt : std::optional(object.at(key).get<std::string>());
}

template <class T>
std::optional<std::string> ToText(const std::optional<T>& value) {
  if constexpr (std::is_integral_v<T>) {
    return value ? std::optional(std::to_string(*value)) : std::nullopt;
  } else {
    return value ? std::optional(ToHex(*value)) : std::nullopt;
  }
}

/// A quantity of up to 256 bits as 32 bytes.
std::string Padded(const Json& hex) {
  const std::string digits = hex.get<std::string>().substr(2);
  return "0x" + std::string(64 - digits.size(), '0') + digits;
}

void ExpectHeader(const EvmBlock& block, const Json& json) {
  EXPECT_EQ(block.number.value, Number(json["number"]));
  EXPECT_EQ(block.timestamp_s, Number(json["timestamp"]));
  EXPECT_EQ(Json(ToHex(block.hash)), json["hash"]);
  EXPECT_EQ(Json(ToHex(block.parent_hash)), json["parentHash"]);
  EXPECT_EQ(Json(ToHex(block.ommers_hash)), json["sha3Uncles"]);
  EXPECT_EQ(Json(ToHex(block.miner)), json["miner"]);
  EXPECT_EQ(Json(ToHex(block.state_root)), json["stateRoot"]);
  EXPECT_EQ(Json(ToHex(block.transactions_root)), json["transactionsRoot"]);
  EXPECT_EQ(Json(ToHex(block.receipts_root)), json["receiptsRoot"]);
  EXPECT_EQ(Json(Hex(block.logs_bloom)), json["logsBloom"]);
  EXPECT_EQ(Decimal(block.difficulty), Quantity(json, "difficulty"));
  EXPECT_EQ(Decimal(block.total_difficulty), Quantity(json, "totalDifficulty"));
  EXPECT_EQ(block.gas_limit, Number(json["gasLimit"]));
  EXPECT_EQ(block.gas_used, Number(json["gasUsed"]));
  EXPECT_EQ(Json(Hex(block.extra_data)), json["extraData"]);
  EXPECT_EQ(Json(ToHex(block.mix_hash)), json["mixHash"]);
  EXPECT_EQ(block.nonce, Number(json["nonce"]));
  EXPECT_EQ(Decimal(block.base_fee_per_gas), Quantity(json, "baseFeePerGas"));
  EXPECT_EQ(ToText(block.withdrawals_root), Text(json, "withdrawalsRoot"));
  EXPECT_EQ(ToText(block.blob_gas_used), Quantity(json, "blobGasUsed"));
  EXPECT_EQ(ToText(block.excess_blob_gas), Quantity(json, "excessBlobGas"));
  EXPECT_EQ(ToText(block.parent_beacon_root), Text(json, "parentBeaconBlockRoot"));
  EXPECT_EQ(ToText(block.requests_hash), Text(json, "requestsHash"));
}

/// What stands in the answers under the column's name. What is derived has tests of its own below.
void ExpectTransaction(const EvmTransaction& transaction, const Json& json, const Json& receipt) {
  EXPECT_EQ(transaction.index, Number(json["transactionIndex"]));
  EXPECT_EQ(Json(ToHex(transaction.hash)), json["hash"]);
  EXPECT_EQ(Json(ToHex(transaction.from)), json["from"]);
  EXPECT_EQ(ToText(transaction.to), Text(json, "to"));
  EXPECT_EQ(transaction.nonce, Number(json["nonce"]));
  EXPECT_EQ(transaction.gas_limit, Number(json["gas"]));
  EXPECT_EQ(Json(Hex(transaction.input)), json["input"]);
  EXPECT_EQ(ToHex(transaction.r), Padded(json.value("r", Json("0x0"))));
  EXPECT_EQ(ToHex(transaction.s), Padded(json.value("s", Json("0x0"))));
  EXPECT_EQ(transaction.type, static_cast<int>(Number(json.value("type", Json("0x0")))));
  EXPECT_EQ(Decimal(transaction.max_priority_fee_per_gas), Quantity(json, "maxPriorityFeePerGas"));
  EXPECT_EQ(Decimal(transaction.max_fee_per_blob_gas), Quantity(json, "maxFeePerBlobGas"));
  EXPECT_EQ(transaction.gas_used, Number(receipt["gasUsed"]));
  EXPECT_EQ(transaction.status, receipt.value("status", Json("0x1")) == "0x1");
  EXPECT_EQ(ToText(transaction.state_root), Text(receipt, "root"));
}

void ExpectLog(const EvmLog& log, const Json& json) {
  EXPECT_EQ(Json(ToHex(log.transaction_hash)), json["transactionHash"]);
  EXPECT_EQ(log.transaction_index, Number(json["transactionIndex"]));
  EXPECT_EQ(log.index, Number(json["logIndex"]));
  EXPECT_EQ(Json(ToHex(log.address)), json["address"]);
  EXPECT_EQ(Json(Hex(log.data)), json["data"]);
  Json topics = Json::array();
  for (const Hash32& topic : log.topics) topics.push_back(ToHex(topic));
  EXPECT_EQ(topics, json["topics"]);
}

class RpcAnswerForkTest : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(EveryFork, RpcAnswerForkTest, testing::ValuesIn(kFixtures),
                         [](const auto& fork) { return std::string(fork.param); });

TEST_P(RpcAnswerForkTest, EveryFieldOfABlockIsTheNodes) {
  const EvmFixture fixture = LoadFixture(GetParam());
  const EvmBlock block = ReadWhole(fixture);
  ExpectHeader(block, fixture.block);
  ASSERT_EQ(block.transactions.size(), fixture.block["transactions"].size());
  std::size_t log = 0;
  for (std::size_t i = 0; i < block.transactions.size(); ++i) {
    const Json& receipt = fixture.receipts[i];
    ExpectTransaction(block.transactions[i], fixture.block["transactions"][i], receipt);
    for (const Json& json : receipt["logs"]) {
      ASSERT_LT(log, block.logs.size());
      ExpectLog(block.logs[log++], json);
    }
  }
  EXPECT_EQ(log, block.logs.size());
}

// Method: cut a good answer after each of its bytes.
TEST_P(RpcAnswerForkTest, NoPartOfAnAnswerIsTakenForTheWhole) {
  const EvmFixture fixture = LoadFixture(GetParam());
  const std::string whole = AnswerOf(fixture).dump();
  AnswerReader reader;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const RpcAnswer answer = reader.Read(whole.substr(0, size), CallsFor(fixture.number()));
    ASSERT_TRUE(std::holds_alternative<Contradiction>(answer)) << "cut after byte " << size;
  }
  EXPECT_TRUE(std::holds_alternative<Values>(reader.Read(whole, CallsFor(fixture.number()))));
}

TEST_P(RpcAnswerForkTest, MembersMayComeInAnyOrderAndWithBlanks) {
  const EvmFixture fixture = LoadFixture(GetParam());
  const std::function<Json(const Json&)> reverse = [&](const Json& json) -> Json {
    if (json.is_array()) {
      Json out = Json::array();
      for (const Json& element : json) out.push_back(reverse(element));
      return out;
    }
    if (!json.is_object()) return json;
    Json out = Json::object();
    for (auto member = json.rbegin(); member != json.rend(); ++member) {
      out[member.key()] = reverse(member.value());
    }
    return out;
  };
  // The id comes after the result then, too.
  const RpcAnswer answer = Read(reverse(AnswerOf(fixture)).dump(3), CallsFor(fixture.number()));
  ASSERT_TRUE(std::holds_alternative<Values>(answer));
  const auto& block = std::get<EvmBlock>(std::get<Values>(answer).front());
  ExpectHeader(block, fixture.block);
  EXPECT_EQ(block.transactions.size(), fixture.block["transactions"].size());
}

// Columns that are not a member's value but Amp's reading of several.
TEST(RpcAnswerTest, LegacyTransactionsHaveTheirPriceAsFeeCap) {
  const EvmBlock block = ReadWhole(LoadFixture("london"));
  for (const std::size_t i : {0U, 1U, 3U}) {
    ASSERT_TRUE(block.transactions[i].gas_price);
    EXPECT_EQ(block.transactions[i].gas_price, block.transactions[i].max_fee_per_gas);
    EXPECT_EQ(block.transactions[i].max_priority_fee_per_gas, std::nullopt);
  }
  EXPECT_EQ(block.transactions[1].gas_price, Uint128{41'000'000'001});
}

TEST(RpcAnswerTest, LaterTypesHaveNoGasPriceAlthoughNodesGiveOne) {
  const EvmBlock block = ReadWhole(LoadFixture("london"));
  EXPECT_EQ(block.transactions[2].gas_price, std::nullopt);
  EXPECT_EQ(block.transactions[2].max_fee_per_gas, Uint128{100'000'000'000});
  EXPECT_EQ(block.transactions[2].max_priority_fee_per_gas, Uint128{1'000'000'000});
}

TEST(RpcAnswerTest, ParityIsReadFromEachAgeOfV) {
  const EvmBlock london = ReadWhole(LoadFixture("london"));
  EXPECT_TRUE(london.transactions[0].v_parity);  // 38, of chain 1.
  EXPECT_TRUE(london.transactions[1].v_parity);  // yParity.
  EXPECT_FALSE(london.transactions[2].v_parity);
  EXPECT_TRUE(london.transactions[3].v_parity);  // 28.
  const EvmBlock old = ReadWhole(LoadFixture("pre_merge"));
  EXPECT_FALSE(old.transactions[0].v_parity);  // 27.
  const EvmBlock cancun = ReadWhole(LoadFixture("cancun"));
  EXPECT_FALSE(cancun.transactions[1].v_parity);  // 0, without yParity.
}

TEST(RpcAnswerTest, ChainIdIsAbsentBeforeEip155AndToldByVAfterIt) {
  EXPECT_EQ(ReadWhole(LoadFixture("london")).transactions[3].chain_id, std::nullopt);
  const EvmBlock base = ReadWhole(LoadFixture("base"));
  EXPECT_EQ(base.transactions[2].chain_id, 8453U);
  EXPECT_EQ(base.transactions[3].chain_id, 8453U);  // From v alone.
  EXPECT_TRUE(base.transactions[3].v_parity);
}

TEST(RpcAnswerTest, ValueIsDecimalTextToTwoToThe256) {
  const EvmBlock block = ReadWhole(LoadFixture("pre_merge"));
  EXPECT_EQ(block.transactions[0].value, "1000000000000000000");
  EXPECT_EQ(block.transactions[1].value,
            "115792089237316195423570985008687907853269984665640564039457584007913129639935");
  EXPECT_EQ(ReadWhole(LoadFixture("cancun")).transactions[0].value, "0");
}

TEST(RpcAnswerTest, ListsAreAbsentOrEmptyAsTheTypeHasThem) {
  const EvmBlock london = ReadWhole(LoadFixture("london"));
  EXPECT_EQ(london.transactions[0].access_list, std::nullopt);
  ASSERT_TRUE(london.transactions[1].access_list);
  ASSERT_EQ(london.transactions[1].access_list->size(), 2U);
  EXPECT_EQ(london.transactions[1].access_list->at(0).storage_keys.size(), 2U);
  EXPECT_EQ(Json(ToHex(london.transactions[1].access_list->at(0).address)),
            LoadFixture("london").block["transactions"][1]["accessList"][0]["address"]);
  EXPECT_TRUE(london.transactions[1].access_list->at(1).storage_keys.empty());

  const EvmBlock cancun = ReadWhole(LoadFixture("cancun"));
  ASSERT_TRUE(cancun.transactions[0].blob_versioned_hashes);
  EXPECT_EQ(cancun.transactions[0].blob_versioned_hashes->size(), 2U);
  EXPECT_EQ(cancun.transactions[0].max_fee_per_blob_gas, Uint128{1'000'000'000});
  EXPECT_EQ(cancun.transactions[1].blob_versioned_hashes, std::nullopt);
  ASSERT_TRUE(cancun.transactions[1].access_list);  // The node left it out.
  EXPECT_TRUE(cancun.transactions[1].access_list->empty());
}

TEST(RpcAnswerTest, AnAuthorizationThatNoChainAcceptsDoesNotStopItsBlock) {
  const EvmBlock block = ReadWhole(LoadFixture("prague"));
  ASSERT_TRUE(block.transactions[0].authorization_list);
  const auto& list = *block.transactions[0].authorization_list;
  const EvmFixture fixture = LoadFixture("prague");
  const Json& json = fixture.block["transactions"][0]["authorizationList"];
  ASSERT_EQ(list.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(Json(ToHex(list[i].address)), json[i]["address"]);
    EXPECT_EQ(list[i].nonce, Number(json[i]["nonce"]));
    EXPECT_EQ(ToHex(list[i].r), Padded(json[i]["r"]));
    EXPECT_EQ(ToHex(list[i].s), Padded(json[i]["s"]));
  }
  EXPECT_EQ(list[0].chain_id, 1U);
  EXPECT_TRUE(list[0].y_parity);
  EXPECT_EQ(list[1].chain_id, 0U);
  EXPECT_FALSE(list[1].y_parity);
  // Chain 2^256-1 and parity 255.
  EXPECT_EQ(list[2].chain_id, ~0ULL);
  EXPECT_TRUE(list[2].y_parity);
}

TEST(RpcAnswerTest, ADepositNeedsNoSignature) {
  const EvmTransaction deposit = ReadWhole(LoadFixture("base")).transactions[0];
  EXPECT_EQ(deposit.type, 126);
  EXPECT_EQ(deposit.r, Hash32{});
  EXPECT_EQ(deposit.s, Hash32{});
  EXPECT_FALSE(deposit.v_parity);
  EXPECT_EQ(deposit.chain_id, std::nullopt);
  EXPECT_EQ(deposit.nonce, 33'411'836U);
  EXPECT_EQ(deposit.gas_price, std::nullopt);
  EXPECT_EQ(deposit.max_fee_per_gas, Uint128{0});
  EXPECT_EQ(deposit.access_list, std::nullopt);
}

TEST(RpcAnswerTest, AReceiptWithAStateRootCountsAsSuccess) {
  const EvmBlock block = ReadWhole(LoadFixture("pre_merge"));
  EXPECT_TRUE(block.transactions[0].status);
  EXPECT_TRUE(block.transactions[0].state_root);
  EXPECT_FALSE(ReadWhole(LoadFixture("london")).transactions[2].status);
}

/// One change to a good answer of the London block, and a part of what is said of it.
struct BadAnswer {
  const char* name;
  std::function<void(Json& block, Json& receipts)> change;
  const char* why;
};

void PrintTo(const BadAnswer& bad, std::ostream* out) { *out << bad.name; }

class RpcAnswerBadTest : public testing::TestWithParam<BadAnswer> {};

TEST_P(RpcAnswerBadTest, IsRefusedWithAReason) {
  EvmFixture fixture = LoadFixture("london");
  const BlockNumber number = fixture.number();
  GetParam().change(fixture.block, fixture.receipts);
  const std::string why = WhyNot(AnswerOf(fixture).dump(), CallsFor(number));
  EXPECT_THAT(why, HasSubstr(GetParam().why));
  EXPECT_THAT(why, HasSubstr("of block 13000042"));
}

const std::string kOtherHash = "0x" + std::string(64, 'e');

INSTANTIATE_TEST_SUITE_P(
    EveryWay, RpcAnswerBadTest,
    testing::Values(
        BadAnswer{"OtherBlock", [](Json& b, Json&) { b["number"] = "0x1"; }, "block number 1"},
        BadAnswer{"NumberAsJsonNumber", [](Json& b, Json&) { b["number"] = 13'000'042; },
                  "\"number\""},
        BadAnswer{"NumberOver64Bits",
                  [](Json& b, Json&) { b["timestamp"] = "0x10000000000000000"; }, "\"timestamp\""},
        BadAnswer{"DifficultyOver128Bits",
                  [](Json& b, Json&) { b["difficulty"] = "0x1" + std::string(32, '0'); },
                  "\"difficulty\""},
        BadAnswer{
            "ValueOver256Bits",
            [](Json& b, Json&) { b["transactions"][0]["value"] = "0x1" + std::string(64, '0'); },
            "transaction 0: \"value\""},
        BadAnswer{"QuantityWithoutPrefix", [](Json& b, Json&) { b["gasUsed"] = "5208"; },
                  "\"gasUsed\""},
        BadAnswer{"QuantityWithoutDigits", [](Json& b, Json&) { b["gasUsed"] = "0x"; },
                  "\"gasUsed\""},
        BadAnswer{"EscapeInHex", [](Json& b, Json&) { b["extraData"] = "0x\n0"; }, "\"extraData\""},
        BadAnswer{"OddDigits", [](Json& b, Json&) { b["extraData"] = "0x123"; }, "\"extraData\""},
        BadAnswer{"ShortHash", [](Json& b, Json&) { b["hash"] = "0x1234"; }, "\"hash\""},
        BadAnswer{"NullHash", [](Json& b, Json&) { b["hash"] = nullptr; }, "\"hash\" is missing"},
        BadAnswer{"LogsLost", [](Json&, Json& r) { r[1]["logs"] = Json::array(); },
                  "receipt 1: it has no logs"},
        BadAnswer{"ShortBloom", [](Json& b, Json&) { b["logsBloom"] = "0x00"; }, "\"logsBloom\""},
        BadAnswer{"ShortNonce", [](Json& b, Json&) { b["nonce"] = "0x0"; }, "\"nonce\""},
        BadAnswer{"NoMiner", [](Json& b, Json&) { b.erase("miner"); }, "\"miner\" is missing"},
        BadAnswer{"NoTransactions", [](Json& b, Json&) { b.erase("transactions"); },
                  "\"transactions\" is missing"},
        BadAnswer{"OnlyHashesOfTransactions",
                  [](Json& b, Json&) { b["transactions"] = Json::array({kOtherHash}); },
                  "\"transactions\""},
        BadAnswer{"TransactionOfOtherBlock",
                  [](Json& b, Json&) { b["transactions"][1]["blockHash"] = kOtherHash; },
                  "transaction 1: it is of block 0xeee"},
        BadAnswer{"TransactionsOfOtherBlock",
                  [](Json& b, Json&) {
                    for (Json& each : b["transactions"]) each["blockHash"] = kOtherHash;
                  },
                  "its transactions are of block 0xeee"},
        BadAnswer{"TransactionOutOfPlace",
                  [](Json& b, Json&) { std::swap(b["transactions"][0], b["transactions"][1]); },
                  "transaction 0: it has index 1"},
        BadAnswer{"TransactionOfOtherNumber",
                  [](Json& b, Json&) { b["transactions"][0]["blockNumber"] = "0x1"; },
                  "transaction 0: it is of block number 1"},
        BadAnswer{"IndexOver32Bits",
                  [](Json& b, Json&) { b["transactions"][0]["transactionIndex"] = "0x100000000"; },
                  "\"transactionIndex\""},
        BadAnswer{"NoSignature", [](Json& b, Json&) { b["transactions"][0].erase("r"); },
                  "signature"},
        BadAnswer{"StrangeParity", [](Json& b, Json&) { b["transactions"][0]["v"] = "0x1d"; },
                  "parity"},
        BadAnswer{"ParityOfTwo", [](Json& b, Json&) { b["transactions"][1]["yParity"] = "0x2"; },
                  "parity"},
        BadAnswer{"NoGasPrice", [](Json& b, Json&) { b["transactions"][0].erase("gasPrice"); },
                  "\"gasPrice\" is missing"},
        BadAnswer{"NoFeeCap", [](Json& b, Json&) { b["transactions"][2].erase("maxFeePerGas"); },
                  "\"maxFeePerGas\" is missing"},
        BadAnswer{
            "BadStorageKey",
            [](Json& b, Json&) { b["transactions"][1]["accessList"][0]["storageKeys"][0] = "0x0"; },
            "in \"accessList\", \"storageKeys\""},
        BadAnswer{"ReceiptOfOtherBlock", [](Json&, Json& r) { r[1]["blockHash"] = kOtherHash; },
                  "receipt 1"},
        BadAnswer{"ReceiptOfOtherNumber", [](Json&, Json& r) { r[0]["blockNumber"] = "0x1"; },
                  "receipt 0: it is of block number 1"},
        BadAnswer{"LogOfOtherBlock",
                  [](Json&, Json& r) { r[1]["logs"][0]["blockHash"] = kOtherHash; }, "receipt 1"},
        BadAnswer{"LogOfOtherTransaction",
                  [](Json&, Json& r) { r[1]["logs"][1]["transactionHash"] = kOtherHash; },
                  "log 2 is of another transaction"},
        BadAnswer{"LogIndexStandsStill",
                  [](Json&, Json& r) { r[1]["logs"][1]["logIndex"] = "0x1"; },
                  "log 1 comes after log 1"},
        BadAnswer{"LogIndexFallsBetweenReceipts",
                  [](Json&, Json& r) { r[0]["logs"][0]["logIndex"] = "0x9"; },
                  "log 1 comes after log 9"},
        BadAnswer{"LogRemoved", [](Json&, Json& r) { r[0]["logs"][0]["removed"] = true; },
                  "removed by a reorg"},
        BadAnswer{"FiveTopics",
                  [](Json&, Json& r) { r[1]["logs"][2]["topics"].push_back(kOtherHash); },
                  "\"topics\""},
        BadAnswer{"NoStatusAndNoRoot", [](Json&, Json& r) { r[0].erase("status"); },
                  "\"status\" is missing"},
        BadAnswer{"StatusOfTwo", [](Json&, Json& r) { r[0]["status"] = "0x2"; }, "\"status\""},
        BadAnswer{"ReceiptsAreAnObject", [](Json&, Json& r) { r = Json::object(); },
                  "eth_getBlockReceipts"},
        BadAnswer{"ReceiptsHoldNull", [](Json&, Json& r) { r[0] = nullptr; },
                  "eth_getBlockReceipts"}),
    [](const auto& way) { return way.param.name; });

TEST(RpcAnswerTest, TheSameMemberTwiceIsRefused) {
  const EvmFixture fixture = LoadFixture("shanghai");
  std::string body = AnswerOf(fixture).dump();
  body.insert(body.find("\"gasLimit\""), R"("number":"0x1",)");
  EXPECT_THAT(WhyNot(body, CallsFor(fixture.number())), HasSubstr("\"number\" is there twice"));
}

TEST(RpcAnswerTest, ABatchMayBeAnsweredInAnyOrder) {
  const EvmFixture fixture = LoadFixture("cancun");
  const Json body =
      Json::array({ResultElement(2, fixture.receipts), ResultElement(1, fixture.block)});
  const RpcAnswer answer = Read(body.dump(), CallsFor(fixture.number()));
  ASSERT_TRUE(std::holds_alternative<Values>(answer));
  EXPECT_TRUE(std::holds_alternative<EvmBlock>(std::get<Values>(answer)[0]));
  EXPECT_TRUE(std::holds_alternative<BlockReceipts>(std::get<Values>(answer)[1]));
}

TEST(RpcAnswerTest, IdsMustBeThoseOfTheCalls) {
  const EvmFixture fixture = LoadFixture("shanghai");
  const auto calls = CallsFor(fixture.number());
  const Json block = ResultElement(1, fixture.block);
  const Json receipts = ResultElement(2, fixture.receipts);
  const auto why = [&](const Json& body) { return WhyNot(body.dump(), calls); };
  EXPECT_THAT(why(Json::array({block})),
              HasSubstr("eth_getBlockReceipts of block 17034900 was not answered"));
  EXPECT_THAT(why({block, block, receipts}), HasSubstr("answered twice"));
  EXPECT_THAT(why({block, ResultElement(3, fixture.receipts)}), HasSubstr("the id of no call"));
  EXPECT_THAT(why({block, ResultElement(0, fixture.receipts)}), HasSubstr("the id of no call"));
  Json text_id = receipts;
  text_id["id"] = "2";
  EXPECT_THAT(why({block, text_id}), HasSubstr("\"id\""));
  Json no_id = receipts;
  no_id.erase("id");
  EXPECT_THAT(why({block, no_id}), HasSubstr("the id of no call"));
  Json no_result = receipts;
  no_result.erase("result");
  EXPECT_THAT(why({block, no_result}), HasSubstr("neither result nor error"));
  EXPECT_THAT(why(block), HasSubstr("one result"));
  // Ids swapped: a block is no array of receipts.
  EXPECT_NE(why({ResultElement(2, fixture.block), ResultElement(1, fixture.receipts)}), "");
}

TEST(RpcAnswerTest, NullIsNotThereAndNotAnEmptyBlock) {
  const RpcAnswer answer = Read(
      Json::array({ResultElement(1, nullptr), ResultElement(2, nullptr)}).dump(), CallsFor({7}));
  ASSERT_TRUE(std::holds_alternative<Values>(answer));
  for (const RpcValue& value : std::get<Values>(answer)) {
    EXPECT_TRUE(std::holds_alternative<NotThere>(value));
  }
}

TEST(RpcAnswerTest, ErrorsKeepTheirCodeAndWords) {
  const std::vector<RpcCall> calls = {{.method = RpcMethod::kHead}};
  const auto error = [&](const std::string& body) {
    const RpcAnswer answer = Read(body, calls);
    return std::get<RpcError>(std::get<Values>(answer).front());
  };
  const RpcError plain = error(ErrorElement(1, -32601, "no \"such\" method").dump());
  EXPECT_EQ(plain.code, -32601);
  EXPECT_EQ(plain.message, "no \"such\" method");
  EXPECT_EQ(error(R"({"id":1,"result":null,"error":{"message":"m"}})").code, 0);
  EXPECT_EQ(error(R"({"id":null,"error":{"code":-32700,"message":"m"}})").code, -32700);
  EXPECT_EQ(error(R"({"id":1,"error":"rate limited"})").message, "rate limited");
}

TEST(RpcAnswerTest, OneErrorForABatchIsARefusal) {
  const auto calls = CallsFor({7});
  EXPECT_TRUE(std::holds_alternative<BatchRefusal>(
      Read(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}})", calls)));
  EXPECT_TRUE(std::holds_alternative<BatchRefusal>(
      Read(Json::array({ErrorElement(1, -32600, "batch too large")}).dump(), calls)));
}

TEST(RpcAnswerTest, WhatIsNoAnswerIsRefused) {
  const auto calls = CallsFor({7});
  for (const char* body : {"",
                           " ",
                           "null",
                           "true",
                           "7",
                           "\"x\"",
                           "[]",
                           "{}",
                           "[{}]",
                           "[[]]",
                           "[1]",
                           "{\"id\":1",
                           "<html>502</html>",
                           "\xEF\xBB\xBF[]",
                           "[{\"id\":1,\"result\":null},{\"id\":2,\"result\":nul}]",
                           "[{\"id\":1,\"result\":null},{\"id\":2,\"result\":null}] x",
                           "[{\"id\":1,\"result\":null},{\"id\":2,\"result\":null}]]",
                           "[{\"id\":1,\"result\":null}{\"id\":2,\"result\":null}]",
                           "[{\"id\":1,\"result\":{}},{\"id\":2,\"result\":null}]",
                           "[{\"id\":1,\"result\":\"\xFF\"},{\"id\":2,\"result\":null}]"}) {
    EXPECT_NE(WhyNot(body, calls), "") << body;
  }
}

TEST(RpcAnswerTest, DeepNestingIsSkippedWithoutHarm) {
  const std::string deep(100'000, '[');
  EXPECT_NE(WhyNot(deep, CallsFor({7})), "");
  const std::string closed = deep + std::string(deep.size(), ']');
  EXPECT_EQ(WhyNot("[{\"x\":" + closed + R"(,"id":1,"result":null},{"id":2,"result":null}])",
                   CallsFor({7})),
            "");
}

TEST(RpcAnswerTest, AHeadIsItsNumberHashAndTime) {
  const EvmFixture fixture = LoadFixture("prague");
  const std::vector<RpcCall> calls = {{.method = RpcMethod::kHead}};
  const RpcAnswer answer = Read(ResultElement(1, fixture.block).dump(), calls);
  const auto& head = std::get<ChainHead>(std::get<Values>(answer).front());
  EXPECT_EQ(head.number, fixture.number());
  EXPECT_EQ(Json(ToHex(head.hash)), fixture.block["hash"]);
  EXPECT_EQ(head.timestamp_s, Number(fixture.block["timestamp"]));
}

TEST(BlockReceiptsTest, MustBeOfTheBlockAndOneEachTransaction) {
  const EvmFixture fixture = LoadFixture("london");
  const auto join = [&](const Json& receipts) {
    RpcAnswer answer = Read(AnswerOf({fixture.block, receipts}).dump(), CallsFor(fixture.number()));
    auto& values = std::get<Values>(answer);
    auto block = std::get<EvmBlock>(std::move(values[0]));
    return Join(block, std::get<BlockReceipts>(std::move(values[1]))).value_or("");
  };
  EXPECT_EQ(join(fixture.receipts), "");

  Json fewer = fixture.receipts;
  fewer.erase(3);
  EXPECT_THAT(join(fewer), HasSubstr("3 receipts for 4 transactions"));
  EXPECT_THAT(join(Json::array()), HasSubstr("0 receipts for 4 transactions"));
  Json swapped = fixture.receipts;
  std::swap(swapped[2], swapped[3]);
  EXPECT_THAT(join(swapped), HasSubstr("receipt 2 is of transaction 3"));
  Json elsewhere = fixture.receipts;
  for (Json& receipt : elsewhere) {
    receipt["blockHash"] = kOtherHash;
    for (Json& log : receipt["logs"]) log["blockHash"] = kOtherHash;
  }
  EXPECT_THAT(join(elsewhere), HasSubstr("the receipts are of block 0xeee"));
}

}  // namespace
}  // namespace tidemark::providers
