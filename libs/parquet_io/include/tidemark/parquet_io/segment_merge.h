// Several segment files of one table made one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/result.h"
#include "tidemark/model/evm_block.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/segment.h"
#include "tidemark/parquet_io/parquet_io.h"

namespace tidemark::parquet_io {

/// What a merged file was made from.
struct Ancestry {
  std::vector<FileId> parent_file_ids;
  std::uint64_t generation = 0;  // 0: from blocks; else one more than the greatest of its parents'.
};

/// Writes one Parquet file with the rows of others, in their order. Holds one of the others and a
/// row group at a time. Not thread-safe.
class SegmentMerger {
 public:
  /// `sink` must outlive the merger; the caller finishes it after Close.
  /// Errors: kUnavailable if the sink fails.
  static Result<std::unique_ptr<SegmentMerger>> Open(EvmTable table,
                                                     object_store::ObjectWriter& sink,
                                                     const SegmentWriterOptions& options = {});
  SegmentMerger(const SegmentMerger&) = delete;
  SegmentMerger& operator=(const SegmentMerger&) = delete;
  ~SegmentMerger();

  /// Adds every row of `file`, a whole Parquet file. The merged file is lost after a failure.
  /// Errors: kCorruption if it cannot be read or is not of the table's schema; kUnavailable if the
  /// sink fails.
  Status Append(std::string_view file);

  std::uint64_t row_count() const;

  /// Writes the footer, and yields the metadata block for `footer_cache`, as SegmentWriter::Close.
  /// Errors: kUnavailable.
  Result<std::string> Close(const SegmentMetadata& metadata, const Ancestry& ancestry);

 private:
  struct Impl;
  explicit SegmentMerger(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::parquet_io
