#include "tidemark/providers/evm_rpc.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evm_fixture.h"
#include "scripted_node.h"

namespace tidemark::providers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Deadline Soon() { return Deadline::After(seconds(20)); }

std::unique_ptr<BlockSource> Source(const ScriptedNode& node, EvmRpcOptions options = {}) {
  if (options.url.empty()) options.url = node.url();
  auto source = MakeEvmRpcSource(options);
  EXPECT_TRUE(source) << source.error().message;
  return std::move(source).value();
}

BlockRange Range(BlockNumber first, std::uint64_t count) {
  return BlockRange::Make(first, {first.value + count - 1}).value();
}

Result<std::vector<EvmBlock>> Fetch(BlockSource& source, BlockRange range) {
  return source.FetchBlocks(range, Soon(), {});
}

const EvmFixture& London() {
  static const EvmFixture fixture = LoadFixture("london");
  return fixture;
}

/// Before the first answer tells how long they are, a source asks for few blocks at once.
Result<std::vector<EvmBlock>> LearnSize(BlockSource& source) {
  return Fetch(source, BlockRange::Single(London().number()));
}

/// A source of the London block whose node does something else first.
struct OneBlock {
  explicit OneBlock(ScriptedNode::Script script, const EvmRpcOptions& options = {})
      : node(std::move(script)), source(Source(node, options)) {}

  Result<std::vector<EvmBlock>> Fetch() {
    return source->FetchBlocks(BlockRange::Single(London().number()), Soon(), {});
  }

  ScriptedNode node;
  std::unique_ptr<BlockSource> source;
};

/// Answers the first `count` requests as `bad` says, and the others well.
ScriptedNode::Script FirstBad(int count, const Scripted& bad) {
  return [=, chain = FixtureChain({London()})](const SeenRequest& request, int number) {
    return number <= count ? bad : chain.Answer(request);
  };
}

TEST(EvmRpcTest, BlocksComeWholeAndInOrder) {
  constexpr std::uint64_t kCount = 57;
  const FixtureChain chain = FixtureChain::Repeating(London(), kCount);
  const ScriptedNode node([&](const SeenRequest& request, int) { return chain.Answer(request); });
  const auto source = Source(node, {.concurrent_request_limit = 4, .rpc_batch_size = 5});
  ASSERT_TRUE(LearnSize(*source));
  const auto blocks = Fetch(*source, Range(London().number(), kCount));
  ASSERT_TRUE(blocks) << blocks.error().message;
  ASSERT_EQ(blocks->size(), kCount);
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const EvmBlock& block = (*blocks)[i];
    EXPECT_EQ(block.number.value, London().number().value + i);
    EXPECT_EQ(block.transactions.size(), 4U);
    EXPECT_EQ(block.transactions[1].gas_used, 63'210U);
    EXPECT_EQ(block.logs.size(), 4U);
  }
  EXPECT_EQ(node.requests().size(), 1U + 12U);
  EXPECT_LE(node.concurrency_max(), 4);
}

TEST(EvmRpcTest, AsksForAsManyBlocksAsMakeNoLongAnswer) {
  constexpr std::uint64_t kCount = 12;
  const FixtureChain chain = FixtureChain::Repeating(London(), kCount);
  const ScriptedNode node([&](const SeenRequest& request, int) {
    Scripted answer = chain.Answer(request);
    answer.body.append(request.call_count() / 2 * (400ULL << 10U), ' ');
    return answer;
  });
  const auto source = Source(node, {.concurrent_request_limit = 1, .rpc_batch_size = 10});
  ASSERT_TRUE(Fetch(*source, Range(London().number(), kCount)));
  EXPECT_EQ(node.requests().size(), 3U);  // The size is not known yet.
  ASSERT_TRUE(Fetch(*source, Range(London().number(), kCount)));
  EXPECT_EQ(node.requests().size(), 3U + 6U);
}

TEST(EvmRpcTest, ConnectionsAreKeptForTheNextCall) {
  OneBlock one(FirstBad(0, {}));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(one.Fetch());
  ASSERT_TRUE(one.source->FetchHead(HeadTag::kLatest, Soon(), {}));
  EXPECT_EQ(one.node.connection_count(), 1);
}

TEST(EvmRpcTest, RequestsUnderWayNeverExceedTheLimitOfTheSource) {
  const FixtureChain chain = FixtureChain::Repeating(London(), 40);
  const ScriptedNode node([&](const SeenRequest& request, int) { return chain.Answer(request); });
  const auto source = Source(node, {.concurrent_request_limit = 3, .rpc_batch_size = 1});
  std::vector<std::jthread> callers;
  std::atomic<int> failures = 0;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&] {
      const auto blocks = Fetch(*source, Range(London().number(), 40));
      if (!blocks || blocks->size() != 40) ++failures;
      if (!source->FetchHead(HeadTag::kLatest, Soon(), {})) ++failures;
    });
  }
  callers.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_LE(node.concurrency_max(), 3);
  EXPECT_LE(node.connection_count(), 3);
}

TEST(EvmRpcTest, TheHeadIsNulloptUntilThereIsOne) {
  std::atomic<bool> has_head = false;
  const FixtureChain empty({});
  const FixtureChain chain({London()});
  const ScriptedNode node([&](const SeenRequest& request, int) {
    return has_head ? chain.Answer(request) : empty.Answer(request);
  });
  const auto source = Source(node);
  const auto before = source->FetchHead(HeadTag::kFinalized, Soon(), {});
  ASSERT_TRUE(before) << before.error().message;
  EXPECT_EQ(*before, std::nullopt);
  has_head = true;
  const auto after = source->FetchHead(HeadTag::kLatest, Soon(), {});
  ASSERT_TRUE(after && *after);
  EXPECT_EQ((*after)->number, London().number());
  EXPECT_EQ(ToHex((*after)->hash), London().block["hash"].get<std::string>());
  const auto requests = node.requests();
  EXPECT_EQ(requests[0].body["params"], Json::parse(R"(["finalized",false])"));
  EXPECT_EQ(requests[1].body["params"], Json::parse(R"(["latest",false])"));
}

TEST(EvmRpcTest, ABlockThatIsNotThereYetIsNamed) {
  OneBlock one([](const SeenRequest& request, int) { return FixtureChain({}).Answer(request); });
  const auto blocks = one.Fetch();
  ASSERT_FALSE(blocks);
  EXPECT_EQ(blocks.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(blocks.error().message,
              AllOf(HasSubstr("eth_getBlockByNumber of block 13000042"), HasSubstr(one.node.name()),
                    HasSubstr("block 13000042 is not there yet")));
  EXPECT_EQ(one.node.requests().size(), 1U);  // The caller knows better when to ask again.
}

TEST(EvmRpcTest, NullReceiptsAreNotABlockWithoutLogs) {
  OneBlock one([chain = FixtureChain({London()})](const SeenRequest& request, int) {
    Json answers = Json::parse(chain.Answer(request).body);
    answers[1]["result"] = nullptr;
    return Scripted{.body = answers.dump()};
  });
  const auto blocks = one.Fetch();
  ASSERT_FALSE(blocks);
  EXPECT_EQ(blocks.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(blocks.error().message, HasSubstr("eth_getBlockReceipts of block 13000042"));
}

struct Passing {
  const char* name;
  Scripted bad;
};
void PrintTo(const Passing& passing, std::ostream* out) { *out << passing.name; }

class EvmRpcPassingTest : public testing::TestWithParam<Passing> {};

TEST_P(EvmRpcPassingTest, OneFailureIsMendedByAskingAgain) {
  OneBlock one(FirstBad(1, GetParam().bad));
  const auto blocks = one.Fetch();
  ASSERT_TRUE(blocks) << blocks.error().message;
  EXPECT_EQ(blocks->size(), 1U);
  EXPECT_EQ(one.node.requests().size(), 2U);
}

TEST_P(EvmRpcPassingTest, FailureWithoutEndIsUnavailable) {
  OneBlock one(FirstBad(1'000, GetParam().bad));
  const auto blocks = one.Fetch();
  ASSERT_FALSE(blocks);
  EXPECT_EQ(blocks.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(blocks.error().message, AllOf(HasSubstr("eth_getBlockByNumber of block 13000042"),
                                            HasSubstr(one.node.name())));
  EXPECT_LE(one.node.requests().size(), 5U);
}

TEST_P(EvmRpcPassingTest, TheHeadSurvivesItToo) {
  OneBlock one(FirstBad(1, GetParam().bad));
  const auto head = one.source->FetchHead(HeadTag::kLatest, Soon(), {});
  ASSERT_TRUE(head && *head);
}

INSTANTIATE_TEST_SUITE_P(
    EveryKind, EvmRpcPassingTest,
    testing::Values(
        Passing{"TooManyRequests", {.status = 429, .extra_headers = "Retry-After: 0\r\n"}},
        Passing{"ServerError", {.status = 500, .body = "oops"}},
        Passing{"BadGateway", {.status = 502, .body = "<html>"}},
        Passing{"Timeout", {.status = 408}},
        Passing{"ConnectionDropped", {.ending = Scripted::Ending::kDrop}},
        Passing{"HalfAnswer",
                {.body = AnswerOf(London()).dump(), .ending = Scripted::Ending::kHalf}},
        Passing{"WholeHttpHalfJson", {.body = AnswerOf(London()).dump().substr(0, 2'000)}},
        Passing{"HtmlWithStatus200", {.body = "<html>502</html>"}}, Passing{"EmptyBody", {}},
        Passing{
            "RateLimitError",
            {.body = R"({"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"slow"}})"}}),
    [](const auto& kind) { return kind.param.name; });

TEST(EvmRpcTest, RetryAfterIsHonoured) {
  OneBlock one(FirstBad(1, {.status = 429, .extra_headers = "retry-after: 1\r\n"}));
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(one.Fetch());
  EXPECT_GE(std::chrono::steady_clock::now() - start, seconds(1));
}

TEST(EvmRpcTest, ARetryAfterPastTheDeadlineIsNotWaitedFor) {
  OneBlock one(FirstBad(9, {.status = 503, .extra_headers = "Retry-After: 600\r\n"}));
  const auto start = std::chrono::steady_clock::now();
  const auto blocks = one.Fetch();
  ASSERT_FALSE(blocks);
  EXPECT_EQ(blocks.error().code, ErrorCode::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
  EXPECT_EQ(one.node.requests().size(), 1U);
}

TEST(EvmRpcTest, ARetryAfterHoldsBackLaterCallsToo) {
  OneBlock one(FirstBad(1, {.status = 429, .extra_headers = "Retry-After: 1\r\n"}));
  const auto start = std::chrono::steady_clock::now();
  const auto head = one.source->FetchHead(HeadTag::kLatest, Deadline::After(milliseconds(500)), {});
  ASSERT_FALSE(head);
  EXPECT_THAT(head.error().message, HasSubstr("HTTP status 429"));
  const auto early = one.source->FetchHead(HeadTag::kLatest, Deadline::After(milliseconds(1)), {});
  ASSERT_FALSE(early);
  EXPECT_THAT(early.error().message,
              AllOf(HasSubstr("wants no calls for another 1 s"), HasSubstr(one.node.name())));
  EXPECT_EQ(one.node.requests().size(), 1U);
  ASSERT_TRUE(one.Fetch());
  EXPECT_GE(std::chrono::steady_clock::now() - start, seconds(1));
}

TEST(EvmRpcTest, ARetryAfterIsHonouredForAMinuteAtMost) {
  for (const char* wish : {"86400", "99999999999", "18446744073709551615"}) {
    OneBlock one(
        FirstBad(1, {.status = 503, .extra_headers = fmt::format("Retry-After: {}\r\n", wish)}));
    ASSERT_FALSE(one.Fetch());
    const auto head = one.source->FetchHead(HeadTag::kLatest, Soon(), {});
    ASSERT_FALSE(head);
    EXPECT_THAT(head.error().message, HasSubstr("wants no calls for another 60 s"));
  }
}

TEST(EvmRpcTest, TheChainIdIsTheNodes) {
  const ScriptedNode node([](const SeenRequest& request, int number) {
    EXPECT_EQ(request.body["method"], "eth_chainId");
    EXPECT_EQ(request.body["params"], Json::array());
    return Scripted{.body = number == 1 ? R"({"jsonrpc":"2.0","id":1,"result":"0x7a69"})"
                                        : R"({"jsonrpc":"2.0","id":1,"result":"seven"})"};
  });
  const auto source = Source(node);
  EXPECT_EQ(source->name(), node.name());
  const auto id = source->FetchChainId(Soon(), {});
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(*id, 31'337U);
  const auto nonsense = source->FetchChainId(Soon(), {});
  ASSERT_FALSE(nonsense);
  EXPECT_THAT(nonsense.error().message, AllOf(HasSubstr("eth_chainId"), HasSubstr(node.name())));
}

TEST(EvmRpcTest, ANodeThatDoesNotTellItsChainIdIsTakenAsItIs) {
  for (const Scripted& answer :
       {Scripted{.body = ErrorElement(1, -32601, "no such method").dump()},
        Scripted{.body = R"({"jsonrpc":"2.0","id":1,"result":null})"}, Scripted{.status = 403}}) {
    const ScriptedNode node([&](const SeenRequest&, int) { return answer; });
    const auto id = Source(node)->FetchChainId(Soon(), {});
    ASSERT_TRUE(id) << id.error().message;
    EXPECT_EQ(*id, std::nullopt);
  }
}

TEST(EvmRpcTest, AReorgBetweenTwoAnswersIsAskedAgainOnce) {
  std::atomic<int> reorgs = 1;
  OneBlock one([&](const SeenRequest& request, int) {
    Json answers = Json::parse(FixtureChain({London()}).Answer(request).body);
    if (reorgs-- > 0) {
      std::string receipts = answers[1].dump();
      const std::string hash = London().block["hash"];
      for (std::size_t at = 0; (at = receipts.find(hash, at)) != std::string::npos; ++at) {
        receipts.replace(at, hash.size(), "0x" + std::string(64, 'e'));
      }
      answers[1] = Json::parse(receipts);
    }
    return Scripted{.body = answers.dump()};
  });
  ASSERT_TRUE(one.Fetch());
  EXPECT_EQ(one.node.requests().size(), 2U);

  reorgs = 1'000;
  const auto blocks = one.Fetch();
  ASSERT_FALSE(blocks);
  EXPECT_EQ(blocks.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(blocks.error().message,
              AllOf(HasSubstr("13000042"), HasSubstr("the receipts are of block 0xeee")));
  EXPECT_EQ(one.node.requests().size(), 4U);
}

TEST(EvmRpcTest, RefusedCredentialsAreNotTriedAgain) {
  for (const int status : {401, 403}) {
    OneBlock one(FirstBad(9, {.status = status, .body = "who are you"}));
    const auto blocks = one.Fetch();
    ASSERT_FALSE(blocks);
    EXPECT_EQ(blocks.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(blocks.error().message, HasSubstr(fmt::format("HTTP status {}", status)));
    EXPECT_EQ(one.node.requests().size(), 1U);
  }
}

TEST(EvmRpcTest, AnUnknownMethodIsTheCallersError) {
  OneBlock one(FirstBad(9, {.body = ErrorElement(1, -32601, "no").dump()}), {.rpc_batch_size = 1});
  const auto head = one.source->FetchHead(HeadTag::kLatest, Soon(), {});
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(head.error().message,
              AllOf(HasSubstr("eth_getBlockByNumber of the latest block"), HasSubstr("-32601")));
}

TEST(EvmRpcTest, ANodeWithoutBlockReceiptsIsAskedForEachTransactionsFromThenOn) {
  const FixtureChain chain({London()});
  OneBlock one([&](const SeenRequest& request, int) {
    return AnswerEach(request, [&](const Json& call) {
      return call["method"] == "eth_getBlockReceipts"
                 ? ErrorElement(call["id"], -32601, "no such method")
                 : chain.AnswerCall(call);
    });
  });
  for (int round = 0; round < 2; ++round) {
    const auto blocks = one.Fetch();
    ASSERT_TRUE(blocks) << blocks.error().message;
    EXPECT_EQ(blocks->front().logs.size(), 4U);
    EXPECT_FALSE(blocks->front().transactions[2].status);
  }
  int asked = 0;
  for (const SeenRequest& request : one.node.requests()) {
    if (request.body.dump().find("eth_getBlockReceipts") != std::string::npos) ++asked;
  }
  EXPECT_EQ(asked, 1);
}

TEST(EvmRpcTest, ReceiptsByTransactionNeverAskForABlocks) {
  OneBlock one(FirstBad(0, {}), {.rpc_batch_size = 1, .fetch_receipts_per_tx = true});
  const auto blocks = one.Fetch();
  ASSERT_TRUE(blocks) << blocks.error().message;
  EXPECT_EQ(blocks->front().logs.size(), 4U);
  // The block, then four receipts in batches of two.
  EXPECT_EQ(one.node.requests().size(), 3U);
  for (const SeenRequest& request : one.node.requests()) {
    EXPECT_EQ(request.body.dump().find("eth_getBlockReceipts"), std::string::npos);
  }
}

TEST(EvmRpcTest, AMissingReceiptOfATransactionIsNotLeftOut) {
  OneBlock one(
      [chain = FixtureChain({London()})](const SeenRequest& request, int number) {
        if (number == 1) return chain.Answer(request);
        Json answers = Json::parse(chain.Answer(request).body);
        answers.back()["result"] = nullptr;
        return Scripted{.body = answers.dump()};
      },
      {.fetch_receipts_per_tx = true});
  const auto blocks = one.Fetch();
  ASSERT_FALSE(blocks);
  EXPECT_EQ(blocks.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(blocks.error().message, HasSubstr("eth_getTransactionReceipt of block 13000042"));
}

struct Refusing {
  const char* name;
  Scripted refusal;
};
void PrintTo(const Refusing& refusing, std::ostream* out) { *out << refusing.name; }

class EvmRpcBatchTest : public testing::TestWithParam<Refusing> {};

TEST_P(EvmRpcBatchTest, IsHalvedUntilTheNodeTakesIt) {
  const FixtureChain chain = FixtureChain::Repeating(London(), 12);
  const ScriptedNode node([&](const SeenRequest& request, int) {
    return request.call_count() > 3 ? GetParam().refusal : chain.Answer(request);
  });
  const auto source = Source(node, {.concurrent_request_limit = 1, .rpc_batch_size = 12});
  ASSERT_TRUE(LearnSize(*source));
  ASSERT_TRUE(Fetch(*source, Range(London().number(), 12)));
  const std::size_t learning = node.requests().size();
  EXPECT_EQ(learning, 1U + 3U + 8U);  // 24, 12 and 6 refused, then threes.
  const auto again = Fetch(*source, Range(London().number(), 12));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->size(), 12U);
  EXPECT_EQ(node.requests().size(), learning + 8U);  // What was learnt stays.
}

TEST_P(EvmRpcBatchTest, ANodeWithoutBatchesIsAskedOneByOne) {
  const FixtureChain chain({London()});
  const ScriptedNode node([&](const SeenRequest& request, int) {
    return request.body.is_array() ? GetParam().refusal : chain.Answer(request);
  });
  const auto source = Source(node);
  const auto blocks = Fetch(*source, BlockRange::Single(London().number()));
  ASSERT_TRUE(blocks) << blocks.error().message;
  EXPECT_EQ(node.requests().size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(
    EveryKind, EvmRpcBatchTest,
    testing::Values(
        Refusing{"ErrorObject",
                 {.body = R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}})"}},
        Refusing{"PayloadTooLarge", {.status = 413}}, Refusing{"BadRequest", {.status = 400}},
        Refusing{"GethsOneElement",
                 {.body = "[" + ErrorElement(1, -32600, "batch too large").dump() + "]"}},
        Refusing{"LimitThatNamesTheBatch",
                 {.body = R"({"id":1,"error":{"code":-32005,"message":"Batch limit exceeded"}})"}}),
    [](const auto& kind) { return kind.param.name; });

TEST(EvmRpcTest, CredentialsAreSentAndNeverShown) {
  const std::string key = "s3cr3t-key-0123456789";
  for (const int status : {200, 403, 500}) {
    const ScriptedNode node([&](const SeenRequest&, int) {
      return Scripted{.status = status,
                      .body = R"({"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"key )" +
                              key + R"( is blocked"}})"};
    });
    const auto source =
        Source(node, {.url = node.url() + "/v2/" + key + "?token=" + key, .auth_token = "t0ken"});
    const auto head = source->FetchHead(HeadTag::kLatest, Soon(), {});
    ASSERT_FALSE(head);
    EXPECT_THAT(head.error().message, AllOf(Not(HasSubstr(key)), Not(HasSubstr("t0ken")),
                                            Not(HasSubstr("/v2")), HasSubstr(node.name())));
    EXPECT_THAT(node.requests().front().head,
                AllOf(HasSubstr("POST /v2/" + key + "?token=" + key + " "),
                      HasSubstr("Authorization: Bearer t0ken\r\n"),
                      HasSubstr("Content-Type: application/json\r\n")));
  }
}

TEST(EvmRpcTest, ANamedHeaderCarriesTheBareToken) {
  OneBlock one(FirstBad(0, {}), {.auth_header = "X-Api-Key", .auth_token = "t0ken"});
  ASSERT_TRUE(one.Fetch());
  EXPECT_THAT(one.node.requests().front().head,
              AllOf(HasSubstr("X-Api-Key: t0ken\r\n"), Not(HasSubstr("Authorization"))));
}

TEST(EvmRpcTest, OptionsThatCannotWorkAreRefusedAtOnce) {
  for (const char* url : {"", "ws://127.0.0.1:1", "ipc:///tmp/x", "http://", "http://u:p@host/"}) {
    const auto source = MakeEvmRpcSource({.url = url});
    ASSERT_FALSE(source) << url;
    EXPECT_EQ(source.error().code, ErrorCode::kInvalidArgument);
  }
  const std::string url = "http://127.0.0.1:1/";
  EXPECT_FALSE(MakeEvmRpcSource({.url = url, .auth_token = "a\r\nX-Evil: 1"}));
  EXPECT_FALSE(MakeEvmRpcSource({.url = url, .auth_header = "X:Y", .auth_token = "a"}));
  EXPECT_FALSE(MakeEvmRpcSource({.url = url, .auth_header = "", .auth_token = "a"}));
}

TEST(EvmRpcTest, TooManyBlocksAtOnceAreRefused) {
  OneBlock one(FirstBad(0, {}));
  const auto all = one.source->FetchBlocks(
      BlockRange::Make({0}, {std::numeric_limits<std::uint64_t>::max()}).value(), Soon(), {});
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(one.node.requests().empty());
}

TEST(EvmRpcTest, TheLastBlockNumberCanBeAskedFor) {
  OneBlock one([](const SeenRequest& request, int) { return FixtureChain({}).Answer(request); });
  const std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  const auto blocks = Fetch(*one.source, BlockRange::Make({last - 30}, {last}).value());
  ASSERT_FALSE(blocks);
  EXPECT_THAT(blocks.error().message, HasSubstr("is not there yet"));
}

TEST(EvmRpcTest, StopEndsACallThatWaitsForAnAnswer) {
  OneBlock one([](const SeenRequest&, int) { return Scripted{.ending = Scripted::Ending::kHang}; });
  std::stop_source stop;
  std::jthread stopper([&] {
    EXPECT_TRUE(one.node.WaitForRequests(1));
    stop.request_stop();
  });
  const auto start = std::chrono::steady_clock::now();
  const auto blocks =
      one.source->FetchBlocks(Range(London().number(), 100), Deadline::Never(), stop.get_token());
  ASSERT_FALSE(blocks);
  EXPECT_EQ(blocks.error().code, ErrorCode::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
}

TEST(EvmRpcTest, StopEndsTheWaitBeforeARetry) {
  OneBlock one(FirstBad(9, {.status = 429, .extra_headers = "Retry-After: 600\r\n"}));
  std::stop_source stop;
  std::jthread stopper([&] {
    EXPECT_TRUE(one.node.WaitForRequests(1));
    stop.request_stop();
  });
  const auto head = one.source->FetchHead(HeadTag::kLatest, Deadline::Never(), stop.get_token());
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, ErrorCode::kUnavailable);
}

TEST(EvmRpcTest, StopEndsTheWaitForTheRateLimit) {
  OneBlock one(FirstBad(0, {}), {.rate_limit_per_minute = 1});
  ASSERT_TRUE(one.Fetch());  // Two calls: the next turn is in two minutes.
  const auto late = one.source->FetchHead(HeadTag::kLatest, Soon(), {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(late.error().message, HasSubstr("rate limit"));

  std::stop_source stop;
  stop.request_stop();
  const auto head = one.source->FetchHead(HeadTag::kLatest, Deadline::Never(), stop.get_token());
  ASSERT_FALSE(head);
  EXPECT_EQ(one.node.requests().size(), 1U);
}

TEST(EvmRpcTest, TheDeadlineEndsACall) {
  OneBlock one([](const SeenRequest&, int) { return Scripted{.ending = Scripted::Ending::kHang}; });
  const auto start = std::chrono::steady_clock::now();
  const auto blocks = one.source->FetchBlocks(Range(London().number(), 100),
                                              Deadline::After(milliseconds(100)), {});
  ASSERT_FALSE(blocks);
  EXPECT_EQ(blocks.error().code, ErrorCode::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
}

TEST(EvmRpcTest, AnAnswerPastTheSizeLimitIsNotRead) {
  OneBlock one(FirstBad(0, {}), {.max_response_bytes = 1'000});
  const auto blocks = one.Fetch();
  ASSERT_FALSE(blocks);
  EXPECT_EQ(blocks.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(blocks.error().message,
              AllOf(HasSubstr("eth_getBlockByNumber of block 13000042"), HasSubstr(one.node.name()),
                    HasSubstr("larger than the limit of 1000 bytes")));
  // Nothing smaller can be asked for, and another try would be as long.
  EXPECT_EQ(one.node.requests().size(), 2U);
}

TEST(EvmRpcTest, ABatchWhoseAnswerIsPastTheSizeLimitIsDivided) {
  const FixtureChain chain = FixtureChain::Repeating(London(), 8);
  const ScriptedNode node([&](const SeenRequest& request, int) { return chain.Answer(request); });
  const std::uint64_t block_bytes = AnswerOf(London()).dump().size();
  const auto source = Source(
      node,
      {.concurrent_request_limit = 1, .rpc_batch_size = 8, .max_response_bytes = 3 * block_bytes});
  ASSERT_TRUE(LearnSize(*source));
  const auto blocks = Fetch(*source, Range(London().number(), 8));
  ASSERT_TRUE(blocks) << blocks.error().message;
  EXPECT_EQ(blocks->size(), 8U);
  EXPECT_EQ(node.requests().size(), 1U + 2U + 4U);  // Eight and four blocks refused, then two each.
}

TEST(EvmRpcTest, OneFailedPartFailsTheRangeWithItsReason) {
  const FixtureChain chain = FixtureChain::Repeating(London(), 30);
  const std::string missing = fmt::format("{:#x}", London().number().value + 17);
  const ScriptedNode node([&](const SeenRequest& request, int) {
    if (request.body.dump().find(missing) != std::string::npos) return Scripted{.status = 403};
    return chain.Answer(request);
  });
  const auto source = Source(node, {.concurrent_request_limit = 4, .rpc_batch_size = 1});
  const auto blocks = Fetch(*source, Range(London().number(), 30));
  ASSERT_FALSE(blocks);
  EXPECT_EQ(blocks.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(blocks.error().message, HasSubstr("block 13000059"));
}

TEST(EvmRpcTest, ANodeThatIsNotThereIsUnavailable) {
  std::string url;
  {
    const ScriptedNode node([](const SeenRequest&, int) { return Scripted{}; });
    url = node.url();
  }
  const auto source = MakeEvmRpcSource({.url = url}).value();
  const auto head = source->FetchHead(HeadTag::kLatest, Soon(), {});
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(head.error().message, HasSubstr("eth_getBlockByNumber of the latest block"));
}

}  // namespace
}  // namespace tidemark::providers
