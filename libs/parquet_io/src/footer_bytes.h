// The footer of a file that was just written.
#pragma once

#include <string>

namespace parquet {
class FileMetaData;
}

namespace tidemark::parquet_io {

/// The thrift structure, its length and the magic number.
/// Throws parquet::ParquetException if Arrow fails.
std::string SerialiseFooter(const parquet::FileMetaData& footer);

}  // namespace tidemark::parquet_io
