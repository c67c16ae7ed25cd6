// An index is used again for what it is of, and no other. What makes it right:
//   1. It is of one version of its revision, at one position of the feed.
//   2. A moment that continues the position is of the same history. The version counts every change
//      of the revision's rows, without gaps: the same version is the same rows.
//   3. If there are exactly as many files with greater ids than any the index has seen as the
//      version has risen by, nothing else has happened: each change has raised it by one.
//   4. In every other case all files are read anew. An index that was being changed when something
//      failed is dropped.
//   5. A moment that may be older than the index's, and that the index is not of, does without, and
//      leaves it alone.
#include "index_cache.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "build_timer.h"
#include "commit_rate.h"
#include "tidemark/chain/chain_index.h"

namespace tidemark::data_store {

using metadata_db::FeedPosition;
using metadata_db::FileView;

namespace {

constexpr FileId kBeforeAll{std::numeric_limits<std::int64_t>::min()};

Counter& Requests(MetricRegistry& metrics, std::string_view result) {
  return metrics.GetCounter({.name = "tidemark_cache_requests_total",
                             .help = "Questions to answers and indexes that are kept, by result.",
                             .labels = {{"cache", "indexes"}, {"result", result}}});
}

}  // namespace

Result<std::optional<FeedPosition>> Moment::Position() {
  if (!position_) {
    TIDEMARK_TRY(auto reading, reader_.ReadFeed(std::nullopt));
    if (reading) position_ = std::move(reading->position);
  }
  return position_;
}

Result<bool> Moment::Continues(const FeedPosition& position) {
  if (const auto known = continues_.find(position.text()); known != continues_.end()) {
    return known->second;
  }
  TIDEMARK_TRY(auto reading, reader_.ReadFeed(position));
  const bool continues = reading && reading->changes;
  if (reading) position_ = std::move(reading->position);
  continues_.emplace(position.text(), continues);
  return continues;
}

/// One revision's index. Thread-safe: its mutex is held from the look at it to the end of the
/// question.
class IndexCache::Entry {
 public:
  /// `counts` must outlive it.
  Entry(std::optional<BlockNumber> start_block, Counts& counts)
      : start_block_(start_block), counts_(counts) {}

  Result<std::optional<ChainFacts>> Read(Moment& moment, const PhysicalTable& table,
                                         const ProgressRules& rules, UtcTime now);
  Result<std::optional<TableSnapshot>> ReadAll(Moment& moment, const PhysicalTable& table,
                                               const ProgressRules& rules);

  /// After the latest question, without waiting for one that is being answered.
  std::size_t memory_bytes() const { return memory_bytes_; }

 private:
  /// What was read last.
  struct Known {
    chain::ChainIndex index;
    Quarantine quarantine;
    FileId greatest_id;  // Of all rows, those in quarantine too.
    std::uint64_t version;
    FeedPosition risen_at;  // Where the version was read first,
    FeedPosition position;  // and where it was read last.
    std::uint64_t opened;   // When the reader of that was there, by Moment::Opening.
  };

  /// What an index is to a moment.
  enum class Fit : std::uint8_t {
    kSame,     // It is of the moment.
    kEarlier,  // It may lack files that have come since.
    kOther,    // It is of something else.
  };

  /// Brings the index to the moment. nullptr if there is none for it.
  Result<Known*> Follow(Moment& moment, const PhysicalTable& table, const ProgressRules& rules)
      TIDEMARK_REQUIRES(mutex_);
  Result<Known*> Load(Moment& moment, const PhysicalTable& table, std::uint64_t version,
                      const ProgressRules& rules) TIDEMARK_REQUIRES(mutex_);
  static Result<Fit> Compare(Known& known, Moment& moment, std::uint64_t version);
  static Result<bool> Append(Known& known, Moment& moment, const PhysicalTable& table,
                             std::uint64_t version, const ProgressRules& rules);
  static Result<std::uint64_t> ReadOn(Known& known, Moment& moment, const PhysicalTable& table,
                                      const ProgressRules& rules, chain::RepairLimit limit);
  void Measure() TIDEMARK_REQUIRES(mutex_) {
    memory_bytes_ = sizeof(*this) + (known_ ? known_->index.memory_bytes() : 0);
  }

  const std::optional<BlockNumber> start_block_;
  Counts& counts_;
  std::atomic<std::size_t> memory_bytes_ = 0;
  Mutex mutex_;
  std::optional<Known> known_ TIDEMARK_GUARDED_BY(mutex_);
};

// Yields how many rows have come after those that are known.
Result<std::uint64_t> IndexCache::Entry::ReadOn(Known& known, Moment& moment,
                                                const PhysicalTable& table,
                                                const ProgressRules& rules,
                                                chain::RepairLimit limit) {
  std::uint64_t count = 0;
  TIDEMARK_TRY(moment.reader().VisitFilesAfter(
      table.revision_id(), known.greatest_id, [&](const FileView& file) {
        if (const auto segment = ReadSegment(file, rules, known.quarantine)) {
          known.index.Insert(*segment, limit);
        }
        known.greatest_id = file.id;
        ++count;
      }));
  if (known.index.needs_rebuild()) known.index.Rebuild();
  return count;
}

Result<IndexCache::Entry::Fit> IndexCache::Entry::Compare(Known& known, Moment& moment,
                                                          std::uint64_t version) {
  if (version < known.version) return Fit::kOther;
  TIDEMARK_TRY(const bool is_later, moment.Continues(known.position));
  if (version > known.version) return is_later ? Fit::kEarlier : Fit::kOther;
  if (!is_later) {
    TIDEMARK_TRY(const bool is_between, moment.Continues(known.risen_at));
    return is_between ? Fit::kSame : Fit::kOther;
  }
  TIDEMARK_TRY(auto position, moment.Position());
  if (position) {
    known.position = *std::move(position);
    known.opened = std::max(known.opened, moment.opening().ended);
  }
  return Fit::kSame;
}

// False if more has happened than that files came. The index is of nothing then, nor after a
// failure.
Result<bool> IndexCache::Entry::Append(Known& known, Moment& moment, const PhysicalTable& table,
                                       std::uint64_t version, const ProgressRules& rules) {
  TIDEMARK_TRY(const auto position, moment.Position());
  TIDEMARK_TRY(const std::uint64_t count, ReadOn(known, moment, table, rules, {}));
  if (!position || count != version - known.version) return false;
  known.version = version;
  known.risen_at = known.position = *position;
  known.opened = moment.opening().ended;
  return true;
}

Result<IndexCache::Entry::Known*> IndexCache::Entry::Load(Moment& moment,
                                                          const PhysicalTable& table,
                                                          std::uint64_t version,
                                                          const ProgressRules& rules) {
  TIDEMARK_TRY(const auto position, moment.Position());
  if (!position) return nullptr;
  const BuildTimer timer;
  known_.reset();  // There is no room for two.
  Known known{.index = chain::ChainIndex(start_block_),
              .quarantine = {},
              .greatest_id = kBeforeAll,
              .version = version,
              .risen_at = *position,
              .position = *position,
              .opened = moment.opening().ended};
  TIDEMARK_TRY(ReadOn(known, moment, table, rules, chain::RepairLimit::None()));
  return &known_.emplace(std::move(known));
}

Result<IndexCache::Entry::Known*> IndexCache::Entry::Follow(Moment& moment,
                                                            const PhysicalTable& table,
                                                            const ProgressRules& rules) {
  const auto version = table.is_counted() ? table.version() : std::nullopt;
  if (!version) {
    known_.reset();  // What happens while nobody counts is not known.
    counts_.bypasses.Add();
    return nullptr;
  }
  if (known_) {
    Known& known = *known_;
    const bool is_later = moment.opening().begun > known.opened;
    TIDEMARK_TRY(const Fit fit, Compare(known, moment, *version));
    if (fit == Fit::kSame) {
      counts_.hits.Add();
      return &known;
    }
    if (fit == Fit::kOther && !is_later) {
      counts_.bypasses.Add();
      return nullptr;
    }
    if (fit == Fit::kEarlier) {
      const auto is_done = Append(known, moment, table, *version, rules);
      if (is_done && *is_done) {
        counts_.extended.Add();
        return &known;
      }
      known_.reset();
      if (!is_done) return std::unexpected(is_done.error());
    }
  }
  counts_.misses.Add();
  return Load(moment, table, *version, rules);
}

Result<std::optional<ChainFacts>> IndexCache::Entry::Read(Moment& moment,
                                                          const PhysicalTable& table,
                                                          const ProgressRules& rules, UtcTime now) {
  const MutexLock lock(mutex_);
  const auto known = Follow(moment, table, rules);
  Measure();
  if (!known) return std::unexpected(known.error());
  if (*known == nullptr) return std::nullopt;
  TIDEMARK_TRY(chain::ChainSummary summary, (*known)->index.Summarize());
  const bool has_rate = summary.ranges.size() == 1;
  return ChainFacts{.ranges = std::move(summary.ranges),
                    .totals = summary.totals,
                    .reorgs = summary.reorgs,
                    .quarantine = (*known)->quarantine,
                    .rate = has_rate ? MeasureCommitRate((*known)->index, now) : std::nullopt};
}

Result<std::optional<TableSnapshot>> IndexCache::Entry::ReadAll(Moment& moment,
                                                                const PhysicalTable& table,
                                                                const ProgressRules& rules) {
  const MutexLock lock(mutex_);
  const auto known = Follow(moment, table, rules);
  Measure();
  if (!known) return std::unexpected(known.error());
  if (*known == nullptr) return std::nullopt;
  TIDEMARK_TRY(auto all,
               TableSnapshot::Make((*known)->index.Segments(), (*known)->quarantine, rules));
  return all;
}

IndexCache::Counts::Counts(MetricRegistry& metrics)
    : hits(Requests(metrics, "hit")),
      extended(Requests(metrics, "extended")),
      misses(Requests(metrics, "miss")),
      bypasses(Requests(metrics, "bypass")),
      entries(metrics.GetGauge({.name = "tidemark_cache_entries",
                                .help = "Answers and indexes that are kept in memory.",
                                .labels = {{"cache", "indexes"}}})),
      bytes(metrics.GetGauge({.name = "tidemark_cache_bytes",
                              .help = "Memory that kept answers and indexes take, about.",
                              .labels = {{"cache", "indexes"}}})) {}

IndexCache::IndexCache(std::size_t max_bytes, MetricRegistry& metrics)
    : max_bytes_(max_bytes), counts_(metrics) {}

Result<std::optional<ChainFacts>> IndexCache::Read(Moment& moment, const PhysicalTable& table,
                                                   const ProgressRules& rules, UtcTime now) {
  const Key key{table.revision_id(), rules.start_block};
  const std::shared_ptr<Entry> entry = Take(key);
  auto facts = entry->Read(moment, table, rules, now);
  Settle(key, entry->memory_bytes());
  return facts;
}

Result<std::optional<TableSnapshot>> IndexCache::ReadAll(Moment& moment, const PhysicalTable& table,
                                                         const ProgressRules& rules) {
  const Key key{table.revision_id(), rules.start_block};
  const std::shared_ptr<Entry> entry = Take(key);
  auto all = entry->ReadAll(moment, table, rules);
  Settle(key, entry->memory_bytes());
  return all;
}

std::shared_ptr<IndexCache::Entry> IndexCache::Take(const Key& key) {
  const MutexLock lock(mutex_);
  const auto found = places_.find(key);
  if (found != places_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, found->second.by_use);
    return found->second.entry;
  }
  by_use_.push_front(key);
  auto entry = std::make_shared<Entry>(key.second, counts_);
  places_.emplace(key, Place{.entry = entry, .bytes = 0, .by_use = by_use_.begin()});
  return entry;
}

void IndexCache::Settle(const Key& key, std::size_t bytes) {
  const MutexLock lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) return;  // It was dropped meanwhile, and goes with its last user.
  bytes_ += bytes - found->second.bytes;
  found->second.bytes = bytes;
  while (bytes_ > max_bytes_ && by_use_.back() != key) {
    const auto oldest = places_.find(by_use_.back());
    bytes_ -= oldest->second.bytes;
    places_.erase(oldest);
    by_use_.pop_back();
  }
  counts_.entries.Set(static_cast<std::int64_t>(places_.size()));
  counts_.bytes.Set(static_cast<std::int64_t>(bytes_));
}

}  // namespace tidemark::data_store
