#include "footer_block.h"

#include <cstddef>
#include <optional>

#include <fmt/format.h>

#include "thrift_cursor.h"

namespace tidemark::parquet_io {
namespace {

/// Field numbers of parquet.thrift.
enum FileField : std::uint8_t {
  kVersion = 1,
  kSchema = 2,
  kNumRows = 3,
  kRowGroups = 4,
  kKeyValues = 5,
  kEncryption = 8,
};
enum RowGroupField : std::uint8_t { kColumns = 1, kRowGroupRows = 3 };
enum ColumnField : std::uint8_t { kFirstIndexField = 4, kLastIndexField = 7 };
enum KeyValueField : std::uint8_t { kKey = 1, kValue = 2 };

/// Reads a block, and copies it but for what is left out.
class BlockReader {
 public:
  explicit BlockReader(std::string_view block) : block_(block), cursor_(block) {
    // With room for the length and the magic number that the caller appends.
    read_.without_indexes.reserve(block.size() + 8);
  }

  Result<FooterBlock> Read() &&;

 private:
  Status ReadFileField(const ThriftField& field);
  Status ReadRowGroup();
  Status ReadColumn();
  Status ReadKeyValue();
  Result<std::uint64_t> ReadCount(const ThriftField& field, std::string_view name);
  Result<ThriftList> ReadStructs(const ThriftField& field, std::string_view name);

  void CopyUpTo(std::size_t end) {
    read_.without_indexes += block_.substr(copied_, end - copied_);
    copied_ = end;
  }

  std::string_view block_;
  ThriftCursor cursor_;
  std::size_t copied_ = 0;  // Everything before it is copied or left out.
  std::uint64_t rows_of_groups_ = 0;
  FooterBlock read_;
};

Result<FooterBlock> BlockReader::Read() && {
  unsigned seen = 0;
  for (std::int16_t last_id = 0;;) {
    TIDEMARK_TRY(const ThriftField field, cursor_.ReadField(last_id));
    if (field.type == ThriftType::kStop) break;
    if (field.id <= kRowGroups) seen |= 1U << static_cast<unsigned>(field.id);
    TIDEMARK_TRY(ReadFileField(field));
    last_id = field.id;
  }
  if (seen != 0b11110) return cursor_.Corrupt("version, schema, rows or row groups are missing");
  if (cursor_.position() != block_.size()) return cursor_.Corrupt("something follows the metadata");
  if (rows_of_groups_ != read_.row_count) {
    return cursor_.Corrupt(fmt::format("the file has {} rows and its row groups {}",
                                       read_.row_count, rows_of_groups_));
  }
  CopyUpTo(block_.size());
  return std::move(read_);
}

Status BlockReader::ReadFileField(const ThriftField& field) {
  switch (field.id) {
    case kNumRows: {
      TIDEMARK_TRY(read_.row_count, ReadCount(field, "num_rows"));
      return {};
    }
    case kSchema: {
      TIDEMARK_TRY(const ThriftList schema, ReadStructs(field, "schema"));
      if (schema.size == 0) return cursor_.Corrupt("the schema is empty");
      for (std::uint64_t i = 0; i < schema.size; ++i) {
        TIDEMARK_TRY(cursor_.SkipElement(schema.type));
      }
      return {};
    }
    case kRowGroups: {
      TIDEMARK_TRY(const ThriftList groups, ReadStructs(field, "row_groups"));
      for (std::uint64_t i = 0; i < groups.size; ++i) TIDEMARK_TRY(ReadRowGroup());
      return {};
    }
    case kKeyValues: {
      TIDEMARK_TRY(const ThriftList keys, ReadStructs(field, "key_value_metadata"));
      if (keys.size > kMaxFooterKeys) return cursor_.Corrupt("there are too many metadata keys");
      for (std::uint64_t i = 0; i < keys.size; ++i) TIDEMARK_TRY(ReadKeyValue());
      return {};
    }
    case kEncryption:
      return cursor_.Corrupt("the file is encrypted");
    default:
      return cursor_.SkipField(field.type);
  }
}

Status BlockReader::ReadRowGroup() {
  bool has_rows = false;
  for (std::int16_t last_id = 0;;) {
    TIDEMARK_TRY(const ThriftField field, cursor_.ReadField(last_id));
    if (field.type == ThriftType::kStop) break;
    last_id = field.id;
    if (field.id == kColumns) {
      TIDEMARK_TRY(const ThriftList columns, ReadStructs(field, "columns"));
      for (std::uint64_t i = 0; i < columns.size; ++i) TIDEMARK_TRY(ReadColumn());
    } else if (field.id == kRowGroupRows) {
      TIDEMARK_TRY(const std::uint64_t rows, ReadCount(field, "num_rows"));
      // Both are below 2^63, so the sum of two fits; the sum so far is kept below it, too.
      rows_of_groups_ += rows;
      if (rows_of_groups_ > INT64_MAX) return cursor_.Corrupt("there are too many rows");
      has_rows = true;
    } else {
      TIDEMARK_TRY(cursor_.SkipField(field.type));
    }
  }
  if (!has_rows) return cursor_.Corrupt("a row group does not say how many rows it has");
  return {};
}

Status BlockReader::ReadColumn() {
  std::int16_t last_kept = 0;
  bool is_cut = false;
  for (std::int16_t last_id = 0;;) {
    TIDEMARK_TRY(const ThriftField field, cursor_.ReadField(last_id));
    if (field.type == ThriftType::kStop) return {};
    last_id = field.id;
    const std::size_t value = cursor_.position();
    TIDEMARK_TRY(cursor_.SkipField(field.type));
    if (field.id >= kFirstIndexField && field.id <= kLastIndexField) {
      CopyUpTo(field.begin);
      copied_ = cursor_.position();
      is_cut = true;
      continue;
    }
    if (is_cut) {
      // Its header tells the distance to a field that is gone.
      CopyUpTo(field.begin);
      AppendThriftField(read_.without_indexes, field, last_kept);
      copied_ = value;
      is_cut = false;
    }
    last_kept = field.id;
  }
}

Status BlockReader::ReadKeyValue() {
  std::optional<std::string_view> key;
  std::string_view text;
  for (std::int16_t last_id = 0;;) {
    TIDEMARK_TRY(const ThriftField field, cursor_.ReadField(last_id));
    if (field.type == ThriftType::kStop) break;
    last_id = field.id;
    if (field.type != ThriftType::kBinary || (field.id != kKey && field.id != kValue)) {
      TIDEMARK_TRY(cursor_.SkipField(field.type));
      continue;
    }
    TIDEMARK_TRY(const std::string_view read, cursor_.ReadBinary());
    if (field.id == kKey) {
      key = read;
    } else {
      text = read;
    }
  }
  if (!key) return cursor_.Corrupt("a metadata value has no key");
  read_.keys.push_back({.key = *key, .value = text});
  return {};
}

Result<std::uint64_t> BlockReader::ReadCount(const ThriftField& field, std::string_view name) {
  if (field.type != ThriftType::kI64) {
    return cursor_.Corrupt(fmt::format("{} is no 64-bit number", name));
  }
  TIDEMARK_TRY(const std::int64_t count, cursor_.ReadInteger());
  if (count < 0) return cursor_.Corrupt(fmt::format("{} is negative", name));
  return static_cast<std::uint64_t>(count);
}

Result<ThriftList> BlockReader::ReadStructs(const ThriftField& field, std::string_view name) {
  if (field.type != ThriftType::kList) return cursor_.Corrupt(fmt::format("{} is no list", name));
  TIDEMARK_TRY(const ThriftList list, cursor_.ReadList());
  if (list.size != 0 && list.type != ThriftType::kStruct) {
    return cursor_.Corrupt(fmt::format("{} is no list of structures", name));
  }
  return list;
}

}  // namespace

Result<FooterBlock> ReadFooterBlock(std::string_view block) { return BlockReader(block).Read(); }

}  // namespace tidemark::parquet_io
