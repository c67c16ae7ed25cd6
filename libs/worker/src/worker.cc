#include "tidemark/worker/worker.h"

#include <optional>
#include <utility>

#include "heartbeat.h"
#include "job_manager.h"
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
                .clock = clock} {}

  WorkerOptions options;
  WorkerContext context;

  Mutex mutex;
  std::optional<Heartbeat> heartbeat TIDEMARK_GUARDED_BY(mutex);
  std::optional<JobManager> manager TIDEMARK_GUARDED_BY(mutex);
};

Result<std::unique_ptr<Worker>> Worker::Start(const WorkerOptions& options,
                                              metadata_db::MetadataStore& metadata,
                                              object_store::ObjectStore& data, Catalog& catalog,
                                              const Clock& clock) {
  TIDEMARK_TRY(metadata.RegisterWorker(options.node_id, options.info_json,
                                       Deadline::After(kDatabaseTimeout)));
  auto impl = std::make_unique<Impl>(options, metadata, data, catalog, clock);
  {
    const MutexLock lock(impl->mutex);
    impl->heartbeat.emplace(impl->context);
    impl->manager.emplace(impl->context);
  }
  Log(LogLevel::kInfo, "worker_started", {{"node_id", options.node_id}});
  return std::unique_ptr<Worker>(new Worker(std::move(impl)));
}

Worker::Worker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Worker::~Worker() { Stop(); }

void Worker::Stop() {
  const MutexLock lock(impl_->mutex);
  if (!impl_->manager) return;
  impl_->manager.reset();
  impl_->heartbeat.reset();
  Log(LogLevel::kInfo, "worker_stopped", {{"node_id", impl_->options.node_id}});
}

}  // namespace tidemark::worker
