#include "look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scripted_source.h"
#include "test_clock.h"

namespace tidemark::chain_heads {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class LookTest : public testing::Test {
 protected:
  LookTask Task(std::vector<LookTask::Tag> tags) const {
    return {.network = "n",
            .providers = {{.name = "a", .network = "n", .source = a_},
                          {.name = "b", .network = "n", .source = b_}},
            .tags = std::move(tags)};
  }
  std::vector<TagOutcome> LookAtAll(const std::string& preferred = "") const {
    return Look(Task({{.tag = HeadTag::kLatest, .preferred = preferred},
                      {.tag = HeadTag::kFinalized, .preferred = preferred}}),
                milliseconds(1'000), clock_, {});
  }
  TagOutcome LookAtLatest(const std::string& preferred = "") const {
    return Look(Task({{.tag = HeadTag::kLatest, .preferred = preferred}}), milliseconds(1'000),
                clock_, {})
        .at(0);
  }
  static const HeadProblem& ProblemOf(const TagOutcome& outcome) {
    return std::get<HeadProblem>(outcome.found);
  }

  std::shared_ptr<ScriptedSource> a_ = std::make_shared<ScriptedSource>();
  std::shared_ptr<ScriptedSource> b_ = std::make_shared<ScriptedSource>();
  TestClock clock_;
};

TEST_F(LookTest, AsksOneProviderForEachHead) {
  a_->Answer(HeadTag::kFinalized, MakeHead(90));
  const auto outcomes = LookAtAll();
  ASSERT_EQ(outcomes.size(), 2U);
  for (const TagOutcome& outcome : outcomes) {
    EXPECT_EQ(outcome.source, "a");
    EXPECT_EQ(outcome.at, clock_.Now());
    EXPECT_EQ(std::get<ChainHead>(outcome.found),
              MakeHead(outcome.tag == HeadTag::kLatest ? 100 : 90));
  }
  EXPECT_EQ(b_->calls(HeadTag::kLatest), 0);
}

TEST_F(LookTest, BeginsWithThePreferredProviderAndGoesRound) {
  EXPECT_EQ(LookAtLatest("b").source, "b");
  b_->Answer(Unreachable());
  EXPECT_EQ(LookAtLatest("b").source, "a");
  EXPECT_EQ(LookAtLatest("gone").source, "a");
}

TEST_F(LookTest, NamesEveryProviderThatFailed) {
  a_->Answer(Unreachable("cannot connect"));
  b_->Answer(MakeError(ErrorCode::kInvalidArgument, "refused the credentials"));
  const TagOutcome outcome = LookAtLatest();
  EXPECT_EQ(outcome.source, "b");
  EXPECT_EQ(ProblemOf(outcome).code, HeadProblemCode::kProviderUnreachable);
  EXPECT_EQ(ProblemOf(outcome).detail, "a: cannot connect; b: refused the credentials");
}

TEST_F(LookTest, ABlockThatOneProviderLacksMayBeKnownToAnother) {
  a_->Answer(std::nullopt);
  EXPECT_EQ(LookAtLatest().source, "b");
  b_->Answer(std::nullopt);
  EXPECT_EQ(ProblemOf(LookAtLatest()).code, HeadProblemCode::kNoBlock);
}

TEST_F(LookTest, AProviderThatIsSlowIsGivenUpAtTheTimeout) {
  a_->Hang();
  const auto outcomes =
      Look(Task({{.tag = HeadTag::kLatest, .preferred = ""}}), milliseconds(20), clock_, {});
  EXPECT_EQ(outcomes.at(0).source, "b");
}

TEST_F(LookTest, AFinalBlockAboveTheLatestOneOrBesideItIsNotBelieved) {
  for (const ChainHead& lie : {MakeHead(101), MakeHead(100, 7)}) {
    a_->Answer(HeadTag::kFinalized, lie);
    const auto outcomes = LookAtAll();
    ASSERT_EQ(outcomes.size(), 2U);
    for (const TagOutcome& outcome : outcomes) {
      if (outcome.tag == HeadTag::kLatest) {
        EXPECT_EQ(std::get<ChainHead>(outcome.found), MakeHead(100));
      } else {
        EXPECT_EQ(ProblemOf(outcome).code, HeadProblemCode::kProviderUnreachable);
        EXPECT_THAT(ProblemOf(outcome).detail, HasSubstr("contradicts itself"));
      }
    }
  }
  a_->Answer(HeadTag::kFinalized, MakeHead(100));
  EXPECT_TRUE(std::holds_alternative<ChainHead>(LookAtAll().at(0).found));
}

// Method: an honest chain grows with every question; the final block is its newest one.
TEST_F(LookTest, AChainThatGrowsBetweenTheQuestionsContradictsNothing) {
  class Growing final : public providers::BlockSource {
   public:
    Result<std::optional<std::uint64_t>> FetchChainId(Deadline /*deadline*/,
                                                      std::stop_token /*stop*/) override {
      return std::nullopt;
    }
    Result<std::optional<ChainHead>> FetchHead(HeadTag /*tag*/, Deadline /*deadline*/,
                                               std::stop_token /*stop*/) override {
      return MakeHead(++height_);
    }
    Result<std::vector<EvmBlock>> FetchBlocks(BlockRange /*range*/, Deadline /*deadline*/,
                                              std::stop_token /*stop*/) override {
      return MakeError(ErrorCode::kInternal, "nobody asks for blocks");
    }

   private:
    std::uint64_t height_ = 1;
  };
  LookTask task = Task(
      {{.tag = HeadTag::kLatest, .preferred = ""}, {.tag = HeadTag::kFinalized, .preferred = ""}});
  task.providers[0].source = std::make_shared<Growing>();
  for (const TagOutcome& outcome : Look(task, milliseconds(1'000), clock_, {})) {
    EXPECT_TRUE(std::holds_alternative<ChainHead>(outcome.found));
  }
}

TEST_F(LookTest, AnInterruptedLookFoundNothing) {
  std::stop_source stop;
  stop.request_stop();
  a_->Hang();
  b_->Hang();
  EXPECT_TRUE(Look(Task({{.tag = HeadTag::kLatest, .preferred = ""}}), milliseconds(60'000), clock_,
                   stop.get_token())
                  .empty());
}

}  // namespace
}  // namespace tidemark::chain_heads
