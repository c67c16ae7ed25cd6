// Parquet files of raw tables. Here: writing an evm-rpc table with Amp's Arrow schema and footer
// keys; reading what a footer says of its segment (segment_footer.h). Not here: which blocks go
// into which file (worker), where the bytes lie (object_store). Arrow does not show outside this
// library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "tidemark/base/result.h"
#include "tidemark/model/evm_block.h"
#include "tidemark/model/segment.h"

namespace tidemark::object_store {
class ObjectWriter;
}

namespace tidemark::parquet_io {

struct SegmentWriterOptions {
  int zstd_level = 1;
  /// A row group, which is kept in memory until it is closed, is closed when it has this much:
  /// pages, and values that wait to become pages.
  std::uint64_t row_group_bytes = 16ULL << 20U;
};

/// Writes one Parquet file of one table, block by block. Not thread-safe.
class SegmentWriter {
 public:
  /// `sink` must outlive the writer; the caller finishes it after Close.
  /// Errors: kUnavailable if the sink fails.
  static Result<std::unique_ptr<SegmentWriter>> Open(EvmTable table,
                                                     object_store::ObjectWriter& sink,
                                                     const SegmentWriterOptions& options = {});
  SegmentWriter(const SegmentWriter&) = delete;
  SegmentWriter& operator=(const SegmentWriter&) = delete;
  ~SegmentWriter();

  /// Adds the block's rows for this table: one, one a transaction, or one a log.
  /// Errors: kInvalidArgument if a value does not fit its column: a decimal of over 38 digits, a
  /// time after 2262, more than 4 topics; kUnavailable if the sink fails. The file is lost after a
  /// failure: every later call fails the same way.
  Status Append(const EvmBlock& block);

  std::uint64_t row_count() const;
  /// Bytes that the file has so far: what is written, and an estimate of what is buffered.
  std::uint64_t EstimateSizeBytes() const;

  /// Writes the footer with the keys nozzle_metadata, parent_file_ids ("[]") and generation ("0"),
  /// and yields the metadata block for `footer_cache`: thrift, its length, magic.
  /// Errors: kUnavailable.
  Result<std::string> Close(const SegmentMetadata& metadata);

 private:
  struct Impl;
  explicit SegmentWriter(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::parquet_io
