// The Arrow schemas of the evm-rpc tables, as Amp has them.
#pragma once

#include <memory>

#include <arrow/type_fwd.h>

#include "tidemark/model/evm_block.h"

namespace tidemark::parquet_io {

/// Lives for ever. The columns' order is the one in which evm_columns.cc writes them.
const std::shared_ptr<arrow::Schema>& EvmSchema(EvmTable table);

}  // namespace tidemark::parquet_io
