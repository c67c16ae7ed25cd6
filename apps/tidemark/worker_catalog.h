// What the worker asks of datasets and providers, answered from the dataset store.
#pragma once

#include "tidemark/dataset_store/dataset_store.h"
#include "tidemark/dataset_store/provider_registry.h"
#include "tidemark/worker/worker.h"

namespace tidemark::app {

/// Both must outlive the result. Thread-safe.
std::unique_ptr<worker::Catalog> MakeWorkerCatalog(dataset_store::DatasetStore& datasets,
                                                   dataset_store::ProviderRegistry& providers);

}  // namespace tidemark::app
