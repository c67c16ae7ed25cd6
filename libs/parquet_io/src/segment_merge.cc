#include "tidemark/parquet_io/segment_merge.h"

#include <optional>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/file_writer.h>
#include <parquet/properties.h>

#include "evm_schema.h"
#include "file_properties.h"
#include "footer_bytes.h"
#include "object_sink.h"

namespace tidemark::parquet_io {
namespace {

/// The row groups of a file.
/// Errors: kCorruption.
Result<std::unique_ptr<parquet::arrow::FileReader>> OpenFile(EvmTable table,
                                                             std::string_view file) {
  const auto bytes = std::make_shared<arrow::Buffer>(file);
  auto reader = parquet::arrow::OpenFile(std::make_shared<arrow::io::BufferReader>(bytes),
                                         arrow::system_memory_pool());
  if (!reader.ok()) return MakeError(ErrorCode::kCorruption, reader.status().ToString());
  std::shared_ptr<arrow::Schema> schema;
  const auto read = (*reader)->GetSchema(&schema);
  if (!read.ok()) return MakeError(ErrorCode::kCorruption, read.ToString());
  if (!schema->Equals(*EvmSchema(table), /*check_metadata=*/false)) {
    return MakeError(ErrorCode::kCorruption,
                     fmt::format("its columns are not those of {}", ToString(table)));
  }
  return std::move(reader).ValueUnsafe();
}

}  // namespace

struct SegmentMerger::Impl {
  EvmTable table = EvmTable::kBlocks;
  std::shared_ptr<ObjectSink> sink;
  std::unique_ptr<parquet::arrow::FileWriter> file;
  std::uint64_t row_count = 0;
  std::optional<Error> failure;  // Why nothing may be written any more.

  std::unexpected<Error> Fail(Error error) {
    sink->Abandon();
    failure = std::move(error);
    return std::unexpected(*failure);
  }
  std::unexpected<Error> FailToWrite(std::string_view why) {
    if (const auto& failed = sink->failure()) return Fail(*failed);
    return Fail({ErrorCode::kInternal, fmt::format("cannot encode {}: {}", ToString(table), why)});
  }

  /// Errors: kCorruption if a row cannot be read.
  Status CopyRowGroup(parquet::arrow::FileReader& from, int number) {
    const auto rows = from.ReadRowGroup(number);
    if (!rows.ok()) return Fail({ErrorCode::kCorruption, rows.status().ToString()});
    arrow::TableBatchReader batches(**rows);
    while (true) {
      const auto batch = batches.Next();
      if (!batch.ok()) return Fail({ErrorCode::kCorruption, batch.status().ToString()});
      if (*batch == nullptr) return {};
      const auto written = file->WriteRecordBatch(**batch);
      if (!written.ok()) return FailToWrite(written.ToString());
      row_count += static_cast<std::uint64_t>((*batch)->num_rows());
    }
  }
};

SegmentMerger::SegmentMerger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SegmentMerger::~SegmentMerger() { impl_->sink->Abandon(); }

Result<std::unique_ptr<SegmentMerger>> SegmentMerger::Open(EvmTable table,
                                                           object_store::ObjectWriter& sink,
                                                           const SegmentWriterOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->table = table;
  impl->sink = std::make_shared<ObjectSink>(sink);
  try {
    const auto properties = MakeFileProperties(options);
    PARQUET_THROW_NOT_OK(parquet::arrow::FileWriter::Make(
        arrow::system_memory_pool(),
        parquet::ParquetFileWriter::Open(impl->sink, MakeParquetSchema(table, *properties),
                                         properties),
        EvmSchema(table), parquet::default_arrow_writer_properties(), &impl->file));
  } catch (const parquet::ParquetException& exception) {
    return impl->FailToWrite(exception.what());
  }
  return std::unique_ptr<SegmentMerger>(new SegmentMerger(std::move(impl)));
}

Status SegmentMerger::Append(std::string_view file) {
  if (const auto& failure = impl_->failure) return std::unexpected(*failure);
  try {
    auto reader = OpenFile(impl_->table, file);
    if (!reader) return impl_->Fail(std::move(reader).error());
    for (int group = 0; group < (*reader)->num_row_groups(); ++group) {
      TIDEMARK_TRY(impl_->CopyRowGroup(**reader, group));
    }
    return {};
  } catch (const parquet::ParquetException& exception) {
    return impl_->FailToWrite(exception.what());
  }
}

std::uint64_t SegmentMerger::row_count() const { return impl_->row_count; }

Result<std::string> SegmentMerger::Close(const SegmentMetadata& metadata,
                                         const Ancestry& ancestry) {
  if (const auto& failure = impl_->failure) return std::unexpected(*failure);
  try {
    PARQUET_THROW_NOT_OK(
        impl_->file->AddKeyValueMetadata(MakeFooterKeys(impl_->table, metadata, ancestry)));
    PARQUET_THROW_NOT_OK(impl_->file->Close());
    std::string footer = SerialiseFooter(*impl_->file->metadata());
    impl_->failure = Error{ErrorCode::kInternal, "the file is closed"};
    impl_->file.reset();
    arrow::system_memory_pool()->ReleaseUnused();
    return footer;
  } catch (const parquet::ParquetException& exception) {
    return impl_->FailToWrite(exception.what());
  }
}

}  // namespace tidemark::parquet_io
