// The manifest of a whole EVM chain, for those who do not want to write one.
#pragma once

#include <string>

#include "tidemark/dataset_store/manifest.h"
#include "tidemark/model/block_range.h"

namespace tidemark::dataset_store {

struct EvmRpcManifestOptions {
  std::string network;  // Not empty.
  BlockNumber start_block;
  bool finalized_blocks_only = false;
};

/// A manifest of kind evm-rpc that lists every table with every column that this version writes.
/// Errors: kInvalidArgument for a network without a name.
Result<Manifest> MakeEvmRpcManifest(const EvmRpcManifestOptions& options);

}  // namespace tidemark::dataset_store
