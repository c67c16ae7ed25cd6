#include "thrift_cursor.h"

#include <limits>

#include <fmt/format.h>

namespace tidemark::parquet_io {
namespace {

// Parquet's own structures nest seven deep; each level is a frame or two of the stack here.
constexpr int kMaxDepth = 64;

std::int64_t FromZigZag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1U) ^ (~(value & 1U) + 1U));
}

}  // namespace

std::unexpected<Error> ThriftCursor::Corrupt(std::string_view what) const {
  return MakeError(ErrorCode::kCorruption,
                   fmt::format("{} at byte {} of the footer", what, position_));
}

bool ThriftCursor::TakeByte(std::uint8_t& byte) {
  if (Remaining() == 0) return Fail("it ends too early");
  byte = static_cast<std::uint8_t>(bytes_[position_++]);
  return true;
}

bool ThriftCursor::TakeVarint(std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    std::uint8_t byte = 0;
    if (!TakeByte(byte)) return false;
    const std::uint64_t bits = byte & 0x7FU;
    if (shift == 63 && bits > 1) break;
    value |= bits << shift;
    if ((byte & 0x80U) == 0) return true;
  }
  return Fail("a number has more than 64 bits");
}

Result<std::int64_t> ThriftCursor::ReadInteger() {
  std::uint64_t zigzag = 0;
  if (!TakeVarint(zigzag)) return Corrupt(failure_);
  return FromZigZag(zigzag);
}

bool ThriftCursor::TakeField(std::int16_t last_id, ThriftField& field) {
  field.begin = position_;
  std::uint8_t head = 0;
  if (!TakeByte(head)) return false;
  field.type = static_cast<ThriftType>(head & 0x0FU);
  if (field.type == ThriftType::kStop) return head == 0 || Fail("a field has no type");
  if (field.type > ThriftType::kUuid) return Fail("a field has an unknown type");
  std::int64_t id = last_id + (head >> 4U);
  if (head >> 4U == 0) {
    std::uint64_t zigzag = 0;
    if (!TakeVarint(zigzag)) return false;
    id = FromZigZag(zigzag);
  }
  if (id <= last_id || id > std::numeric_limits<std::int16_t>::max()) {
    return Fail("the fields of a structure are out of order");
  }
  field.id = static_cast<std::int16_t>(id);
  return true;
}

Result<ThriftField> ThriftCursor::ReadField(std::int16_t last_id) {
  ThriftField field;
  if (!TakeField(last_id, field)) return Corrupt(failure_);
  return field;
}

bool ThriftCursor::TakeList(ThriftList& list) {
  std::uint8_t head = 0;
  if (!TakeByte(head)) return false;
  list.type = static_cast<ThriftType>(head & 0x0FU);
  list.size = static_cast<std::uint64_t>(head) >> 4U;
  if (list.size == 15 && !TakeVarint(list.size)) return false;
  // Each element takes a byte at least, so this bounds the time that any list can cost.
  if (list.size > Remaining()) return Fail("a list is longer than the footer");
  if (list.size != 0 && (list.type == ThriftType::kStop || list.type > ThriftType::kUuid)) {
    return Fail("a list has elements of an unknown type");
  }
  return true;
}

Result<ThriftList> ThriftCursor::ReadList() {
  ThriftList list;
  if (!TakeList(list)) return Corrupt(failure_);
  return list;
}

bool ThriftCursor::TakeBinary(std::string_view& value) {
  std::uint64_t size = 0;
  if (!TakeVarint(size)) return false;
  if (size > Remaining()) return Fail("a text is longer than the footer");
  value = bytes_.substr(position_, size);
  position_ += size;
  return true;
}

Result<std::string_view> ThriftCursor::ReadBinary() {
  std::string_view value;
  if (!TakeBinary(value)) return Corrupt(failure_);
  return value;
}

bool ThriftCursor::SkipBytes(std::uint64_t count) {
  if (count > Remaining()) return Fail("it ends too early");
  position_ += count;
  return true;
}

// NOLINTBEGIN(misc-no-recursion): no deeper than kMaxDepth.
bool ThriftCursor::SkipStruct(int depth) {
  ThriftField field;
  for (std::int16_t last_id = 0;; last_id = field.id) {
    if (!TakeField(last_id, field)) return false;
    if (field.type == ThriftType::kStop) return true;
    if (!Skip(field.type, Place::kField, depth)) return false;
  }
}

bool ThriftCursor::SkipList(int depth) {
  ThriftList list;
  if (!TakeList(list)) return false;
  for (std::uint64_t i = 0; i < list.size; ++i) {
    if (!Skip(list.type, Place::kElement, depth)) return false;
  }
  return true;
}

bool ThriftCursor::SkipMap(int depth) {
  std::uint64_t size = 0;
  if (!TakeVarint(size)) return false;
  if (size == 0) return true;
  if (size > Remaining()) return Fail("a map is longer than the footer");
  std::uint8_t types = 0;
  if (!TakeByte(types)) return false;
  const auto key = static_cast<ThriftType>(types >> 4U);
  const auto value = static_cast<ThriftType>(types & 0x0FU);
  for (std::uint64_t i = 0; i < size; ++i) {
    if (!Skip(key, Place::kElement, depth) || !Skip(value, Place::kElement, depth)) return false;
  }
  return true;
}

bool ThriftCursor::Skip(ThriftType type, Place place, int depth) {
  if (depth > kMaxDepth) return Fail("structures nest too deep");
  std::uint64_t number = 0;
  std::string_view text;
  switch (type) {
    case ThriftType::kTrue:
    case ThriftType::kFalse:
      return place == Place::kField || SkipBytes(1);
    case ThriftType::kByte:
      return SkipBytes(1);
    case ThriftType::kI16:
    case ThriftType::kI32:
    case ThriftType::kI64:
      return TakeVarint(number);
    case ThriftType::kDouble:
      return SkipBytes(8);
    case ThriftType::kUuid:
      return SkipBytes(16);
    case ThriftType::kBinary:
      return TakeBinary(text);
    case ThriftType::kList:
    case ThriftType::kSet:
      return SkipList(depth + 1);
    case ThriftType::kMap:
      return SkipMap(depth + 1);
    case ThriftType::kStruct:
      return SkipStruct(depth + 1);
    case ThriftType::kStop:
      break;
  }
  return Fail("a value has an unknown type");
}
// NOLINTEND(misc-no-recursion)

void AppendThriftField(std::string& out, ThriftField field, std::int16_t last_id) {
  const int delta = field.id - last_id;
  const auto type = static_cast<unsigned>(field.type);
  if (delta <= 15) {
    out.push_back(static_cast<char>(static_cast<unsigned>(delta) << 4U | type));
    return;
  }
  out.push_back(static_cast<char>(type));
  // A positive number in zigzag is twice itself.
  auto zigzag = static_cast<unsigned>(field.id) << 1U;
  for (; zigzag >= 0x80U; zigzag >>= 7U) out.push_back(static_cast<char>(zigzag | 0x80U));
  out.push_back(static_cast<char>(zigzag));
}

}  // namespace tidemark::parquet_io
