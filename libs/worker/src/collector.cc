#include "collector.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>

#include "collection.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/base/log.h"
#include "tidemark/base/wait.h"
#include "tidemark/model/revision_metadata.h"

namespace tidemark::worker {
namespace {

constexpr std::size_t kObjectsAtOnce = 256;
// Names that are kept in mind, whatever lies in a store.
constexpr std::size_t kOrphansMax = 100'000;

constexpr std::chrono::seconds kListTimeout{60};

// Between two looks at the change feed where nothing is collected.
constexpr std::chrono::milliseconds kPruneInterval{60'000};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }

void Report(std::string_view event, const Status& status) {
  // Somebody else was quicker, or a job has begun to write.
  if (status || status.error().code == ErrorCode::kConflict) return;
  Log(LogLevel::kWarning, event, {{"error", status.error().message}});
}

/// Where the chain of a revision's dataset begins to count; nullopt if it begins anywhere, or if
/// nobody knows the dataset any more.
Result<std::optional<BlockNumber>> FindStartBlock(Catalog& catalog,
                                                  const metadata_db::RevisionRow& revision) {
  const auto version = ReadRevisionVersion(revision.metadata);
  if (!version) return std::nullopt;
  const auto dataset = catalog.LoadRawDataset(*version, Deadline::After(kDatabaseTimeout));
  if (dataset) return dataset->start_block;
  if (dataset.error().code == ErrorCode::kUnavailable) return std::unexpected(dataset.error());
  return std::nullopt;
}

}  // namespace

bool IsSegmentFileName(std::string_view name) {
  constexpr std::string_view kEnding = ".parquet";
  constexpr std::size_t kSuffixDigits = 16;
  constexpr std::size_t kStartDigitsMin = 9;
  if (!name.ends_with(kEnding)) return false;
  name.remove_suffix(kEnding.size());
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos || dash < kStartDigitsMin) return false;
  const std::string_view suffix = name.substr(dash + 1);
  return std::ranges::all_of(name.substr(0, dash), IsDigit) && suffix.size() == kSuffixDigits &&
         std::ranges::all_of(suffix, IsHexDigit);
}

Collector::Collector(const WorkerContext& context)
    : context_(context), thread_([this](const std::stop_token& stop) { Loop(stop); }) {}

void Collector::Loop(const std::stop_token& stop) {
  const WorkerOptions& options = context_.options;
  const bool collects = options.collect_interval.count() > 0;
  const auto interval = collects ? options.collect_interval : kPruneInterval;
  if (!collects) WaitFor(interval, stop);
  while (!stop.stop_requested()) {
    if (collects) {
      Report("files_not_collected", CollectFiles(stop));
      Report("objects_not_deleted", DeleteObjects(stop));
      if (options.orphan_grace.count() > 0) Report("orphans_not_found", LookForOrphans());
    }
    Report("feed_not_pruned", PruneFeed(stop));
    WaitFor(interval, stop);
  }
}

Status Collector::PruneFeed(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    TIDEMARK_TRY(const auto pruned, context_.metadata.PruneFeed(metadata_db::kFeedKept,
                                                                Deadline::After(kListTimeout)));
    if (pruned < metadata_db::kFeedPrunedAtOnce) break;
  }
  return {};
}

Status Collector::CollectFiles(const std::stop_token& stop) {
  std::vector<LocationId> locations;
  {
    TIDEMARK_TRY(const auto reader,
                 context_.metadata.OpenReader(Deadline::After(kDatabaseTimeout)));
    TIDEMARK_TRY(locations, reader->ListLocationsToCollect());
  }
  for (const LocationId location : locations) {
    if (stop.stop_requested()) break;
    // One location that cannot be collected does not hold back the others.
    Report("files_not_collected", CollectIfIdle(location));
  }
  return {};
}

Status Collector::CollectIfIdle(LocationId location) {
  std::optional<metadata_db::RevisionRow> revision;
  {
    TIDEMARK_TRY(const auto reader,
                 context_.metadata.OpenReader(Deadline::After(kDatabaseTimeout)));
    TIDEMARK_TRY(revision, reader->GetRevision(location));
  }
  if (!revision) return {};
  const bool is_idle =
      !revision->writer || (revision->writer_status && IsTerminal(*revision->writer_status));
  if (!is_idle) return {};
  TIDEMARK_TRY(const auto start_block, FindStartBlock(context_.catalog, *revision));
  TIDEMARK_TRY(CollectLocation(
      context_, {.location = location, .writer = std::nullopt, .start_block = start_block}));
  return {};
}

Status Collector::DeleteObjects(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<metadata_db::CondemnedObject> condemned;
    {
      TIDEMARK_TRY(const auto reader,
                   context_.metadata.OpenReader(Deadline::After(kDatabaseTimeout)));
      TIDEMARK_TRY(condemned, reader->ListCondemnedObjects(kObjectsAtOnce));
    }
    std::vector<metadata_db::CondemnedObject> deleted;
    Status first_failure;
    for (metadata_db::CondemnedObject& object : condemned) {
      if (stop.stop_requested()) break;
      Status status = context_.data.Delete(object.path + "/" + object.file_name);
      if (status) {
        TIDEMARK_FAILPOINT("collection.object_deleted");
        deleted.push_back(std::move(object));
      } else if (first_failure) {
        first_failure = std::move(status);
      }
    }
    // Also without objects: those that were deleted long ago are forgotten.
    TIDEMARK_TRY(context_.metadata.ForgetObjects(deleted, Deadline::After(kListTimeout)));
    if (!deleted.empty()) TIDEMARK_FAILPOINT("collection.deletions_recorded");
    TIDEMARK_TRY(std::move(first_failure));
    if (condemned.size() < kObjectsAtOnce) break;
  }
  return {};
}

Result<std::vector<metadata_db::RevisionRow>> Collector::ListOwnRevisions() {
  TIDEMARK_TRY(const auto reader, context_.metadata.OpenReader(Deadline::After(kListTimeout)));
  metadata_db::JobFilter filter;
  filter.node_id = context_.options.node_id;
  TIDEMARK_TRY(const auto jobs, reader->ListJobs(filter));
  std::set<JobId> own;
  for (const metadata_db::JobRow& job : jobs) own.insert(job.id);
  TIDEMARK_TRY(auto revisions, reader->ListRevisions({}));
  std::erase_if(revisions, [&](const metadata_db::RevisionRow& revision) {
    return !revision.writer || !own.contains(*revision.writer);
  });
  std::ranges::sort(revisions, {}, &metadata_db::RevisionRow::id);
  return revisions;
}

Status Collector::LookForOrphans() {
  TIDEMARK_TRY(const auto revisions, ListOwnRevisions());
  std::set<LocationId> locations;
  for (const metadata_db::RevisionRow& revision : revisions) locations.insert(revision.id);
  std::erase_if(orphans_,
                [&](const auto& orphan) { return !locations.contains(orphan.first.first); });
  if (revisions.empty()) return {};
  auto next =
      std::ranges::upper_bound(revisions, last_looked_at_, {}, &metadata_db::RevisionRow::id);
  if (next == revisions.end()) next = revisions.begin();
  last_looked_at_ = next->id;
  return LookForOrphans(*next);
}

Status Collector::LookForOrphans(const metadata_db::RevisionRow& revision) {
  // Objects first: what is committed after the list was made must not look like an orphan.
  TIDEMARK_TRY(const auto objects, context_.data.List(revision.path));
  std::set<std::string, std::less<>> names;
  for (const object_store::ObjectInfo& object : objects) {
    std::string_view name = object.path;
    // Right below the revision's folder.
    name.remove_prefix(std::min(name.size(), revision.path.size() + 1));
    if (IsSegmentFileName(name)) names.emplace(name);
  }
  {
    TIDEMARK_TRY(const auto reader, context_.metadata.OpenReader(Deadline::After(kListTimeout)));
    TIDEMARK_TRY(const auto rows, reader->ListFiles(revision.id));
    for (const metadata_db::FileRow& row : rows) names.erase(row.file_name);
  }
  const SteadyTime now = context_.clock.SteadyNow();
  std::vector<std::string> garbage;
  std::erase_if(orphans_, [&](const auto& orphan) {
    return orphan.first.first == revision.id && !names.contains(orphan.first.second);
  });
  for (const std::string& name : names) {
    const auto known = orphans_.find({revision.id, name});
    if (known == orphans_.end()) {
      if (orphans_.size() < kOrphansMax) orphans_.emplace(std::pair(revision.id, name), now);
    } else if (now - known->second >= context_.options.orphan_grace &&
               garbage.size() < kObjectsAtOnce) {
      garbage.push_back(name);
    }
  }
  if (garbage.empty()) return {};
  TIDEMARK_TRY(const auto condemned, context_.metadata.CondemnObjects(
                                         revision.id, garbage, Deadline::After(kListTimeout)));
  TIDEMARK_FAILPOINT("collection.orphans_condemned");
  for (const std::string& name : garbage) orphans_.erase({revision.id, name});
  Log(LogLevel::kInfo, "orphans_condemned",
      {{"location_id", revision.id.value}, {"objects", condemned}});
  return {};
}

}  // namespace tidemark::worker
