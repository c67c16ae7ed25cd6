// Garbage collection of everything that no job of a worker sees to.
#pragma once

#include <cstddef>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "worker_context.h"

namespace tidemark::worker {

/// Every interval, on a thread of its own:
///   1. Files whose time has come, of locations that no job writes: their rows go
///   (CollectLocation).
///      A location with a writer is collected by the job itself, which must know what it has.
///   2. Condemned objects are deleted.
///   3. One of the locations that this node's jobs write or wrote, in turns: objects with a name of
///      our own form that no row names are condemned once they have been seen so for the grace
///      time. It is counted by this process, so a restart begins it anew, and no clock can shorten
///      it. Whoever commits such a file afterwards is refused.
///   4. Changes that every follower of the change feed has had time to read are removed.
/// Any number of collectors may run at once. What fails is logged and tried again the next time;
/// nothing is lost by it. If collection is turned off, only the change feed is seen to.
class Collector {
 public:
  /// Begins at once. `context` must outlive the collector.
  explicit Collector(const WorkerContext& context);
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  /// Waits for the thread: as long as one call of the database or of the store may take.
  ~Collector() = default;

 private:
  /// When objects without a row were first seen, by location and name.
  using Orphans = std::map<std::pair<LocationId, std::string>, SteadyTime>;

  void Loop(const std::stop_token& stop);
  Status CollectFiles(const std::stop_token& stop);
  Status CollectIfIdle(LocationId location);
  Status DeleteObjects(const std::stop_token& stop);
  Status LookForOrphans();
  Result<std::vector<metadata_db::RevisionRow>> ListOwnRevisions();
  Status LookForOrphans(const metadata_db::RevisionRow& revision);
  Status PruneFeed(const std::stop_token& stop);

  const WorkerContext& context_;
  Orphans orphans_;
  LocationId last_looked_at_;  // For orphans; revisions take turns by id.
  std::jthread thread_;        // Last, for it uses the members above.
};

/// "000000017-00f3a1b2c4d5e6f7.parquet": at least 9 decimal digits, 16 hex digits in lower case.
bool IsSegmentFileName(std::string_view name);

}  // namespace tidemark::worker
