// Whether answers that were read before still hold: group validation (design: change feed).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/names.h"

namespace tidemark::metadata_db {
class MetadataStore;
}

namespace tidemark::data_store {

/// What an answer was read from. It holds as long as none of these changes.
struct Dependencies {
  std::vector<LocationId> revisions;
  std::vector<JobId> jobs;
  std::vector<DatasetName> datasets;  // Tags, manifests and tables.
};

/// Looks at the database's change feed on behalf of everybody who asks meanwhile. Thread-safe.
///
/// Its looks have numbers, from 1. Who reads an answer notes `latest()` before it begins to read;
/// whatever changes after that reading is seen by a later look. Who is asked for the answer again
/// confirms, and may then give it if it is unchanged since the look that was noted: it is what a
/// reading that began after the question would have found.
class ChangeWatch {
 public:
  using Look = std::uint64_t;
  /// Called once, from a thread of the watch's own, and must not block.
  using Done = std::move_only_function<void(const Status&)>;

  ChangeWatch() = default;
  ChangeWatch(const ChangeWatch&) = delete;
  ChangeWatch& operator=(const ChangeWatch&) = delete;
  /// Fails whoever still waits.
  virtual ~ChangeWatch() = default;

  /// Calls `done` when a look that began after this call has ended. One look serves everybody who
  /// waits when it begins.
  /// Errors: kUnavailable (the look failed, found no feed, or did not end by the earliest deadline
  /// of those that it serves). It is no worse than that: the next look may succeed.
  virtual void Confirm(Deadline deadline, Done done) = 0;

  /// Looks without waiting for anything. True if nothing has changed since the look before: that is
  /// all that `done` would have been told. False: it has to be asked for.
  virtual bool ConfirmAtOnce() = 0;

  /// The latest look that has ended; 0 before the first.
  virtual Look latest() const = 0;

  /// When that look began: what was unchanged in it held then. Means nothing before the first.
  virtual SteadyTime latest_began_at() const = 0;

  /// True if, as far as looks have ended, none of these has changed in a look after `since`. False
  /// may be wrong: changes that are long past are forgotten, and then everything counts as changed.
  virtual bool IsUnchanged(const Dependencies& dependencies, Look since) const = 0;
};

/// `store` must outlive the result. A database that keeps no feed is asked again after
/// `feedless_for` whether it has got one.
std::unique_ptr<ChangeWatch> MakeChangeWatch(
    metadata_db::MetadataStore& store,
    std::chrono::milliseconds feedless_for = std::chrono::seconds(5));

}  // namespace tidemark::data_store
