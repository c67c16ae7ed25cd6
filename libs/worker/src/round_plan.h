// Which blocks a round writes, to which tables.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "segment_ledger.h"
#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/bytes.h"

namespace tidemark::worker {

/// Blocks that the same tables lack, so that their files open and close together.
struct BlockRun {
  BlockRange blocks;
  std::vector<std::size_t> tables;  // Indices, ascending.

  friend bool operator==(const BlockRun&, const BlockRun&) = default;
};

/// Cuts what each table lacks into runs, ascending. `missing` has the merged ranges of each table.
std::vector<BlockRun> SplitIntoRuns(std::span<const std::vector<BlockRange>> missing);

/// The hash that the source has for a block.
using HashLookup = std::function<Result<BlockHash>(BlockNumber)>;

/// How many links of the chain, from its first on, end with a block that the source has too. Asks
/// for O(log n) blocks, of the newest links first.
/// Errors: those of `hash_at`.
Result<std::size_t> CountAgreed(std::span<const ChainLink> chain, const HashLookup& hash_at);

/// What a table's round looks at.
struct TableView {
  const SegmentLedger& ledger;
  BlockRange desired;  // From the dataset's start block to the chain head, or to the job's end.
};

/// Whether the canonical chain stops short of `desired` though each of its blocks is in some
/// segment: the chain was reorganised, and what is committed does not link.
bool IsBroken(const TableView& view);

/// The blocks to write so that the canonical chain becomes the source's chain.
///
/// Gaps come first. A chain that is broken or doubted is compared with the source, and what follows
/// the last segment that both have is written again: newer files win over older ones with the same
/// start, so the chain turns into the source's at the very block where they part. It is repaired up
/// to its own end, since the segments after that may link to it again.
///
/// This differs from Amp's rule (amp-facts 4.8), which rewrites the segment before a fork until the
/// fork links: that rule never ends where a chain returns to a branch that it had left, because the
/// branch's first file is older than the file that displaced it.
///
/// `agreed`: what CountAgreed says of the ledger's canonical chain; absent if nobody asked.
std::vector<BlockRange> MissingBlocks(const TableView& view, std::optional<std::size_t> agreed);

}  // namespace tidemark::worker
