// Indexes of table revisions, kept from one question to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "chain_facts.h"
#include "physical_table.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/metrics.h"
#include "tidemark/base/mutex.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::data_store {

/// One reader's moment in the history of its database. Not thread-safe.
class Moment {
 public:
  /// By one count of all readers: from when to when this one was being opened.
  struct Opening {
    std::uint64_t begun = 0;
    std::uint64_t ended = 0;
  };

  /// `reader` must outlive it.
  Moment(metadata_db::MetadataReader& reader, Opening opening)
      : reader_(reader), opening_(opening) {}

  metadata_db::MetadataReader& reader() const { return reader_; }
  Opening opening() const { return opening_; }

  /// nullopt where the database keeps no feed. Errors: those of the reader.
  Result<std::optional<metadata_db::FeedPosition>> Position();

  /// True if this moment is one of the same history as `position`, at it or later.
  /// Errors: those of the reader.
  Result<bool> Continues(const metadata_db::FeedPosition& position);

 private:
  metadata_db::MetadataReader& reader_;
  Opening opening_;
  std::optional<metadata_db::FeedPosition> position_;
  std::map<std::string, bool> continues_;  // By the position's text.
};

/// Thread-safe. What is asked about one revision waits for one another.
class IndexCache {
 public:
  /// What all indexes may take together, about; the one that is in use is kept whatever it takes.
  static constexpr std::size_t kMaxBytes = std::size_t{256} << 20U;

  /// Counts in `metrics`, which must outlive it.
  explicit IndexCache(std::size_t max_bytes = kMaxBytes,
                      MetricRegistry& metrics = ProcessMetrics());

  /// The same as FactsOf of a snapshot that is read through the moment's reader, which must be the
  /// one that found the table. Files are read as far as they have come since the index was last
  /// used, or all of them. nullopt if there is no index for the moment: nobody counts the changes
  /// of the table, or the index is already of a later moment. Errors: those of
  /// PhysicalTable::Snapshot.
  Result<std::optional<ChainFacts>> Read(Moment& moment, const PhysicalTable& table,
                                         const ProgressRules& rules, UtcTime now);
  /// All of the table's segments, likewise. Takes O(n log n) time.
  Result<std::optional<TableSnapshot>> ReadAll(Moment& moment, const PhysicalTable& table,
                                               const ProgressRules& rules);

 private:
  class Entry;
  /// What became of the questions, and what is kept.
  struct Counts {
    explicit Counts(MetricRegistry& metrics);

    Counter& hits;      // Nothing but the version had to be read.
    Counter& extended;  // What had come since was read.
    Counter& misses;    // All was read.
    Counter& bypasses;  // There is no index for the moment.
    Gauge& entries;
    Gauge& bytes;
  };
  using Key = std::pair<LocationId, std::optional<BlockNumber>>;  // And the start block.
  struct Place {
    std::shared_ptr<Entry> entry;
    std::size_t bytes = 0;            // When it was last used.
    std::list<Key>::iterator by_use;  // In `by_use_`.
  };

  std::shared_ptr<Entry> Take(const Key& key);
  void Settle(const Key& key, std::size_t bytes);

  const std::size_t max_bytes_;
  Counts counts_;
  Mutex mutex_;
  std::map<Key, Place> places_ TIDEMARK_GUARDED_BY(mutex_);
  std::list<Key> by_use_ TIDEMARK_GUARDED_BY(mutex_);  // The one that was used last first.
  std::size_t bytes_ TIDEMARK_GUARDED_BY(mutex_) = 0;
};

}  // namespace tidemark::data_store
