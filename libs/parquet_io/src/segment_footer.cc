#include "tidemark/parquet_io/segment_footer.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "footer_block.h"
#include "tidemark/base/text.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::parquet_io {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kEncryptedMagic = "PARE";
// The length of the thrift block, four bytes, least first, and the magic number.
constexpr std::uint64_t kTrailerBytes = 8;
// Holds the footer of nearly every file, and the whole of many.
constexpr std::uint64_t kFirstReadBytes = 64ULL << 10U;

std::unexpected<Error> Corrupt(std::string message) {
  return MakeError(ErrorCode::kCorruption, std::move(message));
}

/// Length of the thrift block that a file ending so says to have.
Result<std::uint64_t> ReadFooterLength(std::string_view file_end) {
  if (file_end.size() < kTrailerBytes) {
    return Corrupt(fmt::format("it has {} bytes, which is no Parquet file", file_end.size()));
  }
  const std::string_view magic = file_end.substr(file_end.size() - kMagic.size());
  if (magic == kEncryptedMagic) return Corrupt("its footer is encrypted");
  if (magic != kMagic) return Corrupt("it does not end as a Parquet file does");
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const char byte = file_end[file_end.size() - kTrailerBytes + i];
    length |= static_cast<std::uint64_t>(static_cast<unsigned char>(byte)) << (8 * i);
  }
  if (length == 0) return Corrupt("its footer is empty");
  if (length > kMaxFooterBytes) {
    return Corrupt(fmt::format("its footer says to have {} bytes, over the limit {}", length,
                               kMaxFooterBytes));
  }
  return length;
}

/// The value of a key that may be there once; nullopt if it is not there.
Result<std::optional<std::string_view>> FindKey(const FooterBlock& block, std::string_view key) {
  std::optional<std::string_view> found;
  for (const FooterKey& entry : block.keys) {
    if (entry.key != key) continue;
    if (found) return Corrupt(fmt::format("its footer has {} twice", key));
    found = entry.value;
  }
  return found;
}

/// Reads a JSON array of file ids.
Result<std::vector<FileId>> ReadFileIds(std::string_view json) {
  const auto bad = [] { return Corrupt("parent_file_ids is no list of file ids"); };
  std::string text(json);
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return bad();
  std::vector<FileId> ids;
  std::string_view rest = std::string_view(text).substr(1, text.size() - 2);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const auto id = ParseId(rest.substr(0, comma));
    if (!id) return bad();
    ids.push_back(FileId{*id});
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
    if (rest.empty()) return bad();
  }
  return ids;
}

/// What cannot count as progress is no segment, though its JSON reads.
Status CheckRanges(const SegmentMetadata& metadata) {
  if (metadata.ranges.empty()) return Corrupt("nozzle_metadata has no block range");
  // They are sorted by network.
  const auto twice = std::ranges::adjacent_find(metadata.ranges, {}, &NetworkRange::network);
  if (twice == metadata.ranges.end()) return {};
  return Corrupt(fmt::format("nozzle_metadata has two block ranges of '{}'", twice->network));
}

Status CheckExpected(const SegmentMetadata& metadata, const ExpectedSegment& expected) {
  const std::string_view name = expected.path.substr(expected.path.rfind('/') + 1);
  if (metadata.filename != name) {
    return Corrupt(fmt::format("its footer is that of a file '{}'", metadata.filename));
  }
  if (expected.table_name && metadata.table != *expected.table_name) {
    return Corrupt(fmt::format("it is a file of the table '{}', not of '{}'", metadata.table,
                               *expected.table_name));
  }
  return {};
}

Result<SegmentFooter> ReadBlock(std::string_view bytes, const ExpectedSegment& expected) {
  TIDEMARK_TRY(FooterBlock block, ReadFooterBlock(bytes));
  TIDEMARK_TRY(const auto metadata, FindKey(block, "nozzle_metadata"));
  TIDEMARK_TRY(const auto generation, FindKey(block, "generation"));
  TIDEMARK_TRY(const auto parents, FindKey(block, "parent_file_ids"));
  if (!metadata) return Corrupt("its footer has no nozzle_metadata");
  if (metadata->size() > kMaxMetadataBytes) {
    return Corrupt(fmt::format("nozzle_metadata has {} bytes, over the limit {}", metadata->size(),
                               kMaxMetadataBytes));
  }
  // PostgreSQL's jsonb cannot hold this character, however deep it is.
  if (metadata->find("\\u0000") != std::string_view::npos) {
    return Corrupt("nozzle_metadata holds the character U+0000");
  }
  SegmentFooter footer;
  auto parsed = ParseSegmentMetadata(*metadata);
  if (!parsed) return WithContext("nozzle_metadata", std::move(parsed).error());
  if (Status unique = CheckKeysAreUnique(*metadata); !unique) {
    return WithContext("nozzle_metadata", std::move(unique).error());
  }
  footer.metadata = *std::move(parsed);
  TIDEMARK_TRY(CheckRanges(footer.metadata));
  TIDEMARK_TRY(CheckExpected(footer.metadata, expected));
  footer.metadata_json = *metadata;
  if (generation) {
    footer.generation = ParseDecimal<std::uint64_t>(*generation);
    if (!footer.generation) return Corrupt("generation is no number");
  }
  if (parents) {
    TIDEMARK_TRY(footer.parent_file_ids, ReadFileIds(*parents));
  }
  footer.row_count = block.row_count;
  footer.footer = std::move(block.without_indexes);
  return footer;
}

}  // namespace

Result<SegmentFooter> ParseSegmentFooter(std::string_view file_end,
                                         const ExpectedSegment& expected) {
  TIDEMARK_TRY(const std::uint64_t length, ReadFooterLength(file_end));
  const std::uint64_t before_trailer = file_end.size() - kTrailerBytes;
  if (length > before_trailer) {
    return Corrupt(fmt::format("its footer says to have {} bytes, and {} are before its end",
                               length, before_trailer));
  }
  TIDEMARK_TRY(SegmentFooter footer,
               ReadBlock(file_end.substr(before_trailer - length, length), expected));
  // It can only have become shorter, so its length fits.
  const std::uint64_t kept = footer.footer.size();
  for (unsigned i = 0; i < 4; ++i) footer.footer.push_back(static_cast<char>(kept >> (8 * i)));
  footer.footer += kMagic;
  return footer;
}

Result<SegmentFooter> ReadSegmentFooter(object_store::ObjectStore& store,
                                        const ExpectedSegment& expected,
                                        std::uint64_t limit_bytes) {
  TIDEMARK_TRY(object_store::ObjectTail tail, store.ReadTail(expected.path, kFirstReadBytes));
  TIDEMARK_TRY(const std::uint64_t length, ReadFooterLength(tail.bytes));
  const std::uint64_t needed = length + kTrailerBytes;
  if (needed > tail.info.size_bytes) {
    return Corrupt(fmt::format("its footer says to have {} bytes, and the file has {}", length,
                               tail.info.size_bytes));
  }
  if (length > limit_bytes) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("the footer of {} has {} bytes, over the limit {}", expected.path,
                                 length, limit_bytes));
  }
  if (needed > tail.bytes.size()) {
    // The object may have been replaced; what counts is the length that the bytes at hand state.
    TIDEMARK_TRY(tail, store.ReadTail(expected.path, needed));
  }
  TIDEMARK_TRY(SegmentFooter footer, ParseSegmentFooter(tail.bytes, expected));
  footer.size_bytes = tail.info.size_bytes;
  footer.e_tag = std::move(tail.info.e_tag);
  return footer;
}

}  // namespace tidemark::parquet_io
