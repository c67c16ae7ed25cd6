#include "tidemark/data_store/change_watch.h"

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "data_lake.h"
#include "tidemark/base/metrics.h"

namespace tidemark::data_store {
namespace {

using Look = ChangeWatch::Look;

/// Holds up one call of the store until it is released.
class HeldCall {
 public:
  /// `number`: which of the calls that come from now on, from 1.
  HeldCall(Hooks& hooks, int number) {
    hooks.before_call = [this, number]() -> Status {
      if (++calls_ == number) {
        is_made_.set_value();
        may_go_on_.get_future().wait();
      }
      return {};
    };
  }

  void WaitUntilMade() { is_made_.get_future().wait(); }
  void Release() { may_go_on_.set_value(); }

 private:
  std::atomic<int> calls_ = 0;
  std::promise<void> is_made_;
  std::promise<void> may_go_on_;
};

class ChangeWatchTest : public testing::Test {
 public:
  /// Starts to wait; the future is ready when the watch has called back.
  std::future<Status> Ask(Deadline deadline = Deadline::Never()) {
    std::promise<Status> promise;
    auto future = promise.get_future();
    watch->Confirm(deadline, [promise = std::move(promise)](const Status& status) mutable {
      promise.set_value(status);
    });
    return future;
  }
  Status Confirm() { return Ask().get(); }

  /// What only the table, the job or the dataset has to do with.
  Dependencies OnTable(const std::string& table) {
    return {.revisions = {lake.Acquire(table).active_revision.value()}, .jobs = {}, .datasets = {}};
  }
  Dependencies OnJob() const { return {.revisions = {}, .jobs = {lake.job}, .datasets = {}}; }
  Dependencies OnDataset() const {
    return {.revisions = {}, .jobs = {}, .datasets = {lake.version.dataset}};
  }

  /// Straight to the store, while a call of it is held up: memory stores read what is there when
  /// the reader opens.
  void CommitBehindTheHooks(const Dependencies& table) {
    ASSERT_TRUE(lake.memory->CommitFiles({lake.job},
                                         {{.location_id = table.revisions[0],
                                           .file_name = "late.parquet",
                                           .metadata = "{}",
                                           .object_size = 1,
                                           .url = "file:///",
                                           .footer = ""}},
                                         Deadline::Never()));
  }

  DataLake lake;
  std::unique_ptr<ChangeWatch> watch = MakeChangeWatch(*lake.store);
};

TEST_F(ChangeWatchTest, TellsWhatHasChangedSinceALook) {
  const Dependencies blocks = OnTable("blocks");
  const Dependencies logs = OnTable("logs");
  ASSERT_TRUE(Confirm());
  const Look since = watch->latest();
  ASSERT_TRUE(Confirm());
  EXPECT_GT(watch->latest(), since);
  for (const auto& all : {blocks, logs, OnJob(), OnDataset()}) {
    EXPECT_TRUE(watch->IsUnchanged(all, since));
  }

  lake.CommitRow("blocks", "{}", 1);
  EXPECT_TRUE(watch->IsUnchanged(blocks, since)) << "nobody has looked";
  ASSERT_TRUE(Confirm());
  EXPECT_FALSE(watch->IsUnchanged(blocks, since));
  for (const auto& all : {logs, OnJob(), OnDataset()}) {
    EXPECT_TRUE(watch->IsUnchanged(all, since));
  }
  ASSERT_TRUE(Confirm());
  EXPECT_FALSE(watch->IsUnchanged(blocks, since));
  EXPECT_TRUE(watch->IsUnchanged(blocks, watch->latest() - 1));

  const Look before = watch->latest();
  ASSERT_TRUE(lake.store->TransitionJob({lake.job}, metadata_db::JobTransition::kFail, "{}",
                                        Deadline::Never()));
  ASSERT_TRUE(lake.store->DeactivateTable(lake.version, "logs", Deadline::Never()));
  ASSERT_TRUE(Confirm());
  EXPECT_FALSE(watch->IsUnchanged(OnJob(), before));
  EXPECT_FALSE(watch->IsUnchanged(OnDataset(), before));
}

TEST_F(ChangeWatchTest, BeforeTheFirstLookEverythingCountsAsChanged) {
  const Look since = watch->latest();
  const Dependencies blocks = OnTable("blocks");
  ASSERT_TRUE(Confirm());
  EXPECT_FALSE(watch->IsUnchanged(blocks, since));
}

// Method: a commit is made while a look is under way, after it has opened its reader.
TEST_F(ChangeWatchTest, WhoComesDuringALookIsServedByTheNext) {
  const Dependencies blocks = OnTable("blocks");
  ASSERT_TRUE(Confirm());
  const Look since = watch->latest();
  HeldCall reading(lake.hooks, 2);  // The first call opens the reader.
  auto first = Ask();
  reading.WaitUntilMade();
  CommitBehindTheHooks(blocks);
  auto second = Ask();
  reading.Release();
  ASSERT_TRUE(first.get());
  ASSERT_TRUE(second.get());
  EXPECT_FALSE(watch->IsUnchanged(blocks, since));
  EXPECT_EQ(watch->latest(), since + 2);
}

TEST_F(ChangeWatchTest, ALookAtOnceCountsIfNothingHasChanged) {
  lake.hooks.is_surely_unchanged = [] { return true; };
  EXPECT_FALSE(watch->ConfirmAtOnce()) << "before the first look nothing is known";
  ASSERT_TRUE(Confirm());
  const Look since = watch->latest();
  EXPECT_TRUE(watch->ConfirmAtOnce());
  EXPECT_EQ(watch->latest(), since + 1);
  lake.hooks.is_surely_unchanged = [] { return false; };
  EXPECT_FALSE(watch->ConfirmAtOnce());
  EXPECT_EQ(watch->latest(), since + 1);

  lake.hooks.is_surely_unchanged = [] { return true; };
  lake.hooks.has_feed = false;
  EXPECT_FALSE(Confirm());
  EXPECT_FALSE(watch->ConfirmAtOnce()) << "there is no feed any more";
}

// Method: a look is held up while others are made at once; it tells of a change that they, which
// are older, have not seen.
TEST_F(ChangeWatchTest, ALookAtOnceWaitsForNoOther) {
  lake.hooks.is_surely_unchanged = [] { return true; };
  const Dependencies blocks = OnTable("blocks");
  ASSERT_TRUE(Confirm());
  HeldCall opening(lake.hooks, 1);
  auto asked = Ask();
  opening.WaitUntilMade();
  EXPECT_TRUE(watch->ConfirmAtOnce());
  const Look since = watch->latest();
  CommitBehindTheHooks(blocks);
  opening.Release();
  ASSERT_TRUE(asked.get());
  EXPECT_FALSE(watch->IsUnchanged(blocks, since));
  EXPECT_EQ(watch->latest(), since + 1);
}

TEST_F(ChangeWatchTest, OneLookServesEverybodyWhoWaits) {
  ASSERT_TRUE(Confirm());
  const Look since = watch->latest();
  HeldCall opening(lake.hooks, 1);
  std::vector<std::future<Status>> asked;
  asked.push_back(Ask());
  opening.WaitUntilMade();
  for (int i = 0; i < 100; ++i) asked.push_back(Ask());
  opening.Release();
  for (auto& answer : asked) EXPECT_TRUE(answer.get());
  EXPECT_EQ(watch->latest(), since + 2);
}

TEST_F(ChangeWatchTest, AFailedLookFailsItsWaitersAndLosesNothing) {
  const Dependencies blocks = OnTable("blocks");
  ASSERT_TRUE(Confirm());
  const Look since = watch->latest();
  for (const int failing : {1, 2}) {
    lake.CommitRow("blocks", "{}", 1);
    int calls = 0;
    lake.hooks.before_call = [&]() -> Status {
      if (++calls < failing) return {};
      return MakeError(ErrorCode::kUnavailable, "the database is gone");
    };
    EXPECT_EQ(Confirm().error().code, ErrorCode::kUnavailable);
    lake.hooks.before_call = [] { return Status(); };
    ASSERT_TRUE(Confirm());
    EXPECT_FALSE(watch->IsUnchanged(blocks, since));
  }
}

TEST_F(ChangeWatchTest, LooksAreCountedByWhatTheyHaveFound) {
  const auto count = [](std::string_view result) {
    return ProcessMetrics()
        .GetCounter({"tidemark_feed_looks_total", "", {{"result", result}}})
        .value();
  };
  watch = MakeChangeWatch(*lake.store, std::chrono::hours(1));
  OnTable("blocks");
  const auto expect_one_more = [&](std::string_view result) {
    const auto before = count(result);
    EXPECT_EQ(Confirm().has_value(), result != "failed" && result != "no_feed");
    EXPECT_EQ(count(result), before + 1) << result;
  };
  expect_one_more("everything_changed");
  expect_one_more("unchanged");
  lake.CommitRow("blocks", "{}", 1);
  expect_one_more("changed");
  lake.hooks.before_call = []() -> Status {
    return MakeError(ErrorCode::kUnavailable, "the database is gone");
  };
  expect_one_more("failed");
  lake.hooks.before_call = [] { return Status(); };
  lake.hooks.edit_feed = [](metadata_db::FeedReading& reading) {
    reading.changes = std::unexpected(metadata_db::FeedBreak::kOtherHistory);
  };
  lake.CommitRow("blocks", "{}", 1);
  expect_one_more("everything_changed");
  lake.hooks.has_feed = false;
  lake.CommitRow("blocks", "{}", 1);
  expect_one_more("no_feed");
  const auto found_none = count("no_feed");
  EXPECT_FALSE(Confirm());
  EXPECT_EQ(count("no_feed"), found_none) << "nobody has looked";
}

TEST_F(ChangeWatchTest, ALookHasUntilTheEarliestDeadlineOfItsWaiters) {
  ASSERT_TRUE(Confirm());
  const auto late = Deadline::After(std::chrono::hours(1));
  const auto early = Deadline::After(std::chrono::minutes(1));
  HeldCall opening(lake.hooks, 1);
  std::vector<SteadyTime> seen;
  lake.hooks.see_deadline = [&](Deadline deadline) { seen.push_back(deadline.time()); };
  auto first = Ask();
  opening.WaitUntilMade();
  auto a = Ask(late);
  auto b = Ask(early);
  auto c = Ask(late);
  opening.Release();
  for (auto* answer : {&first, &a, &b, &c}) EXPECT_TRUE(answer->get());
  EXPECT_THAT(seen, testing::ElementsAre(Deadline::Never().time(), early.time()));
}

TEST_F(ChangeWatchTest, WhoStillWaitsAtTheEndIsToldSo) {
  HeldCall opening(lake.hooks, 1);
  auto first = Ask();
  opening.WaitUntilMade();
  auto second = Ask();
  std::thread end([&] { watch.reset(); });
  opening.Release();
  end.join();
  EXPECT_TRUE(first.get());
  // The end came while it waited, or one look later.
  const Status told = second.get();
  EXPECT_TRUE(told || told.error().code == ErrorCode::kUnavailable);
}

TEST_F(ChangeWatchTest, WithoutAFeedEachLookFailsAndSeldomAsksTheDatabase) {
  watch = MakeChangeWatch(*lake.store, std::chrono::hours(1));
  const Dependencies blocks = OnTable("blocks");
  lake.hooks.has_feed = false;
  EXPECT_EQ(Confirm().error().code, ErrorCode::kUnavailable);
  std::atomic<int> calls = 0;
  lake.hooks.before_call = [&]() -> Status {
    ++calls;
    return {};
  };
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(Confirm());
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(watch->latest(), 0U);
}

TEST_F(ChangeWatchTest, AFeedThatComesAgainIsNoticedAndEverythingCountsAsChanged) {
  watch = MakeChangeWatch(*lake.store, std::chrono::milliseconds(20));
  const Dependencies blocks = OnTable("blocks");
  ASSERT_TRUE(Confirm());
  const Look since = watch->latest();
  lake.hooks.has_feed = false;
  lake.CommitRow("blocks", "{}", 1);
  EXPECT_FALSE(Confirm());
  EXPECT_FALSE(Confirm());
  EXPECT_EQ(watch->latest(), since);
  lake.hooks.has_feed = true;
  const Deadline deadline = Deadline::After(std::chrono::seconds(10));
  while (!Confirm() && !deadline.HasPassed()) std::this_thread::yield();
  ASSERT_TRUE(Confirm());
  EXPECT_FALSE(watch->IsUnchanged(blocks, since));
  const Look again = watch->latest();
  ASSERT_TRUE(Confirm());
  EXPECT_TRUE(watch->IsUnchanged(blocks, again));
}

}  // namespace
}  // namespace tidemark::data_store
