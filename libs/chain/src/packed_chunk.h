// A chunk of segments in as few bytes as they need.
//
// It has, of each number of its segments, the least, and for each segment the difference from it in
// as many bytes as the greatest difference needs: none if all are equal. Hashes are as they are;
// each segment but the first one has the hash before it as its parent's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "chunk_rows.h"
#include "tidemark/chain/chain_index.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

struct PackedChunk {
  std::unique_ptr<std::byte[]> bytes;
  std::uint32_t bytes_count = 0;
  std::uint32_t rows = 0;
  FileId least_id;
  FileId greatest_id;
  CreationTimes created;
};

/// One column of a packed chunk.
struct Column {
  const std::byte* differences;
  std::uint64_t least;
  std::size_t width;

  std::uint64_t At(std::size_t row) const {
    std::uint64_t difference = 0;
    std::memcpy(&difference, differences + row * width, sizeof(difference));
    return least +
           (width == sizeof(difference) ? difference : difference & ((1ULL << 8 * width) - 1));
  }
};

/// Requires: at least one row.
PackedChunk Pack(const Rows& rows, std::size_t networks);
Rows Unpack(const PackedChunk& chunk, std::size_t networks);

Column IdsOf(const PackedChunk& chunk, std::size_t networks);

/// Overwrite `segment`, whose memory they use again, except for the names of its networks. Require:
/// it has as many networks.
void ReadRow(const RowView& row, Segment& segment);
void ReadRow(const PackedChunk& chunk, std::size_t row, Segment& segment);

}  // namespace tidemark::chain
