#include <optional>
#include <string>
#include <utility>

#include <arrow/memory_pool.h>
#include <fmt/format.h>
#include <parquet/exception.h>
#include <parquet/file_writer.h>

#include "check_block.h"
#include "column_cursor.h"
#include "evm_columns.h"
#include "file_properties.h"
#include "footer_bytes.h"
#include "object_sink.h"
#include "tidemark/parquet_io/parquet_io.h"

namespace tidemark::parquet_io {
namespace {

// A file below this size leaves too little behind to be worth a walk through the heap, which takes
// as long as writing it did.
constexpr std::uint64_t kTrimFromBytes = 1ULL << 20U;

}  // namespace

struct SegmentWriter::Impl {
  EvmTable table = EvmTable::kBlocks;
  std::uint64_t row_group_bytes = 0;
  std::shared_ptr<ObjectSink> sink;
  std::unique_ptr<parquet::ParquetFileWriter> file;
  parquet::RowGroupWriter* row_group = nullptr;  // The file's open one.
  ColumnScratch scratch;
  std::uint64_t row_count = 0;
  std::optional<Error> failure;  // Why nothing may be written any more.

  /// Runs what may throw Parquet's exceptions. The first failure is also that of every later call.
  template <class Call>
  Status Run(Call call) {
    if (failure) return std::unexpected(*failure);
    try {
      call();
      return {};
    } catch (const parquet::ParquetException& exception) {
      return Fail(sink->failure() ? *sink->failure()
                                  : Error{ErrorCode::kInternal,
                                          fmt::format("cannot encode {}: {}", ToString(table),
                                                      exception.what())});
    }
  }

  std::unexpected<Error> Fail(Error error) {
    failure = std::move(error);
    return std::unexpected(*failure);
  }

  /// What the open row group holds: pages, and values that wait to become pages.
  std::uint64_t RowGroupBytes() const {
    if (row_group == nullptr) return 0;
    const auto waiting = row_group->estimated_buffered_stats();
    return static_cast<std::uint64_t>(row_group->total_compressed_bytes_written() +
                                      row_group->total_compressed_bytes() + waiting.value_bytes +
                                      waiting.dict_bytes + waiting.def_level_bytes +
                                      waiting.rep_level_bytes);
  }
};

SegmentWriter::SegmentWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SegmentWriter::~SegmentWriter() { impl_->sink->Abandon(); }

Result<std::unique_ptr<SegmentWriter>> SegmentWriter::Open(EvmTable table,
                                                           object_store::ObjectWriter& sink,
                                                           const SegmentWriterOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->table = table;
  impl->row_group_bytes = options.row_group_bytes;
  impl->sink = std::make_shared<ObjectSink>(sink);
  TIDEMARK_TRY(impl->Run([&] {
    const auto properties = MakeFileProperties(options);
    impl->file = parquet::ParquetFileWriter::Open(impl->sink, MakeParquetSchema(table, *properties),
                                                  properties);
  }));
  return std::unique_ptr<SegmentWriter>(new SegmentWriter(std::move(impl)));
}

Status SegmentWriter::Append(const EvmBlock& block) {
  if (const auto& failure = impl_->failure) return std::unexpected(*failure);
  if (Status fits = CheckBlock(block, impl_->table); !fits) {
    return impl_->Fail(std::move(fits).error());
  }
  const std::size_t rows = CountRows(block, impl_->table);
  // A row group is opened by its first row, so that a file without rows has none.
  if (rows == 0) return {};
  return impl_->Run([&] {
    if (impl_->row_group == nullptr) impl_->row_group = impl_->file->AppendBufferedRowGroup();
    WriteRows(block, impl_->table, *impl_->row_group, impl_->scratch);
    impl_->row_count += rows;
    if (impl_->RowGroupBytes() < impl_->row_group_bytes) return;
    std::exchange(impl_->row_group, nullptr)->Close();
  });
}

std::uint64_t SegmentWriter::row_count() const { return impl_->row_count; }

std::uint64_t SegmentWriter::EstimateSizeBytes() const {
  return impl_->sink->size_bytes() + impl_->RowGroupBytes();
}

Result<std::string> SegmentWriter::Close(const SegmentMetadata& metadata) {
  std::string footer;
  TIDEMARK_TRY(impl_->Run([&] {
    impl_->file->AddKeyValueMetadata(MakeFooterKeys(impl_->table, metadata, {}));
    impl_->row_group = nullptr;
    impl_->file->Close();
    footer = SerialiseFooter(*impl_->file->metadata());
  }));
  impl_->failure = Error{ErrorCode::kInternal, "the file is closed"};
  impl_->file.reset();
  if (impl_->sink->size_bytes() >= kTrimFromBytes) arrow::system_memory_pool()->ReleaseUnused();
  return footer;
}

}  // namespace tidemark::parquet_io
