// Hashes of the blocks that were written last.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "tidemark/model/block_range.h"
#include "tidemark/model/bytes.h"

namespace tidemark::worker {

/// A row says only what the last block of its file was. Where the chain gets shorter, its head may
/// be within a file, and only the hash of that very block tells whether the file is still the
/// chain's. Blocks of branches that were left are kept too: a branch that is taken again goes on
/// with its own files, whose blocks are not those that were written last. Not thread-safe.
class RecentBlocks {
 public:
  /// Twice as many as any chain is reorganised by; the greatest numbers are kept.
  static constexpr std::size_t kMax = 2048;

  void Add(BlockNumber number, const BlockHash& hash, const BlockHash& parent);
  void Add(const RecentBlocks& others);

  /// Hash of block `number` in the chain whose block `last` has the hash `hash_of_last`; `number`
  /// is not above `last`. nullopt if a block from there on was not written, or too long ago.
  std::optional<BlockHash> HashOf(BlockNumber number, BlockNumber last,
                                  const BlockHash& hash_of_last) const;

 private:
  std::map<std::pair<BlockNumber, BlockHash>, BlockHash> parents_;
};

}  // namespace tidemark::worker
