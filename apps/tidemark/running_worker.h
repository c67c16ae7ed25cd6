// The worker with what it needs: what `tidemark worker` is, and a half of solo.
#pragma once

#include <functional>
#include <memory>

#include "settings.h"
#include "stores.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/worker/worker.h"

namespace tidemark::app {

/// A worker and where it learns of datasets.
class RunningWorker {
 public:
  /// `stores` and `clock` must outlive the result. `on_displaced`: see worker::WorkerOptions.
  /// Errors: kInvalidArgument if the database is only read; kUnavailable.
  static Result<RunningWorker> Start(const Settings& settings, Stores& stores, const Clock& clock,
                                     std::function<void()> on_displaced);

  void Stop() { worker_->Stop(); }

 private:
  RunningWorker(std::unique_ptr<worker::Catalog> catalog, std::unique_ptr<worker::Worker> worker)
      : catalog_(std::move(catalog)), worker_(std::move(worker)) {}

  std::unique_ptr<worker::Catalog> catalog_;
  std::unique_ptr<worker::Worker> worker_;
};

}  // namespace tidemark::app
