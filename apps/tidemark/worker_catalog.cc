#include "worker_catalog.h"

#include <fmt/format.h>

#include "block_sources.h"

namespace tidemark::app {
namespace {

class WorkerCatalog final : public worker::Catalog {
 public:
  WorkerCatalog(dataset_store::DatasetStore& datasets, dataset_store::ProviderRegistry& providers)
      : datasets_(datasets), providers_(providers) {}

  Result<worker::RawDataset> LoadRawDataset(const DatasetVersion& version,
                                            Deadline deadline) override {
    TIDEMARK_TRY(auto manifest, datasets_.LoadManifest(version.manifest_hash, deadline));
    if (!manifest.network || !manifest.start_block) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("{} is a dataset of kind {}, not a raw one; this worker writes only raw "
                      "datasets of kind {}",
                      ToString(version.dataset), manifest.kind, kEvmRpc));
    }
    return worker::RawDataset{.kind = std::move(manifest.kind),
                              .network = *std::move(manifest.network),
                              .start_block = *manifest.start_block,
                              .finalized_blocks_only = manifest.finalized_blocks_only};
  }

  Result<std::unique_ptr<providers::BlockSource>> OpenBlockSource(
      std::string_view network) override {
    TIDEMARK_TRY(const auto found, providers_.Find(kEvmRpc, network));
    if (found.empty()) {
      return MakeError(
          ErrorCode::kNotFound,
          fmt::format("no {} provider for network '{}': add one with tidemark provider "
                      "add",
                      kEvmRpc, network));
    }
    return MakeBlockSource(found.front());
  }

 private:
  dataset_store::DatasetStore& datasets_;
  dataset_store::ProviderRegistry& providers_;
};

}  // namespace

std::unique_ptr<worker::Catalog> MakeWorkerCatalog(dataset_store::DatasetStore& datasets,
                                                   dataset_store::ProviderRegistry& providers) {
  return std::make_unique<WorkerCatalog>(datasets, providers);
}

}  // namespace tidemark::app
