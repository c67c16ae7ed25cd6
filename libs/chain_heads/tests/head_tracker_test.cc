// Method: rounds are run by hand, over one store in memory and a clock that the test moves, so that
// who asks whom and when is exact.
#include "head_tracker.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hooked_store.h"
#include "scripted_source.h"
#include "test_clock.h"
#include "tidemark/metadata_db/memory_store.h"

namespace tidemark::chain_heads {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr milliseconds kInterval{1'000};

class HeadTrackerTest : public testing::Test {
 protected:
  std::unique_ptr<HeadTracker> MakeTracker(const std::string& owner) {
    auto tracker = std::make_unique<HeadTracker>(options_, owner, *store_, clock_);
    tracker->SetProviders(Configured());
    return tracker;
  }

  std::vector<HeadProvider> Configured() const {
    return {{.name = "a", .network = "eth", .source = source_}};
  }

  /// One round of the poller; the number of looks.
  std::size_t Round(HeadTracker& tracker) const {
    const auto tasks = tracker.Plan();
    for (const LookTask& task : tasks) {
      tracker.Finish(task, Look(task, options_.look_timeout, clock_, {}));
    }
    return tasks.size();
  }

  static HeadReport Latest(const HeadTracker& tracker, std::string_view network = "eth") {
    const auto heads = tracker.Find(network);
    return heads ? heads->latest : HeadReport();
  }

  static std::uint64_t NumberOf(const HeadReport& report) {
    return report.head ? report.head->head.number.value : 0;
  }

  HeadPollerOptions options_{.poll_interval = kInterval, .look_timeout = milliseconds(50)};
  TestClock clock_;
  std::unique_ptr<metadata_db::MetadataStore> memory_ = metadata_db::MakeMemoryStore(clock_);
  std::optional<Error> failure_;  // Of every call of the store.
  int store_calls_ = 0;
  data_store::Hooks hooks_{.before_call = [this] {
    ++store_calls_;
    return failure_ ? Status(std::unexpected(*failure_)) : Status();
  }};
  std::unique_ptr<metadata_db::MetadataStore> store_ =
      data_store::MakeHookedStore(*memory_, hooks_);
  std::shared_ptr<ScriptedSource> source_ = std::make_shared<ScriptedSource>();
};

TEST_F(HeadTrackerTest, AHeadIsKnownWithItsSourceAndTime) {
  const auto tracker = MakeTracker("one");
  EXPECT_EQ(Latest(*tracker).problem->code, HeadProblemCode::kNotAskedYet);
  Round(*tracker);
  const HeadReport report = Latest(*tracker);
  EXPECT_EQ(report.head, (ObservedHead{.head = MakeHead(100), .observed_at = clock_.Now()}));
  EXPECT_EQ(report.source, "a");
  EXPECT_EQ(report.checked_at, clock_.Now());
  EXPECT_FALSE(report.problem.has_value());
  EXPECT_EQ(tracker->Find("eth")->finalized.head->head, MakeHead(100));
  ASSERT_EQ(tracker->List().size(), 1U);
  EXPECT_FALSE(tracker->Find("eth2").has_value());
}

TEST_F(HeadTrackerTest, HoweverManyPollersTheProviderIsAskedOnceAnInterval) {
  std::vector<std::unique_ptr<HeadTracker>> trackers;
  for (const char* owner : {"one", "two", "three"}) trackers.push_back(MakeTracker(owner));
  for (int round = 1; round <= 20; ++round) {
    source_->Answer(MakeHead(100 + static_cast<std::uint64_t>(round)));
    for (const auto& tracker : trackers) Round(*tracker);
    EXPECT_EQ(source_->calls(HeadTag::kLatest), round);
    EXPECT_EQ(source_->calls(HeadTag::kFinalized), round);
    // Those that do not ask read what was stored before their own round.
    for (const auto& tracker : trackers) {
      EXPECT_EQ(NumberOf(Latest(*tracker)), 100U + static_cast<std::uint64_t>(round));
      EXPECT_EQ(Latest(*tracker).source, "a");
    }
    clock_.Advance(kInterval);
  }
}

TEST_F(HeadTrackerTest, WhenTheOwnerDiesAnotherTakesOverOnceTheLeaseIsOver) {
  const auto dying = MakeTracker("one");
  const auto heir = MakeTracker("two");
  Round(*dying);
  milliseconds waited{0};
  while (Round(*heir) == 0) {
    ASSERT_LT(waited, milliseconds(60'000));
    clock_.Advance(kInterval);
    waited += kInterval;
  }
  EXPECT_GE(waited, options_.lease);
  EXPECT_LE(waited, options_.lease + kInterval);
  // Meanwhile the last head stayed, and the one who comes back is not the owner any more.
  EXPECT_EQ(NumberOf(Latest(*heir)), 100U);
  EXPECT_EQ(Round(*dying), 0U);
}

TEST_F(HeadTrackerTest, AnOwnerThatStopsHandsOverAtOnce) {
  const auto leaving = MakeTracker("one");
  const auto heir = MakeTracker("two");
  Round(*leaving);
  ASSERT_EQ(Round(*heir), 0U);
  leaving->ReleaseLeases();
  clock_.Advance(milliseconds(2));
  EXPECT_EQ(Round(*heir), 1U);
}

TEST_F(HeadTrackerTest, ALookUnderWayIsNotDoubledAndItsLeaseIsRenewed) {
  const auto tracker = MakeTracker("one");
  const auto other = MakeTracker("two");
  const auto tasks = tracker->Plan();
  ASSERT_EQ(tasks.size(), 1U);
  for (int round = 0; round < 20; ++round) {
    clock_.Advance(kInterval);
    EXPECT_TRUE(tracker->Plan().empty());
    EXPECT_TRUE(other->Plan().empty());
  }
  tracker->Finish(tasks[0], {});
  EXPECT_EQ(tracker->Plan().size(), 1U);
}

TEST_F(HeadTrackerTest, AFailureKeepsTheLastHeadAndGivesTheReason) {
  const auto tracker = MakeTracker("one");
  const auto other = MakeTracker("two");
  Round(*tracker);
  const UtcTime seen_at = clock_.Now();
  clock_.Advance(kInterval);
  source_->Answer(Unreachable("cannot connect"));
  Round(*tracker);
  Round(*other);
  for (const HeadTracker* each : {tracker.get(), other.get()}) {
    const HeadReport report = Latest(*each);
    EXPECT_EQ(report.head, (ObservedHead{.head = MakeHead(100), .observed_at = seen_at}));
    EXPECT_EQ(report.checked_at, clock_.Now());
    ASSERT_TRUE(report.problem.has_value());
    EXPECT_EQ(report.problem->code, HeadProblemCode::kProviderUnreachable);
    EXPECT_EQ(report.problem->detail, "a: cannot connect");
  }
}

TEST_F(HeadTrackerTest, AProviderThatNeverAnsweredIsANullWithAReason) {
  source_->Answer(Unreachable());
  const auto tracker = MakeTracker("one");
  Round(*tracker);
  EXPECT_FALSE(Latest(*tracker).head.has_value());
  EXPECT_EQ(Latest(*tracker).problem->code, HeadProblemCode::kProviderUnreachable);
  source_->Answer(std::nullopt);
  clock_.Advance(options_.back_off_max);
  Round(*tracker);
  EXPECT_FALSE(Latest(*tracker).head.has_value());
  EXPECT_EQ(Latest(*tracker).problem->code, HeadProblemCode::kNoBlock);
}

// Method: each wait ends before the doubled ceiling and, all together, well after what no back-off
// would take; after the provider is back, it is asked every interval again.
TEST_F(HeadTrackerTest, AFailingProviderIsAskedLessAndLessAndAfterItsReturnAsEver) {
  source_->Answer(Unreachable());
  const auto tracker = MakeTracker("one");
  Round(*tracker);
  milliseconds ceiling = 2 * kInterval;
  milliseconds total{0};
  constexpr int kFailures = 40;
  for (int failure = 1; failure <= kFailures; ++failure) {
    const int before = source_->calls(HeadTag::kLatest);
    milliseconds waited{0};
    while (source_->calls(HeadTag::kLatest) == before) {
      clock_.Advance(kInterval);
      waited += kInterval;
      Round(*tracker);
      ASSERT_LE(waited, ceiling + kInterval);
    }
    total += waited;
    ceiling = std::min(2 * ceiling, options_.back_off_max);
  }
  // The mean wait is half of the ceiling; a quarter of it is missed once in many lives.
  EXPECT_GT(total, (kFailures - 6) * options_.back_off_max / 4);

  source_->Answer(MakeHead(7));
  clock_.Advance(options_.back_off_max);
  Round(*tracker);
  for (int round = 0; round < 5; ++round) {
    clock_.Advance(kInterval);
    EXPECT_EQ(Round(*tracker), 1U);
  }
}

TEST_F(HeadTrackerTest, FinalBlocksThatCannotBeHadHoldNothingUp) {
  source_->Answer(HeadTag::kFinalized,
                  MakeError(ErrorCode::kInvalidArgument, "finalized: unknown block tag"));
  const auto tracker = MakeTracker("one");
  for (int round = 1; round <= 10; ++round) {
    Round(*tracker);
    clock_.Advance(kInterval);
    EXPECT_EQ(source_->calls(HeadTag::kLatest), round);
  }
  EXPECT_LT(source_->calls(HeadTag::kFinalized), 10);
  EXPECT_FALSE(Latest(*tracker).problem.has_value());
  EXPECT_EQ(tracker->Find("eth")->finalized.problem->code, HeadProblemCode::kProviderUnreachable);
}

TEST_F(HeadTrackerTest, AHeadThatGoesBackIsShownAsItIs) {
  const auto tracker = MakeTracker("one");
  const auto other = MakeTracker("two");
  Round(*tracker);
  source_->Answer(MakeHead(60, 1));
  clock_.Advance(kInterval);
  Round(*tracker);
  Round(*other);
  EXPECT_EQ(Latest(*tracker).head->head, MakeHead(60, 1));
  EXPECT_EQ(Latest(*other).head->head, MakeHead(60, 1));
}

TEST_F(HeadTrackerTest, ProvidersTakeTurnsAndTheOneThatAnsweredIsAskedNextTime) {
  const auto tracker = MakeTracker("one");
  const auto second = std::make_shared<ScriptedSource>();
  std::vector<HeadProvider> both = Configured();
  both.push_back({.name = "b", .network = "eth", .source = second});
  tracker->SetProviders(both);
  source_->Answer(Unreachable());
  Round(*tracker);
  EXPECT_EQ(Latest(*tracker).source, "b");
  EXPECT_FALSE(Latest(*tracker).problem.has_value());
  clock_.Advance(kInterval);
  Round(*tracker);
  EXPECT_EQ(source_->calls(HeadTag::kLatest), 1);
  EXPECT_EQ(second->calls(HeadTag::kLatest), 2);
}

TEST_F(HeadTrackerTest, ProvidersComeAndGoWhileItRuns) {
  const auto tracker = MakeTracker("one");
  tracker->SetProviders({});
  EXPECT_EQ(Round(*tracker), 0U);
  EXPECT_TRUE(tracker->List().empty());

  tracker->SetProviders(Configured());
  EXPECT_EQ(Latest(*tracker).problem->code, HeadProblemCode::kNotAskedYet);
  Round(*tracker);
  EXPECT_EQ(NumberOf(Latest(*tracker)), 100U);

  tracker->SetProviders({});
  clock_.Advance(kInterval);
  EXPECT_EQ(Round(*tracker), 0U);
  EXPECT_EQ(NumberOf(Latest(*tracker)), 100U) << "what is stored stays";
  EXPECT_EQ(Latest(*tracker).problem->code, HeadProblemCode::kNoProvider);

  tracker->SetProviders(Configured());
  Round(*tracker);
  EXPECT_FALSE(Latest(*tracker).problem.has_value());
}

TEST_F(HeadTrackerTest, ANetworkThatNobodyEverSawVanishesWithItsProvider) {
  source_->Answer(Unreachable());
  const auto tracker = MakeTracker("one");
  Round(*tracker);
  tracker->SetProviders({});
  Round(*tracker);
  EXPECT_TRUE(tracker->List().empty());
}

TEST_F(HeadTrackerTest, AChangedProviderIsAskedWithoutWaitingForTheBackOff) {
  source_->Answer(Unreachable());
  const auto tracker = MakeTracker("one");
  for (int round = 0; round < 10; ++round) {
    Round(*tracker);
    clock_.Advance(kInterval);
  }
  const auto mended = std::make_shared<ScriptedSource>();
  tracker->SetProviders({{.name = "a", .network = "eth", .source = mended}});
  EXPECT_EQ(Round(*tracker), 1U);
  EXPECT_EQ(NumberOf(Latest(*tracker)), 100U);
}

TEST_F(HeadTrackerTest, AProviderOfAnotherKindIsANullWithAReason) {
  const auto tracker = MakeTracker("one");
  const HeadProblem unsupported{.code = HeadProblemCode::kProviderUnsupported,
                                .detail = "f is of kind firehose"};
  tracker->SetProviders({{.name = "f", .network = "eth", .problem = unsupported}});
  EXPECT_EQ(Round(*tracker), 0U);
  EXPECT_FALSE(Latest(*tracker).head.has_value());
  EXPECT_EQ(Latest(*tracker).problem->code, HeadProblemCode::kProviderUnsupported);
  EXPECT_EQ(Latest(*tracker).problem->detail, "f is of kind firehose");

  // Beside one that can be asked it does no harm.
  std::vector<HeadProvider> both = Configured();
  both.insert(both.begin(), {.name = "f", .network = "eth", .problem = unsupported});
  tracker->SetProviders(both);
  Round(*tracker);
  EXPECT_EQ(NumberOf(Latest(*tracker)), 100U);
  EXPECT_FALSE(Latest(*tracker).problem.has_value());
}

TEST_F(HeadTrackerTest, ADatabaseThatIsOnlyReadLeavesEachToAskForItself) {
  hooks_.is_read_only = true;
  const auto one = MakeTracker("one");
  const auto two = MakeTracker("two");
  Round(*one);
  Round(*two);
  EXPECT_EQ(source_->calls(HeadTag::kLatest), 2);
  EXPECT_EQ(NumberOf(Latest(*one)), 100U);
  EXPECT_EQ(NumberOf(Latest(*two)), 100U);
  EXPECT_EQ(store_calls_, 0) << "not even tried";
}

TEST_F(HeadTrackerTest, ADatabaseThatRefusesLeavesEachToAskForItself) {
  failure_ = Error{ErrorCode::kInvalidArgument, "no such table"};
  const auto tracker = MakeTracker("one");
  Round(*tracker);
  EXPECT_EQ(NumberOf(Latest(*tracker)), 100U);
  source_->Answer(Unreachable());
  clock_.Advance(kInterval);
  Round(*tracker);
  EXPECT_EQ(NumberOf(Latest(*tracker)), 100U);
  EXPECT_TRUE(Latest(*tracker).problem.has_value());
}

TEST_F(HeadTrackerTest, WhileTheDatabaseIsGoneNobodyIsAskedAndTheLastHeadAges) {
  const auto tracker = MakeTracker("one");
  Round(*tracker);
  failure_ = Error{ErrorCode::kUnavailable, "the database is gone"};
  for (int round = 0; round < 10; ++round) {
    clock_.Advance(kInterval);
    EXPECT_EQ(Round(*tracker), 0U);
  }
  EXPECT_EQ(NumberOf(Latest(*tracker)), 100U);
  EXPECT_LT(*Latest(*tracker).checked_at, clock_.Now());
  failure_.reset();
  EXPECT_EQ(Round(*tracker), 1U);
}

TEST_F(HeadTrackerTest, AHeadThatCouldNotBeStoredIsKnownAllTheSame) {
  const auto tracker = MakeTracker("one");
  const auto tasks = tracker->Plan();
  ASSERT_EQ(tasks.size(), 1U);
  failure_ = Error{ErrorCode::kUnavailable, "the database is gone"};
  tracker->Finish(tasks[0], Look(tasks[0], options_.look_timeout, clock_, {}));
  EXPECT_EQ(NumberOf(Latest(*tracker)), 100U);
}

TEST_F(HeadTrackerTest, WhatIsStoredIsKnownBeforeAnybodyIsAsked) {
  Round(*MakeTracker("one"));
  HeadTracker fresh(options_, "two", *store_, clock_);
  EXPECT_TRUE(fresh.List().empty());
  EXPECT_TRUE(fresh.Plan().empty());
  EXPECT_EQ(NumberOf(Latest(fresh)), 100U);
  EXPECT_FALSE(Latest(fresh).problem.has_value()) << "providers are not known to be missing";
}

TEST_F(HeadTrackerTest, AReasonThatANewerProgramStoredIsShown) {
  const auto tracker = MakeTracker("two");
  ASSERT_TRUE(store_->LeaseChainHead("eth", "one", milliseconds(60'000), Deadline::Never()));
  ASSERT_TRUE(store_->PutChainHead({.network = "eth",
                                    .tag = HeadTag::kLatest,
                                    .source = "a",
                                    .checked_at = clock_.Now(),
                                    .error = "PROVIDER_ASLEEP: a: sleeps"},
                                   Deadline::Never()));
  Round(*tracker);
  EXPECT_THAT(Latest(*tracker).problem->detail, HasSubstr("PROVIDER_ASLEEP"));
}

}  // namespace
}  // namespace tidemark::chain_heads
