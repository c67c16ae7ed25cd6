// A follower of the change feed, and what it must have: what one has who reads everything.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "metadata_dump.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::metadata_db {

/// What a follower keeps of a database.
struct FollowedState {
  std::map<LocationId, std::uint64_t> versions;
  std::map<JobId, std::string> jobs;
  std::map<DatasetName, std::string> datasets;  // Tags, manifests and tables, without empty ones.

  friend bool operator==(const FollowedState&, const FollowedState&) = default;
};

inline std::string Show(const FollowedState& state) {
  std::string text;
  for (const auto& [id, version] : state.versions) {
    text += fmt::format("revision {} has version {}\n", id.value, version);
  }
  for (const auto& [id, job] : state.jobs) text += fmt::format("job {}: {}", id.value, job);
  for (const auto& [name, dataset] : state.datasets) text += ToString(name) + ": " + dataset;
  return text;
}

/// "revision 1 at 3, revision 2 gone, job 4, dataset eth/main"; or why there is nothing.
inline std::string Show(const std::expected<Changes, FeedBreak>& changes) {
  if (!changes) return std::string(ToString(changes.error()));
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  for (const ChangedRevision& revision : changes->revisions) {
    const std::string version = revision.version ? fmt::format("at {}", *revision.version) : "gone";
    add(fmt::format("revision {} {}", revision.id.value, version));
  }
  for (const JobId job : changes->jobs) add(fmt::format("job {}", job.value));
  for (const DatasetName& name : changes->datasets) add("dataset " + ToString(name));
  return text.empty() ? "nothing" : text;
}

/// A look at a feed that must be there.
inline FeedReading ReadFeedOf(MetadataStore& store, const std::optional<FeedPosition>& since) {
  return Must(Must(store.OpenReader(Soon()))->ReadFeed(since)).value();
}

/// Tells, look by look, what has changed since the last one.
class FeedWatch {
 public:
  explicit FeedWatch(MetadataStore& store)
      : store_(store), position_(ReadFeedOf(store, std::nullopt).position) {}

  /// To be called while nobody writes.
  std::string Next() {
    const bool is_surely_unchanged = store_.IsSurelyUnchanged(position_);
    const bool may_have_changed = Must(store_.MayHaveChanged(position_, Soon()));
    FeedReading reading = ReadFeedOf(store_, position_);
    if (is_surely_unchanged || !may_have_changed) {
      EXPECT_EQ(Show(reading.changes), "nothing");
    }
    position_ = std::move(reading.position);
    return Show(reading.changes);
  }
  const FeedPosition& position() const { return position_; }

 private:
  MetadataStore& store_;
  FeedPosition position_;
};

/// Follows datasets "eth/main" and "eth/other" with manifests "aaa...", "bbb...", and all jobs and
/// revisions.
class FeedFollower {
 public:
  /// Reads what has changed, or everything if there is nothing to continue from. All of it through
  /// `reader`. Yields whether it was continued.
  bool Follow(MetadataReader& reader) {
    const FeedReading reading = Must(reader.ReadFeed(position_)).value();
    position_ = reading.position;
    if (!reading.changes) {
      state_ = ReadEverything(reader);
      return false;
    }
    for (const ChangedRevision& revision : reading.changes->revisions) {
      state_.versions.erase(revision.id);
      if (revision.version) state_.versions.emplace(revision.id, *revision.version);
    }
    for (const JobId id : reading.changes->jobs) {
      state_.jobs.erase(id);
      if (const auto job = Must(reader.GetJob(id))) state_.jobs.emplace(id, Show(*job));
    }
    for (const DatasetName& name : reading.changes->datasets) {
      state_.datasets.erase(name);
      std::string text = ReadDataset(reader, name);
      if (!text.empty()) state_.datasets.emplace(name, std::move(text));
    }
    return true;
  }

  const FollowedState& state() const { return state_; }

  static FollowedState ReadEverything(MetadataReader& reader) {
    FollowedState state;
    for (const RevisionRow& row : Must(reader.ListRevisions({}))) {
      state.versions.emplace(row.id, Must(reader.GetCollectable(row.id)).value().version);
    }
    for (const JobRow& row : Must(reader.ListJobs({}))) state.jobs.emplace(row.id, Show(row));
    for (const char* const name : {"main", "other"}) {
      const DatasetName dataset{.ns = "eth", .name = name};
      std::string text = ReadDataset(reader, dataset);
      if (!text.empty()) state.datasets.emplace(dataset, std::move(text));
    }
    return state;
  }

 private:
  static std::string ReadDataset(MetadataReader& reader, const DatasetName& name) {
    std::string text;
    for (const TagRow& row : Must(reader.ListTags(name))) text += Show(row);
    for (const char digit : {'a', 'b', 'c', 'd'}) {
      const DatasetVersion version{.dataset = name, .manifest_hash = {std::string(64, digit)}};
      if (Must(reader.IsManifestLinked(version))) text += fmt::format("manifest {}\n", digit);
      for (const TableRow& row : Must(reader.ListTables(version))) {
        text += fmt::format("table {}/{} at {}\n", digit, row.table_name,
                            row.active_revision.value_or(LocationId{}).value);
      }
    }
    return text;
  }

  std::optional<FeedPosition> position_;
  FollowedState state_;
};

}  // namespace tidemark::metadata_db
