// What the footer of a Parquet file says of the segment in it. The file is not trusted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/result.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/segment.h"

namespace tidemark::object_store {
class ObjectStore;
}

namespace tidemark::parquet_io {

/// A larger footer is no segment's.
inline constexpr std::uint64_t kMaxFooterBytes = 64ULL << 20U;
/// Larger metadata in a footer is no segment's; a range takes about 250 bytes.
inline constexpr std::uint64_t kMaxMetadataBytes = 1ULL << 20U;

struct SegmentFooter {
  SegmentMetadata metadata;
  std::string metadata_json;  // The text that `metadata` was read from.
  std::uint64_t row_count = 0;
  std::optional<std::uint64_t> generation;  // Compactions behind the file; older files lack it.
  std::vector<FileId> parent_file_ids;      // Of the files that it was compacted from.
  /// For `footer_cache`: thrift, its length, magic, in the form that SegmentWriter::Close yields.
  std::string footer;
  std::uint64_t size_bytes = 0;      // Of the object.
  std::optional<std::string> e_tag;  // Of the object.
};

/// Where a file lies, and what has to be in it.
struct ExpectedSegment {
  std::string_view path;
  std::optional<std::string_view> table_name = std::nullopt;  // Absent: any.
};

/// Reads the footer of an object, with one read where it is below 64 KiB, else with two. Takes at
/// most three times the footer's size in memory and a few hundred KiB, whatever the object holds,
/// and time in proportion.
/// Errors: kCorruption with the reason if it is no Parquet file, is encrypted, has a broken footer,
/// or has metadata that is missing, there twice, no segment's, of another table or of another file
/// name; kInvalidArgument if the footer is larger than `limit_bytes`; kNotFound; kUnavailable.
Result<SegmentFooter> ReadSegmentFooter(object_store::ObjectStore& store,
                                        const ExpectedSegment& expected,
                                        std::uint64_t limit_bytes = kMaxFooterBytes);

/// The same from bytes: `file_end` has at least the whole footer, with its length and magic.
/// The object's size and e_tag are left out.
/// Errors: kCorruption.
Result<SegmentFooter> ParseSegmentFooter(std::string_view file_end,
                                         const ExpectedSegment& expected);

}  // namespace tidemark::parquet_io
