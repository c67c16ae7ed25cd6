// How answers are kept no longer than they hold. What makes it right:
//   1. A look serves those who were waiting when it began, and nobody who came later.
//   2. A look reads the feed from the position of the look before it, in the snapshot of a reader
//      that it opens itself, so no change falls between two looks.
//   3. A failed look moves no position. A position that cannot be continued changes everything.
//   4. A look's changes are noted before it counts as ended.
//   5. A look that finds no feed fails, so nothing that is kept is given. The feed of somebody
//      else's database may come and go; when it is there again, everything counts as changed.
#include "tidemark/data_store/change_watch.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <unordered_map>
#include <utility>

#include "tidemark/base/log.h"
#include "tidemark/base/metrics.h"
#include "tidemark/base/mutex.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::data_store {
namespace {

using metadata_db::Changes;
using metadata_db::FeedPosition;

// Objects whose latest change is remembered, of each kind.
constexpr std::size_t kRemembered = 100'000;

/// How looks have ended, of all watches of this process.
struct LookCounts {
  Counter& unchanged = Ended("unchanged");
  Counter& changed = Ended("changed");
  Counter& everything_changed = Ended("everything_changed");
  Counter& no_feed = Ended("no_feed");
  Counter& failed = Ended("failed");

  static Counter& Ended(std::string_view result) {
    return ProcessMetrics().GetCounter(
        {.name = "tidemark_feed_looks_total",
         .help = "Looks at the database's change feed, by what they have found.",
         .labels = {{"result", result}}});
  }
};

struct HashOfName {
  std::size_t operator()(const DatasetName& name) const {
    return std::hash<std::string>()(name.ns) * 31 + std::hash<std::string>()(name.name);
  }
};

/// In which look an object has changed last.
class LatestChanges {
 public:
  using Look = ChangeWatch::Look;

  void Note(const Changes& changes, Look look) {
    for (const auto& revision : changes.revisions) revisions_[revision.id.value] = look;
    for (const JobId job : changes.jobs) jobs_[job.value] = look;
    for (const DatasetName& dataset : changes.datasets) datasets_[dataset] = look;
    latest_ = changes.empty() ? latest_ : look;
    if (std::max({revisions_.size(), jobs_.size(), datasets_.size()}) > kRemembered) {
      NoteEverything(look);
    }
  }

  /// In which something has changed last.
  Look latest() const { return latest_; }

  void NoteEverything(Look look) {
    everything_ = latest_ = look;
    revisions_.clear();
    jobs_.clear();
    datasets_.clear();
  }

  bool IsUnchanged(const Dependencies& dependencies, Look since) const {
    if (everything_ > since) return false;
    const auto is_unchanged = [&](const auto& looks, const auto& key) {
      const auto found = looks.find(key);
      return found == looks.end() || found->second <= since;
    };
    return std::ranges::all_of(dependencies.revisions,
                               [&](LocationId id) { return is_unchanged(revisions_, id.value); }) &&
           std::ranges::all_of(dependencies.jobs,
                               [&](JobId id) { return is_unchanged(jobs_, id.value); }) &&
           std::ranges::all_of(dependencies.datasets, [&](const DatasetName& name) {
             return is_unchanged(datasets_, name);
           });
  }

 private:
  Look latest_ = 0;      // Of any change.
  Look everything_ = 0;  // The latest in which everything counts as changed.
  std::unordered_map<std::int64_t, Look> revisions_;
  std::unordered_map<std::int64_t, Look> jobs_;
  std::unordered_map<DatasetName, Look, HashOfName> datasets_;
};

class FeedWatch final : public ChangeWatch {
 public:
  FeedWatch(metadata_db::MetadataStore& store, std::chrono::milliseconds feedless_for)
      : store_(store), feedless_for_(feedless_for), thread_([this] { Run(); }) {}

  FeedWatch(const FeedWatch&) = delete;
  FeedWatch& operator=(const FeedWatch&) = delete;
  ~FeedWatch() override {
    {
      const MutexLock lock(mutex_);
      is_stopping_ = true;
      somebody_waits_.NotifyAll();
    }
    thread_.join();
  }

  void Confirm(Deadline deadline, Done done) override {
    bool is_first = false;
    {
      const MutexLock lock(mutex_);
      is_first = waiting_.empty();
      waiting_.push_back({.deadline = deadline, .done = std::move(done)});
    }
    if (is_first) somebody_waits_.NotifyOne();
  }

  bool ConfirmAtOnce() override {
    const SteadyTime now = std::chrono::steady_clock::now();
    std::shared_ptr<const FeedPosition> position;
    {
      const MutexLock lock(mutex_);
      position = position_;
    }
    // Without the mutex, as this is somebody else's code.
    if (!position || !store_.IsSurelyUnchanged(*position)) return false;
    const MutexLock lock(mutex_);
    if (position_ != position) return false;  // Another look has ended, maybe with changes.
    ++latest_;
    latest_began_at_ = now;
    counts_.unchanged.Add();
    return true;
  }

  Look latest() const override {
    const MutexLock lock(mutex_);
    return latest_;
  }

  SteadyTime latest_began_at() const override { return latest_began_at_; }

  bool IsUnchanged(const Dependencies& dependencies, Look since) const override {
    if (latest_change_ <= since) return true;
    const MutexLock lock(mutex_);
    return changes_.IsUnchanged(dependencies, since);
  }

 private:
  struct Waiter {
    Deadline deadline;
    Done done;
  };

  static Deadline EarliestDeadline(const std::vector<Waiter>& waiters) {
    const auto earliest = std::ranges::min_element(
        waiters, {}, [](const Waiter& waiter) { return waiter.deadline.time(); });
    return earliest->deadline;
  }

  void Run() {
    std::vector<Waiter> served;
    while (TakeWaiting(served)) {
      const Status looked = LookOnce(EarliestDeadline(served));
      for (Waiter& waiter : served) waiter.done(looked);
      served.clear();
    }
    const Status stopped = MakeError(ErrorCode::kUnavailable, "the process is about to end");
    for (Waiter& waiter : served) waiter.done(stopped);
  }

  // False if the watch is about to end.
  bool TakeWaiting(std::vector<Waiter>& served) {
    const MutexLock lock(mutex_);
    while (waiting_.empty() && !is_stopping_) somebody_waits_.Wait(mutex_);
    served.swap(waiting_);
    return !is_stopping_;
  }

  enum class Found : std::uint8_t { kUnchanged, kChanged, kEverythingChanged, kNoFeed };

  Counter& CounterOf(const Result<Found>& found) {
    if (!found) return counts_.failed;
    switch (*found) {
      case Found::kUnchanged:
        return counts_.unchanged;
      case Found::kChanged:
        return counts_.changed;
      case Found::kEverythingChanged:
        return counts_.everything_changed;
      case Found::kNoFeed:
        return counts_.no_feed;
    }
    return counts_.failed;
  }

  static std::unexpected<Error> NoFeed() {
    return MakeError(ErrorCode::kUnavailable, "the database keeps no change feed");
  }

  Status LookOnce(Deadline deadline) {
    if (feedless_until_ && !feedless_until_->HasPassed()) return NoFeed();
    const Result<Found> found = ReadOn(deadline);
    CounterOf(found).Add();
    if (!found) return std::unexpected(found.error());
    if (*found == Found::kNoFeed) return NoFeed();
    return {};
  }

  Result<Found> ReadOn(Deadline deadline) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (position_) {
      TIDEMARK_TRY(const bool may_have_changed, store_.MayHaveChanged(*position_, deadline));
      if (!may_have_changed) {
        const MutexLock lock(mutex_);
        ++latest_;
        latest_began_at_ = now;
        return Found::kUnchanged;
      }
    }
    TIDEMARK_TRY(const auto reader, store_.OpenReaderAtFirstRead(deadline));
    TIDEMARK_TRY(const auto reading,
                 reader->ReadFeed(position_ ? std::optional(*position_) : std::nullopt));
    if (!reading) {
      if (position_) Log(LogLevel::kWarning, "change_feed_lost", {});
      {
        const MutexLock lock(mutex_);
        position_.reset();
      }
      feedless_until_ = Deadline::After(feedless_for_);
      return Found::kNoFeed;
    }
    if (feedless_until_) Log(LogLevel::kInfo, "change_feed_found", {});
    feedless_until_.reset();
    // Not under the lock: whoever reads the log may be slow.
    if (position_ && !reading->changes) {
      Log(LogLevel::kInfo, "answers_dropped",
          {{"reason", metadata_db::ToString(reading->changes.error())}});
    }
    const MutexLock lock(mutex_);
    const Look look = latest_ + 1;
    Found found = Found::kEverythingChanged;
    if (reading->changes) {
      found = reading->changes->empty() ? Found::kUnchanged : Found::kChanged;
      changes_.Note(*reading->changes, look);
    } else {
      changes_.NoteEverything(look);
    }
    position_ = std::make_shared<const FeedPosition>(reading->position);
    latest_change_ = changes_.latest();
    latest_ = look;
    latest_began_at_ = now;
    return found;
  }

  metadata_db::MetadataStore& store_;
  const std::chrono::milliseconds feedless_for_;
  LookCounts counts_;
  // Of the thread alone.
  std::optional<Deadline> feedless_until_;  // Absent where the latest look has found a feed.

  mutable Mutex mutex_;
  CondVar somebody_waits_;
  std::vector<Waiter> waiting_ TIDEMARK_GUARDED_BY(mutex_);
  // Of the latest look; only the thread changes it, and reads it without the mutex.
  std::shared_ptr<const FeedPosition> position_;
  LatestChanges changes_ TIDEMARK_GUARDED_BY(mutex_);
  Look latest_ TIDEMARK_GUARDED_BY(mutex_) = 0;
  // For who has no need of the mutex, under which they change:
  std::atomic<Look> latest_change_ = 0;                     // Of `changes_`,
  std::atomic<SteadyTime> latest_began_at_ = SteadyTime();  // and of `latest_`, after the other.
  bool is_stopping_ TIDEMARK_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // The last member: it uses the others.
};

}  // namespace

std::unique_ptr<ChangeWatch> MakeChangeWatch(metadata_db::MetadataStore& store,
                                             std::chrono::milliseconds feedless_for) {
  return std::make_unique<FeedWatch>(store, feedless_for);
}

}  // namespace tidemark::data_store
