#include "running_worker.h"

#include <utility>

#include "tidemark/base/json_writer.h"
#include "version.h"
#include "worker_catalog.h"

namespace tidemark::app {
namespace {

std::string WorkerInfo() {
  JsonWriter json;
  json.BeginObject().Field("version", kVersion).EndObject();
  return std::move(json).Take();
}

}  // namespace

Result<RunningWorker> RunningWorker::Start(const Settings& settings, Stores& stores,
                                           const Clock& clock, std::function<void()> on_displaced) {
  if (stores.metadata->is_read_only()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "the database belongs to an Amp deployment, whose own workers write it; a "
                     "worker of tidemark needs a database of its own (tidemark server may be "
                     "attached to this one)");
  }
  auto catalog = MakeWorkerCatalog(*stores.datasets, *stores.providers);
  worker::WorkerOptions options = settings.worker;
  options.info_json = WorkerInfo();
  options.on_displaced = std::move(on_displaced);
  TIDEMARK_TRY(auto worker,
               worker::Worker::Start(options, *stores.metadata, *stores.data, *catalog, clock));
  return RunningWorker(std::move(catalog), std::move(worker));
}

}  // namespace tidemark::app
