#include "worker_catalog.h"

#include <fmt/format.h>

#include "tidemark/providers/evm_rpc.h"

namespace tidemark::app {
namespace {

constexpr std::string_view kKind = "evm-rpc";

class WorkerCatalog final : public worker::Catalog {
 public:
  WorkerCatalog(dataset_store::DatasetStore& datasets, dataset_store::ProviderRegistry& providers)
      : datasets_(datasets), providers_(providers) {}

  Result<worker::RawDataset> LoadRawDataset(const DatasetVersion& version,
                                            Deadline deadline) override {
    TIDEMARK_TRY(auto manifest, datasets_.LoadManifest(version.manifest_hash, deadline));
    if (manifest.kind != kKind) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("{} is a dataset of kind {}; this worker writes only {}",
                                   ToString(version.dataset), manifest.kind, kKind));
    }
    return worker::RawDataset{.network = std::move(manifest.network),
                              .start_block = manifest.start_block,
                              .finalized_blocks_only = manifest.finalized_blocks_only};
  }

  Result<std::unique_ptr<providers::BlockSource>> OpenBlockSource(
      std::string_view network) override {
    TIDEMARK_TRY(auto found, providers_.Find(kKind, network));
    if (found.empty()) {
      return MakeError(
          ErrorCode::kNotFound,
          fmt::format("no {} provider for network '{}': add one with tidemark provider "
                      "add",
                      kKind, network));
    }
    dataset_store::Provider& provider = found.front();
    providers::EvmRpcOptions options;
    options.url = std::move(provider.url);
    options.auth_header = std::move(provider.auth_header);
    options.auth_token = std::move(provider.auth_token);
    options.rate_limit_per_minute = provider.rate_limit_per_minute;
    options.fetch_receipts_per_tx = provider.fetch_receipts_per_tx.value_or(false);
    if (provider.concurrent_request_limit) {
      options.concurrent_request_limit = *provider.concurrent_request_limit;
    }
    if (provider.rpc_batch_size) options.rpc_batch_size = *provider.rpc_batch_size;
    if (provider.timeout_s) options.timeout_s = *provider.timeout_s;
    return providers::MakeEvmRpcSource(options);
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
