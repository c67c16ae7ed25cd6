// Reads evm-rpc tables back with Arrow, independently of how they are written.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/table.h>

#include "tidemark/model/evm_block.h"

namespace tidemark::parquet_io {

/// The table in the bytes of a Parquet file, every column in one chunk. Ends the program if Arrow
/// cannot read it or finds a value that breaks the schema.
std::shared_ptr<arrow::Table> ReadTable(std::string bytes);

/// The bytes of tests/data/parquet/<name>. Ends the program if the file cannot be read.
std::string ReadTestData(std::string_view name);

/// The blocks of a `blocks` table.
std::vector<EvmBlock> BlocksOf(const arrow::Table& blocks);
/// The transactions of a `transactions` table, of all blocks.
std::vector<EvmTransaction> TransactionsOf(const arrow::Table& transactions);
/// The logs of a `logs` table, of all blocks.
std::vector<EvmLog> LogsOf(const arrow::Table& logs);

}  // namespace tidemark::parquet_io
