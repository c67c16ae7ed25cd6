// Thrift's compact protocol, read from bytes that nobody vouches for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tidemark/base/result.h"

namespace tidemark::parquet_io {

/// What a value is, as the protocol numbers it.
enum class ThriftType : std::uint8_t {
  kStop = 0,
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kI16 = 4,
  kI32 = 5,
  kI64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12,
  kUuid = 13,
};

struct ThriftField {
  ThriftType type = ThriftType::kStop;  // kStop after the last field of the structure.
  std::int16_t id = 0;
  std::size_t begin = 0;  // Where its header begins.
};

struct ThriftList {
  ThriftType type = ThriftType::kStop;
  std::uint64_t size = 0;
};

/// Goes over one message once. Takes no memory; takes time that grows with the bytes gone over,
/// whatever they hold: a list says at most as many elements as there are bytes, and structures
/// nest to a bounded depth.
/// Errors of every function: kCorruption, saying at which byte what is wrong.
class ThriftCursor {
 public:
  explicit ThriftCursor(std::string_view bytes) : bytes_(bytes) {}

  std::size_t position() const { return position_; }

  /// Reads the header of a structure's next field. `last_id` is that of the field before it, 0 at
  /// first. Ids must rise, as every writer has them: a field cannot come twice.
  Result<ThriftField> ReadField(std::int16_t last_id);
  Result<ThriftList> ReadList();
  /// Of kByte, kI16, kI32 and kI64.
  Result<std::int64_t> ReadInteger();
  /// A view into the message.
  Result<std::string_view> ReadBinary();
  /// Goes over one value of any kind. In a list a truth value has a byte of its own, in a field
  /// it has none.
  Status SkipField(ThriftType type) { return ToStatus(Skip(type, Place::kField, 0)); }
  Status SkipElement(ThriftType type) { return ToStatus(Skip(type, Place::kElement, 0)); }

  std::unexpected<Error> Corrupt(std::string_view what) const;

 private:
  enum class Place : std::uint8_t { kField, kElement };

  // A footer may have millions of values, and a Result costs more than one of them. So these say
  // only whether they could, and leave the reason in `failure_`.
  bool Fail(std::string_view what) {
    failure_ = what;
    return false;
  }
  Status ToStatus(bool done) const {
    if (!done) return Corrupt(failure_);
    return {};
  }
  bool TakeByte(std::uint8_t& byte);
  bool TakeVarint(std::uint64_t& value);
  bool TakeField(std::int16_t last_id, ThriftField& field);
  bool TakeList(ThriftList& list);
  bool TakeBinary(std::string_view& value);
  bool SkipBytes(std::uint64_t count);
  bool Skip(ThriftType type, Place place, int depth);
  bool SkipStruct(int depth);
  bool SkipList(int depth);
  bool SkipMap(int depth);
  std::uint64_t Remaining() const { return bytes_.size() - position_; }

  std::string_view bytes_;
  std::size_t position_ = 0;
  std::string_view failure_;
};

/// Appends the header of a field. `last_id` as for ReadField.
void AppendThriftField(std::string& out, ThriftField field, std::int16_t last_id);

}  // namespace tidemark::parquet_io
