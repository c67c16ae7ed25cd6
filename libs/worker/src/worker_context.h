// What every part of a worker works with.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "registration.h"
#include "tidemark/base/back_off.h"
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
  Registration& registration;
  // How often the database has come back after it was away. It may have come back without its last
  // commits (another server, a backup), so whoever keeps a copy of its rows reads them again.
  std::atomic<std::uint64_t>& database_returns;
};

/// To act for the job in the attempt that the row speaks of.
inline metadata_db::JobClaim ClaimOf(const metadata_db::JobRow& job) {
  return {.job = job.id, .attempt = job.attempts};
}

/// Until a database that is gone is asked again. Never as long as a job's own back-off: when it
/// comes back, everything is waiting for it.
inline BackOffPolicy DatabaseRetryPolicy(const WorkerOptions& options) {
  constexpr std::chrono::milliseconds kLongest{5'000};
  return {.base = options.retry_base, .max = std::min(options.retry_max, kLongest)};
}

/// For one call that reads or writes a row or two. Short, because a stopping worker waits for it.
inline constexpr std::chrono::seconds kDatabaseTimeout{1};

}  // namespace tidemark::worker
