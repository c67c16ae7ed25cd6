// Segments for tests, in a notation close to the one of the chain's literature: 3-5 on branch b.
#pragma once

#include <cstdint>

#include "tidemark/model/segment.h"

namespace tidemark::worker {

/// Hash of a block that a branch made.
inline BlockHash HashOf(std::uint64_t number, std::uint8_t branch) {
  BlockHash hash;
  hash.bytes[0] = branch;
  for (std::size_t i = 0; i < 8; ++i) {
    hash.bytes[24 + i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  }
  return hash;
}

struct SegmentSpec {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint8_t branch = 1;
  std::uint8_t parent_branch = 1;  // Of the block before `first`.
  std::int64_t created_at_s = 0;
  std::int64_t id = 1;
};

inline Segment MakeSegment(const SegmentSpec& spec) {
  const BlockHash prev_hash =
      spec.first == 0 ? BlockHash{} : HashOf(spec.first - 1, spec.parent_branch);
  return {.file_id = FileId{spec.id},
          .created_at = UtcTime(std::chrono::seconds(spec.created_at_s)),
          .size_bytes = 0,
          .ranges = {{.network = "testnet",
                      .blocks = *BlockRange::Make(BlockNumber{spec.first}, BlockNumber{spec.last}),
                      .hash = HashOf(spec.last, spec.branch),
                      .prev_hash = prev_hash,
                      .timestamp_s = std::nullopt}}};
}

inline BlockRange Blocks(std::uint64_t first, std::uint64_t last) {
  return *BlockRange::Make(BlockNumber{first}, BlockNumber{last});
}

}  // namespace tidemark::worker
