#include "footer_bytes.h"

#include <memory>

#include <arrow/io/memory.h>
#include <arrow/memory_pool.h>
#include <parquet/exception.h>
#include <parquet/file_writer.h>

namespace tidemark::parquet_io {

std::string SerialiseFooter(const parquet::FileMetaData& footer) {
  std::shared_ptr<arrow::io::BufferOutputStream> out;
  PARQUET_ASSIGN_OR_THROW(out,
                          arrow::io::BufferOutputStream::Create(4096, arrow::system_memory_pool()));
  parquet::WriteFileMetaData(footer, out.get());
  std::shared_ptr<arrow::Buffer> bytes;
  PARQUET_ASSIGN_OR_THROW(bytes, out->Finish());
  return bytes->ToString();
}

}  // namespace tidemark::parquet_io
