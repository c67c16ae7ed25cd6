// Blocks of a range, fetched piece by piece, one piece ahead of the reader.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <stop_token>
#include <vector>

#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/evm_block.h"
#include "tidemark/providers/block_source.h"

namespace tidemark::worker {

/// Holds two chunks at most: the one that Next gave away last, and the one being fetched meanwhile.
/// Not thread-safe.
class ChunkStream {
 public:
  struct Request {
    BlockRange blocks;
    std::uint64_t chunk_blocks = 1;  // 0 counts as 1.
  };

  /// `source` must outlive the stream. Nothing is fetched before the first call of Next.
  ChunkStream(providers::BlockSource& source, const Request& request, std::stop_token stop);
  ChunkStream(const ChunkStream&) = delete;
  ChunkStream& operator=(const ChunkStream&) = delete;
  /// Interrupts the fetch that is under way and waits for it.
  ~ChunkStream();

  /// The next blocks in order, at least one; nullopt after the last. Whether neighbours link is not
  /// looked at.
  /// Errors: the source's; kUnavailable if the answer is not the blocks asked for. The stream is
  /// over after a failure.
  Result<std::optional<std::vector<EvmBlock>>> Next();

 private:
  using Chunk = Result<std::vector<EvmBlock>>;

  Chunk Fetch(BlockRange range) const;

  providers::BlockSource& source_;
  std::uint64_t chunk_blocks_;
  std::optional<BlockRange> rest_;  // Not asked for yet.
  std::stop_source abandoned_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::future<Chunk> prefetched_;
};

}  // namespace tidemark::worker
