#include "chunk_stream.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "block_pieces.h"

namespace tidemark::worker {
namespace {

// Only a net below the source, which knows how long its node may take: a slow node under a tight
// rate limit may well need minutes for one chunk.
constexpr std::chrono::minutes kFetchTimeout{10};

}  // namespace

ChunkStream::ChunkStream(providers::BlockSource& source, const Request& request,
                         std::stop_token stop)
    : source_(source),
      chunk_blocks_(std::max<std::uint64_t>(request.chunk_blocks, 1)),
      rest_(request.blocks),
      on_stop_(std::move(stop), [this] { abandoned_.request_stop(); }) {}

ChunkStream::~ChunkStream() {
  abandoned_.request_stop();
  if (prefetched_.valid()) prefetched_.wait();
}

Result<std::optional<std::vector<EvmBlock>>> ChunkStream::Next() {
  std::optional<Chunk> chunk;
  if (prefetched_.valid()) {
    chunk = prefetched_.get();
  } else if (const auto range = TakeFirst(rest_, chunk_blocks_)) {
    chunk = Fetch(*range);
  } else {
    return std::nullopt;
  }
  if (!*chunk) {
    rest_.reset();
    return std::unexpected(std::move(*chunk).error());
  }
  if (const auto range = TakeFirst(rest_, chunk_blocks_)) {
    prefetched_ = std::async(std::launch::async, [this, range = *range] { return Fetch(range); });
  }
  return **std::move(chunk);
}

ChunkStream::Chunk ChunkStream::Fetch(BlockRange range) const {
  Chunk blocks = source_.FetchBlocks(range, Deadline::After(kFetchTimeout), abandoned_.get_token());
  if (!blocks) return blocks;
  std::uint64_t expected = range.first().value;
  const bool are_those = std::ranges::all_of(
      *blocks, [&](const EvmBlock& block) { return block.number.value == expected++; });
  if (!are_those || blocks->size() - 1 != range.last().value - range.first().value) {
    return MakeError(ErrorCode::kUnavailable,
                     fmt::format("{}: asked for blocks {} to {}, it gave others", source_.name(),
                                 range.first().value, range.last().value));
  }
  return blocks;
}

}  // namespace tidemark::worker
