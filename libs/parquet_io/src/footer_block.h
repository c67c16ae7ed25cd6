// The metadata block of a Parquet file (parquet.thrift: FileMetaData), as far as it is needed here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/result.h"

namespace tidemark::parquet_io {

struct FooterKey {
  std::string_view key;
  std::string_view value;  // Empty if there is none.
};

/// Views are into the block that was read.
struct FooterBlock {
  std::uint64_t row_count = 0;
  std::vector<FooterKey> keys;
  /// The block without the places of column and offset indexes, which lie outside it: a cached
  /// footer must not point to what the cache has not.
  std::string without_indexes;
};

/// Keys of a footer beyond this are not a file of ours, nor of Amp's; theirs are four.
inline constexpr std::size_t kMaxFooterKeys = 1000;

/// Reads a whole block: everything is gone over, though little is kept. Arrow's own reader is not
/// asked: it builds the schema by a recursion whose depth the file decides.
/// Errors: kCorruption.
Result<FooterBlock> ReadFooterBlock(std::string_view block);

}  // namespace tidemark::parquet_io
