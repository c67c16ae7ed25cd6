// An object in memory, and files written to one.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/model/evm_block.h"
#include "tidemark/model/segment.h"
#include "tidemark/object_store/object_store.h"
#include "tidemark/parquet_io/parquet_io.h"

namespace tidemark::parquet_io {

/// Keeps what is appended; told to, it fails one append and counts those that come after.
class MemoryObject final : public object_store::ObjectWriter {
 public:
  static constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

  /// `failing_append` counts from 0.
  explicit MemoryObject(std::size_t failing_append = kNever) : failing_append_(failing_append) {}

  Status Append(std::string_view bytes) override {
    ++append_count_;
    if (append_count_ > failing_append_ + 1) ++appends_after_failure_;
    if (append_count_ > failing_append_) {
      return MakeError(ErrorCode::kUnavailable, "the disk is full");
    }
    bytes_ += bytes;
    return {};
  }
  Result<object_store::ObjectInfo> Finish() override {
    return MakeError(ErrorCode::kInternal, "the caller finishes the object");
  }

  const std::string& bytes() const { return bytes_; }
  std::size_t append_count() const { return append_count_; }
  std::size_t appends_after_failure() const { return appends_after_failure_; }

 private:
  const std::size_t failing_append_;
  std::string bytes_;
  std::size_t append_count_ = 0;
  std::size_t appends_after_failure_ = 0;
};

struct WrittenFile {
  std::string bytes;
  std::string footer;
};

inline SegmentMetadata MetadataOf(EvmTable table) {
  return {.table = std::string(ToString(table)),
          .filename = "000000000-0123456789abcdef.parquet",
          .created_at = UtcTime(std::chrono::nanoseconds(1'767'225'600'000'000'005)),
          .ranges = {{.network = "mainnet",
                      .blocks = BlockRange::Single(BlockNumber{7}),
                      .hash = {},
                      .prev_hash = {},
                      .timestamp_s = 9}}};
}

/// Writes a whole file. Errors: those of SegmentWriter.
inline Result<WrittenFile> WriteFile(EvmTable table, const std::vector<EvmBlock>& blocks,
                                     const SegmentWriterOptions& options = {}) {
  MemoryObject object;
  TIDEMARK_TRY(auto writer, SegmentWriter::Open(table, object, options));
  for (const EvmBlock& block : blocks) TIDEMARK_TRY(writer->Append(block));
  TIDEMARK_TRY(auto footer, writer->Close(MetadataOf(table)));
  return WrittenFile{.bytes = object.bytes(), .footer = std::move(footer)};
}

}  // namespace tidemark::parquet_io
