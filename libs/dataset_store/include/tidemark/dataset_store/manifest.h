// Manifests: the definition of a dataset version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/names.h"

namespace tidemark::dataset_store {

/// Longer ones are refused.
inline constexpr std::size_t kMaxManifestBytes = 1U << 20U;

/// A dataset that a derived one reads.
struct Dependency {
  std::string alias;  // As the SQL calls it.
  DatasetReference
      reference;  // Its revision is a version or a manifest hash, never a tag that moves.
};

/// What the tables of a dataset are made from.
enum class Origin : std::uint8_t {
  kChain,     // Raw: blocks of a network.
  kDatasets,  // Derived: SQL over other datasets.
  kFiles,     // Static: files that somebody keeps; there are no blocks, hence no progress.
};

/// A checked manifest. An immutable value.
struct Manifest {
  std::string kind;  // "evm-rpc", "firehose", "solana", "manifest" (derived) or "static".
  Origin origin = Origin::kChain;
  std::optional<std::string> network;      // Of a raw dataset; absent for the other kinds.
  std::optional<BlockNumber> start_block;  // Of a raw dataset, 0 if it names none.
  bool finalized_blocks_only = false;
  std::vector<std::string>
      tables;  // Those that the dataset has, in Amp's order, whatever it lists (amp-facts 5.5).
  std::vector<Dependency> dependencies = {};  // By alias; a derived dataset's alone.
  std::string canonical_json;                 // Compact, with defaults written out and maps sorted.
  ManifestHash hash;                          // Of canonical_json.
};

/// Reads a manifest as people write it. Whether dependencies exist is not its business, nor whether
/// SQL is valid beyond which of the dataset's own tables it reads.
/// Errors: kInvalidArgument, naming the member that is missing, of another type, or not allowed;
/// also for a kind that is none of those above, and for tables that read one another in a circle.
Result<Manifest> ParseManifest(std::string_view json);

}  // namespace tidemark::dataset_store
