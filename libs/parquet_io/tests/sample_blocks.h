// Blocks of three forks, every value of its own, so that no column can stand for another.
#pragma once

#include "tidemark/model/evm_block.h"

namespace tidemark::parquet_io {

/// N times the same character, which JSON can say.
template <std::size_t N>
FixedBytes<N> Filled(char c) {
  FixedBytes<N> value;
  value.bytes.fill(static_cast<std::uint8_t>(c));
  return value;
}

/// Difficulty, a contract creation of type 0, a receipt with a state root; nothing that came later.
EvmBlock PreMergeBlock();
/// A base fee; transactions of types 1 and 2 with access lists; logs with 0 to 4 topics.
EvmBlock LondonBlock();
/// All fields of Prague; transactions that carry blobs and authorizations.
EvmBlock PragueBlock();

}  // namespace tidemark::parquet_io
