// Whether this process is still the one that its node id stands for.
#pragma once

#include "tidemark/base/clock.h"
#include "tidemark/base/mutex.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/metadata_db/rows.h"
#include "tidemark/worker/worker.h"

namespace tidemark::worker {

/// The node's entry in the database. Whoever registers last under a node id has it: a process that
/// was restarted must not wait for the one before it to be given up. Thread-safe.
class Registration {
 public:
  /// `options` and `metadata` must outlive it.
  Registration(const WorkerOptions& options, metadata_db::MetadataStore& metadata)
      : options_(options), metadata_(metadata) {}

  /// Registers the node, or registers it again.
  /// Errors: kUnavailable.
  Status Register(Deadline deadline);

  /// Whether `row`, the node's, is there by our registration and not by another process's.
  bool IsOurs(const metadata_db::WorkerRow& row) const;

 private:
  const WorkerOptions& options_;
  metadata_db::MetadataStore& metadata_;
  // Held while the database is asked, so that nobody sees the new row beside the old time.
  mutable Mutex mutex_;
  UtcTime registered_at_ TIDEMARK_GUARDED_BY(mutex_);
};

}  // namespace tidemark::worker
