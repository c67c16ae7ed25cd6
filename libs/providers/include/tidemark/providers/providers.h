// Where blocks come from: chain nodes and the like. Here: the interface that the worker reads
// blocks through, and its EVM JSON-RPC implementation. Not here: which blocks are wanted (worker),
// and how a provider is configured (dataset_store).
#pragma once

#include "tidemark/providers/block_source.h"  // IWYU pragma: export
#include "tidemark/providers/evm_rpc.h"       // IWYU pragma: export
