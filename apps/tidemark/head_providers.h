// The configured providers, as the poller of chain heads sees them.
#pragma once

#include <memory>

#include "tidemark/chain_heads/head_poller.h"
#include "tidemark/dataset_store/provider_registry.h"

namespace tidemark::app {

/// `registry` must outlive the result.
std::unique_ptr<chain_heads::HeadProviders> MakeHeadProviders(
    dataset_store::ProviderRegistry& registry);

}  // namespace tidemark::app
