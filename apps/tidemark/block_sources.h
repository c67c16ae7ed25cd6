// From a provider's configuration to a source of blocks.
#pragma once

#include <memory>
#include <string_view>

#include "tidemark/base/result.h"
#include "tidemark/dataset_store/provider_registry.h"
#include "tidemark/providers/block_source.h"

namespace tidemark::app {

/// The one kind of provider that this program reads from.
inline constexpr std::string_view kEvmRpc = "evm-rpc";

/// Requires: the provider is of kind evm-rpc and its variables are replaced.
/// Errors: kInvalidArgument.
Result<std::unique_ptr<providers::BlockSource>> MakeBlockSource(
    const dataset_store::Provider& provider);

}  // namespace tidemark::app
