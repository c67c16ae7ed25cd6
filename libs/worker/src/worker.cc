#include "tidemark/worker/worker.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "collector.h"
#include "heartbeat.h"
#include "job_manager.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/base/log.h"
#include "tidemark/base/mutex.h"
#include "worker_context.h"

namespace tidemark::worker {

struct Worker::Impl {
  Impl(const WorkerOptions& worker_options, metadata_db::MetadataStore& metadata,
       object_store::ObjectStore& data, Catalog& catalog, const Clock& clock)
      : options(worker_options),
        context{.options = options,
                .metadata = metadata,
                .data = data,
                .catalog = catalog,
                .clock = clock,
                .registration = registration,
                .database_returns = database_returns},
        registration(options, metadata) {}

  WorkerOptions options;
  std::atomic<std::uint64_t> database_returns = 0;
  WorkerContext context;
  Registration registration;

  Mutex mutex;
  std::optional<Heartbeat> heartbeat TIDEMARK_GUARDED_BY(mutex);
  std::optional<JobManager> manager TIDEMARK_GUARDED_BY(mutex);
  std::optional<Collector> collector TIDEMARK_GUARDED_BY(mutex);
};

namespace {

/// Jobs that nobody gets here are taken over once this node is given up, so a failure is no harm.
void HandOver(const WorkerContext& context) {
  TIDEMARK_FAILPOINT_NO_THROW("worker.before_hand_over");
  const auto given = context.metadata.HandOverJobs(
      context.options.node_id, context.options.silence_limit, Deadline::After(kDatabaseTimeout));
  TIDEMARK_FAILPOINT_NO_THROW("worker.handed_over");
  if (!given) {
    Log(LogLevel::kWarning, "jobs_not_handed_over", {{"error", given.error().message}});
  } else if (!given->empty()) {
    Log(LogLevel::kInfo, "jobs_handed_over", {{"count", given->size()}});
  }
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::Start(const WorkerOptions& options,
                                              metadata_db::MetadataStore& metadata,
                                              object_store::ObjectStore& data, Catalog& catalog,
                                              const Clock& clock) {
  auto impl = std::make_unique<Impl>(options, metadata, data, catalog, clock);
  TIDEMARK_TRY(impl->registration.Register(Deadline::After(kDatabaseTimeout)));
  TIDEMARK_FAILPOINT("worker.registered");
  {
    const MutexLock lock(impl->mutex);
    impl->heartbeat.emplace(impl->context);
    impl->manager.emplace(impl->context);
    impl->collector.emplace(impl->context);
  }
  Log(LogLevel::kInfo, "worker_started", {{"node_id", options.node_id}});
  return std::unique_ptr<Worker>(new Worker(std::move(impl)));
}

Worker::Worker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Worker::~Worker() { Stop(); }

void Worker::Stop() {
  const MutexLock lock(impl_->mutex);
  if (!impl_->manager) return;
  const bool is_displaced = impl_->manager->is_displaced();
  impl_->collector.reset();
  impl_->manager.reset();
  if (!is_displaced) HandOver(impl_->context);
  impl_->heartbeat.reset();
  Log(LogLevel::kInfo, "worker_stopped", {{"node_id", impl_->options.node_id}});
}

}  // namespace tidemark::worker
