#include "memory_feed.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memory_state.h"
#include "tidemark/base/text.h"

namespace tidemark::metadata_db {
namespace {

constexpr std::string_view kFormat = "m1";

// Calls `report` with the key of each entry that only one of the maps has, or that is not `same` in
// both.
template <class Map, class Same, class Report>
void ForEachDifference(const Map& before, const Map& after, const Same& same,
                       const Report& report) {
  for (const auto& [key, value] : before) {
    const auto found = after.find(key);
    if (found == after.end() || !same(value, found->second)) report(key);
  }
  for (const auto& [key, value] : after) {
    if (!before.contains(key)) report(key);
  }
}

std::set<LocationId> ChangedRevisions(const MemoryState& before, const MemoryState& after) {
  std::set<LocationId> changed;
  ForEachDifference(
      before.revisions, after.revisions,
      [](const StoredRevision& a, const StoredRevision& b) { return a.version == b.version; },
      [&](LocationId id) { changed.insert(id); });
  return changed;
}

std::set<JobId> ChangedJobs(const MemoryState& before, const MemoryState& after) {
  std::set<JobId> changed;
  ForEachDifference(
      before.statuses, after.statuses,
      [](const StoredStatus& a, const StoredStatus& b) {
        return a.node_id == b.node_id && a.status == b.status && a.updated_at == b.updated_at;
      },
      [&](JobId id) { changed.insert(id); });
  return changed;
}

std::set<DatasetName> ChangedDatasets(const MemoryState& before, const MemoryState& after) {
  std::set<DatasetName> changed;
  ForEachDifference(
      before.tags, after.tags,
      [](const StoredTag& a, const StoredTag& b) {
        return a.hash == b.hash && a.created_at == b.created_at && a.updated_at == b.updated_at;
      },
      [&](const TagKey& key) { changed.insert(key.dataset); });
  ForEachDifference(
      before.tables, after.tables, [](const auto& a, const auto& b) { return a == b; },
      [&](const TableKey& key) { changed.insert(key.version.dataset); });
  std::vector<DatasetVersion> links;
  std::ranges::set_symmetric_difference(before.links, after.links, std::back_inserter(links));
  for (const DatasetVersion& link : links) changed.insert(link.dataset);
  return changed;
}

// Those of `entries` that changed after `number`.
template <class Map, class Report>
void ForEachSince(const Map& entries, std::uint64_t number, const Report& report) {
  for (const auto& [key, change] : entries) {
    if (change.number > number) report(key);
  }
}

template <class Map>
void AddOld(const Map& entries, UtcTime until, std::vector<std::uint64_t>& numbers) {
  for (const auto& [key, change] : entries) {
    if (change.at <= until) numbers.push_back(change.number);
  }
}

}  // namespace

void RecordChanges(const MemoryState& before, MemoryState& after, UtcTime now) {
  const auto revisions = ChangedRevisions(before, after);
  const auto jobs = ChangedJobs(before, after);
  const auto datasets = ChangedDatasets(before, after);
  if (revisions.empty() && jobs.empty() && datasets.empty()) return;
  MemoryFeed& feed = after.feed;
  const LastChange change{.number = ++feed.last, .at = now};
  for (const LocationId id : revisions) feed.revisions[id] = change;
  for (const JobId id : jobs) feed.jobs[id] = change;
  for (const DatasetName& name : datasets) feed.datasets[name] = change;
}

FeedReading ReadFeed(const MemoryState& state, const std::optional<FeedPosition>& since) {
  const MemoryFeed& feed = state.feed;
  const std::string incarnation = std::to_string(feed.incarnation);
  FeedReading reading{.position = FeedPosition::OfFields(
                          {std::string(kFormat), incarnation, std::to_string(feed.last)}),
                      .changes = std::unexpected(FeedBreak::kBeginning)};
  if (!since) return reading;
  const auto fields = since->Fields();
  const auto number = ParseDecimal<std::uint64_t>(fields.back());
  if (fields.size() != 3 || fields[0] != kFormat || fields[1] != incarnation || !number) {
    reading.changes = std::unexpected(FeedBreak::kOtherFeed);
    return reading;
  }
  if (*number > feed.last) {
    reading.changes = std::unexpected(FeedBreak::kOtherHistory);
    return reading;
  }
  if (*number < feed.pruned_through) {
    reading.changes = std::unexpected(FeedBreak::kPruned);
    return reading;
  }
  Changes changes;
  ForEachSince(feed.revisions, *number, [&](LocationId id) {
    const auto found = state.revisions.find(id);
    const bool is_there = found != state.revisions.end();
    changes.revisions.push_back(
        {.id = id, .version = is_there ? std::optional(found->second.version) : std::nullopt});
  });
  ForEachSince(feed.jobs, *number, [&](JobId id) { changes.jobs.push_back(id); });
  ForEachSince(feed.datasets, *number,
               [&](const DatasetName& name) { changes.datasets.push_back(name); });
  reading.changes = std::move(changes);
  return reading;
}

std::uint64_t PruneFeed(MemoryFeed& feed, UtcTime until) {
  std::vector<std::uint64_t> numbers;
  AddOld(feed.revisions, until, numbers);
  AddOld(feed.jobs, until, numbers);
  AddOld(feed.datasets, until, numbers);
  if (numbers.empty()) return 0;
  std::ranges::sort(numbers);
  if (numbers.size() > kFeedPrunedAtOnce) numbers.resize(kFeedPrunedAtOnce);
  feed.pruned_through = std::max(feed.pruned_through, numbers.back());
  // All of one write go together, so there may be a few more than were counted.
  const auto is_pruned = [&](const auto& entry) {
    return entry.second.number <= feed.pruned_through;
  };
  std::erase_if(feed.revisions, is_pruned);
  std::erase_if(feed.jobs, is_pruned);
  std::erase_if(feed.datasets, is_pruned);
  return numbers.size();
}

}  // namespace tidemark::metadata_db
