// Segments: what one committed Parquet file says of the chain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/bytes.h"
#include "tidemark/model/ids.h"

namespace tidemark {

/// The blocks of one network in one file. Sparse chains skip numbers, so the range may span more
/// numbers than there are blocks.
struct NetworkRange {
  std::string network;
  BlockRange blocks;
  BlockHash hash;       // Of the last block.
  BlockHash prev_hash;  // Of the block before the first one; zero before genesis.
  std::optional<std::uint64_t> timestamp_s;  // Unix time of the last block. Older files lack it.

  friend bool operator==(const NetworkRange&, const NetworkRange&) = default;
};

/// One committed file, as the chain algorithms see it.
struct Segment {
  FileId file_id;
  UtcTime created_at;                // The writer's clock when the file was closed.
  std::uint64_t size_bytes = 0;      // 0 if the database does not know.
  std::vector<NetworkRange> ranges;  // Sorted by network.

  friend bool operator==(const Segment&, const Segment&) = default;
};

/// What a file says of itself: `file_metadata.metadata` in the database and `nozzle_metadata` in
/// the Parquet footer (amp-facts: ParquetMeta).
struct SegmentMetadata {
  std::string table;
  std::string filename;
  UtcTime created_at;
  std::vector<NetworkRange> ranges;

  friend bool operator==(const SegmentMetadata&, const SegmentMetadata&) = default;
};

/// Compact JSON with Amp's keys, in Amp's order.
std::string PrintSegmentMetadata(const SegmentMetadata& metadata);

/// Reads that JSON. Unknown keys are ignored at the top level and in a range, whatever they hold.
/// Ranges come back sorted by network.
/// Errors: kCorruption, naming the key that is missing, of another type or out of bounds.
Result<SegmentMetadata> ParseSegmentMetadata(std::string_view json);

/// Reads all of it, also what ParseSegmentMetadata passes over.
/// Errors: kCorruption if it is no well-formed JSON object, has a number that no double holds, or a
/// key twice in an object at any depth: of two readers one takes the first value and the other the
/// last.
Status CheckKeysAreUnique(std::string_view json);

}  // namespace tidemark
