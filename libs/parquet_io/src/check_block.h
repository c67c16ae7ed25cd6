// Whether the columns can hold a block.
#pragma once

#include <cstdint>

#include "tidemark/base/result.h"
#include "tidemark/model/evm_block.h"

namespace tidemark::parquet_io {

inline constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

/// Checks every value of the block that `table` stores and whose type in the model holds more than
/// its column does.
/// Errors: kInvalidArgument, naming the block, the row and the column.
Status CheckBlock(const EvmBlock& block, EvmTable table);

}  // namespace tidemark::parquet_io
