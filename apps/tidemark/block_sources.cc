#include "block_sources.h"

#include <utility>

#include "tidemark/providers/evm_rpc.h"

namespace tidemark::app {

Result<std::unique_ptr<providers::BlockSource>> MakeBlockSource(
    const dataset_store::Provider& provider) {
  TIDEMARK_TRY(auto fields, dataset_store::ReadEvmRpcFields(provider));
  providers::EvmRpcOptions options;
  options.url = std::move(fields.url);
  options.auth_header = std::move(fields.auth_header);
  options.auth_token = std::move(fields.auth_token);
  options.rate_limit_per_minute = fields.rate_limit_per_minute;
  options.fetch_receipts_per_tx = fields.fetch_receipts_per_tx.value_or(false);
  if (fields.concurrent_request_limit) {
    options.concurrent_request_limit = *fields.concurrent_request_limit;
  }
  if (fields.rpc_batch_size) options.rpc_batch_size = *fields.rpc_batch_size;
  if (fields.timeout_s) options.timeout_s = *fields.timeout_s;
  return providers::MakeEvmRpcSource(options);
}

}  // namespace tidemark::app
