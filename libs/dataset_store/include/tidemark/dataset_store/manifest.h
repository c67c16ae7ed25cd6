// Manifests: the definition of a dataset version.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/names.h"

namespace tidemark::dataset_store {

/// Longer ones are refused.
inline constexpr std::size_t kMaxManifestBytes = 1U << 20U;

/// A checked manifest of a raw dataset. An immutable value.
struct Manifest {
  std::string kind;  // "evm-rpc".
  std::string network;
  BlockNumber start_block;
  bool finalized_blocks_only = false;
  std::vector<std::string>
      tables;                  // Those that the dataset has, in Amp's order, whatever it lists.
  std::string canonical_json;  // Compact, with defaults written out and maps sorted.
  ManifestHash hash;           // Of canonical_json.
};

/// Reads a manifest as people write it.
/// Errors: kInvalidArgument, naming the member that is missing, of another type, or not allowed;
/// also for a kind that this version does not support.
Result<Manifest> ParseManifest(std::string_view json);

}  // namespace tidemark::dataset_store
