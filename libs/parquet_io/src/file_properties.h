// How our Parquet files are encoded.
#pragma once

#include <memory>

#include "tidemark/model/evm_block.h"
#include "tidemark/parquet_io/parquet_io.h"
#include "tidemark/parquet_io/segment_merge.h"

namespace arrow {
class KeyValueMetadata;
}
namespace parquet {
class WriterProperties;
namespace schema {
class GroupNode;
}
}  // namespace parquet

namespace tidemark::parquet_io {

std::shared_ptr<parquet::WriterProperties> MakeFileProperties(const SegmentWriterOptions& options);

/// EvmSchema(table) in Parquet's terms, its columns named as Amp's are.
/// Throws parquet::ParquetException if Arrow fails.
std::shared_ptr<parquet::schema::GroupNode> MakeParquetSchema(
    EvmTable table, const parquet::WriterProperties& properties);

/// The footer's keys, with the table's Arrow schema among them.
/// Throws parquet::ParquetException if Arrow fails.
std::shared_ptr<const arrow::KeyValueMetadata> MakeFooterKeys(EvmTable table,
                                                              const SegmentMetadata& metadata,
                                                              const Ancestry& ancestry);

}  // namespace tidemark::parquet_io
