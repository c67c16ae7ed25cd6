// How the rows of the evm-rpc tables come out of a block.
#pragma once

#include <cstddef>

#include "tidemark/model/evm_block.h"

namespace parquet {
class RowGroupWriter;
}

namespace tidemark::parquet_io {

struct ColumnScratch;

/// How many rows the block has in the table.
std::size_t CountRows(const EvmBlock& block, EvmTable table);

/// Writes them, in the columns of EvmSchema.
/// Requires: CheckBlock, and at least one row.
void WriteRows(const EvmBlock& block, EvmTable table, parquet::RowGroupWriter& row_group,
               ColumnScratch& scratch);

}  // namespace tidemark::parquet_io
