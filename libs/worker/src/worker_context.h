// What every part of a worker works with.
#pragma once

#include <algorithm>
#include <chrono>

#include "back_off.h"
#include "tidemark/base/clock.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/object_store/object_store.h"
#include "tidemark/worker/worker.h"

namespace tidemark::worker {

/// References to what the worker was started with; all of it outlives the worker's threads.
struct WorkerContext {
  const WorkerOptions& options;
  metadata_db::MetadataStore& metadata;
  object_store::ObjectStore& data;
  Catalog& catalog;
  const Clock& clock;
};

/// Until a database that is gone is asked again. Never as long as a job's own back-off: when it
/// comes back, everything is waiting for it.
inline BackOffPolicy DatabaseRetryPolicy(const WorkerOptions& options) {
  constexpr std::chrono::milliseconds kLongest{5'000};
  return {.base = options.retry_base, .max = std::min(options.retry_max, kLongest)};
}

/// For one call that reads or writes a row or two. Short, because a stopping worker waits for it.
inline constexpr std::chrono::seconds kDatabaseTimeout{1};

}  // namespace tidemark::worker
