// The poller with its threads: it begins, it goes on whatever one provider does, it ends at once.
#include "tidemark/chain_heads/head_poller.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "scripted_source.h"
#include "tidemark/base/mutex.h"
#include "tidemark/metadata_db/memory_store.h"

namespace tidemark::chain_heads {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class ListedProviders final : public HeadProviders {
 public:
  void Set(Result<std::vector<HeadProvider>> providers) {
    const MutexLock lock(mutex_);
    providers_ = std::move(providers);
  }
  Result<std::vector<HeadProvider>> List() override {
    const MutexLock lock(mutex_);
    return providers_;
  }

 private:
  Mutex mutex_;
  Result<std::vector<HeadProvider>> providers_ TIDEMARK_GUARDED_BY(mutex_);
};

class HeadPollerTest : public testing::Test {
 protected:
  std::unique_ptr<HeadPoller> Start() {
    return HeadPoller::Start({.poll_interval = milliseconds(2),
                              .look_timeout = seconds(60),
                              .provider_refresh = milliseconds(2)},
                             *store_, providers_, SystemClock());
  }

  template <class Condition>
  static void Await(Condition condition) {
    const auto end = steady_clock::now() + seconds(20);
    while (!condition()) {
      ASSERT_LT(steady_clock::now(), end);
      std::this_thread::yield();
    }
  }

  static bool IsKnown(HeadPoller& poller, std::string_view network) {
    const auto heads = poller.board().Find(network);
    return heads && heads->latest.head && heads->finalized.head && !heads->latest.problem;
  }

  std::unique_ptr<metadata_db::MetadataStore> store_ = metadata_db::MakeMemoryStore(SystemClock());
  std::shared_ptr<ScriptedSource> source_ = std::make_shared<ScriptedSource>();
  ListedProviders providers_;
};

TEST_F(HeadPollerTest, FollowsTheHeadAndTheListOfProviders) {
  const auto poller = Start();
  EXPECT_TRUE(poller->board().List().empty());
  providers_.Set({{{.name = "a", .network = "eth", .source = source_}}});
  Await([&] { return IsKnown(*poller, "eth"); });
  source_->Answer(MakeHead(7));
  Await([&] { return poller->board().Find("eth")->latest.head->head == MakeHead(7); });

  // A list that cannot be read changes nothing.
  providers_.Set(MakeError(ErrorCode::kUnavailable, "the bucket is gone"));
  source_->Answer(MakeHead(8));
  Await([&] { return poller->board().Find("eth")->latest.head->head == MakeHead(8); });

  providers_.Set(std::vector<HeadProvider>());
  Await([&] { return poller->board().Find("eth")->latest.problem.has_value(); });
  EXPECT_EQ(poller->board().Find("eth")->latest.problem->code, HeadProblemCode::kNoProvider);
}

TEST_F(HeadPollerTest, AProviderThatHangsHoldsUpNoOtherNetworkAndNoStop) {
  const auto hanging = std::make_shared<ScriptedSource>();
  hanging->Hang();
  providers_.Set({{{.name = "h", .network = "base", .source = hanging},
                   {.name = "a", .network = "eth", .source = source_}}});
  const auto poller = Start();
  Await([&] { return IsKnown(*poller, "eth") && hanging->calls(HeadTag::kFinalized) > 0; });
  const int calls = source_->calls(HeadTag::kLatest);
  Await([&] { return source_->calls(HeadTag::kLatest) > calls + 3; });
  EXPECT_EQ(poller->board().Find("base")->latest.problem->code, HeadProblemCode::kNotAskedYet);

  const auto began = steady_clock::now();
  poller->Stop();
  EXPECT_LT(steady_clock::now() - began, seconds(2));
  poller->Stop();
  // What was interrupted is no failure.
  EXPECT_EQ(poller->board().Find("base")->latest.problem->code, HeadProblemCode::kNotAskedYet);
  EXPECT_TRUE(IsKnown(*poller, "eth"));
}

TEST_F(HeadPollerTest, OfTwoPollersOneAsksUntilItStops) {
  providers_.Set({{{.name = "a", .network = "eth", .source = source_}}});
  auto first = Start();
  Await([&] { return IsKnown(*first, "eth"); });
  const auto second_source = std::make_shared<ScriptedSource>();
  ListedProviders same;
  same.Set({{{.name = "a", .network = "eth", .source = second_source}}});
  const auto second =
      HeadPoller::Start({.poll_interval = milliseconds(2)}, *store_, same, SystemClock());
  Await([&] { return IsKnown(*second, "eth"); });
  EXPECT_EQ(second_source->calls(HeadTag::kLatest), 0);
  first->Stop();
  Await([&] { return second_source->calls(HeadTag::kLatest) > 0; });
}

}  // namespace
}  // namespace tidemark::chain_heads
