// The change feed of the in-memory store: for each object when it last changed, found by comparing
// the states before and after each write. So this says what a change is, without a trigger.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "tidemark/base/clock.h"
#include "tidemark/base/random.h"
#include "tidemark/metadata_db/change_feed.h"

namespace tidemark::metadata_db {

struct MemoryState;

/// The last write that changed an object.
struct LastChange {
  std::uint64_t number = 0;
  UtcTime at;
};

struct MemoryFeed {
  std::uint64_t incarnation = RandomU64();
  std::uint64_t last = 0;            // Number of the last write that changed something.
  std::uint64_t pruned_through = 0;  // What has been forgotten is not above this number.
  std::map<LocationId, LastChange> revisions;
  std::map<JobId, LastChange> jobs;
  std::map<DatasetName, LastChange> datasets;
};

/// Enters into `after`'s feed what a write at `now` has changed.
void RecordChanges(const MemoryState& before, MemoryState& after, UtcTime now);

FeedReading ReadFeed(const MemoryState& state, const std::optional<FeedPosition>& since);

/// Forgets changes up to `until`. Yields how many.
std::uint64_t PruneFeed(MemoryFeed& feed, UtcTime until);

}  // namespace tidemark::metadata_db
