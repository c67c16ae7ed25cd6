#include "arrow_type.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

namespace tidemark::dataset_store {
namespace {

using Int32Limits = std::numeric_limits<std::int32_t>;

// Written as a plain string.
constexpr std::array<std::string_view, 21> kPlainTypes = {
    "Null",   "Boolean", "Int8",        "Int16",      "Int32",   "Int64",     "UInt8",
    "UInt16", "UInt32",  "UInt64",      "Float16",    "Float32", "Float64",   "Date32",
    "Date64", "Binary",  "LargeBinary", "BinaryView", "Utf8",    "LargeUtf8", "Utf8View"};

constexpr std::array<std::string_view, 4> kTimeUnits = {"Second", "Millisecond", "Microsecond",
                                                        "Nanosecond"};
constexpr std::array<std::string_view, 3> kIntervalUnits = {"YearMonth", "DayTime", "MonthDayNano"};

template <std::size_t N>
bool Contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

Status WriteTimeUnit(const JsonValue& unit, JsonWriter& json) {
  TIDEMARK_TRY(const auto word, unit.Text());
  if (!Contains(kTimeUnits, word)) {
    return unit.MustBe("Second, Millisecond, Microsecond or Nanosecond");
  }
  json.Value(word);
  return {};
}

Status WriteIntervalUnit(const JsonValue& unit, JsonWriter& json) {
  TIDEMARK_TRY(const auto word, unit.Text());
  if (!Contains(kIntervalUnits, word)) return unit.MustBe("YearMonth, DayTime or MonthDayNano");
  json.Value(word);
  return {};
}

Status WriteSize(const JsonValue& size, JsonWriter& json) {
  TIDEMARK_TRY(const auto value, size.Integer(0, Int32Limits::max()));
  json.Value(value);
  return {};
}

Status WriteTimestamp(const JsonValue& arguments, JsonWriter& json) {
  TIDEMARK_TRY(const auto pair, arguments.Pair());
  json.BeginArray();
  TIDEMARK_TRY(WriteTimeUnit(pair[0], json));
  if (pair[1].is_null()) {
    json.Null();
  } else {
    TIDEMARK_TRY(const auto zone, pair[1].Text());
    json.Value(zone);
  }
  json.EndArray();
  return {};
}

Status WriteDecimal(const JsonValue& arguments, JsonWriter& json) {
  TIDEMARK_TRY(const auto pair, arguments.Pair());
  TIDEMARK_TRY(const auto precision, pair[0].Integer(1, 76));
  TIDEMARK_TRY(const auto scale, pair[1].Integer(-128, 127));
  json.BeginArray().Value(precision).Value(scale).EndArray();
  return {};
}

Result<std::int64_t> ReadDictId(const JsonValue& field) {
  TIDEMARK_TRY(const auto id, field.OptionalMember("dict_id"));
  if (!id) return 0;
  return id->Integer(std::numeric_limits<std::int64_t>::min(),
                     std::numeric_limits<std::int64_t>::max());
}

Result<bool> ReadIsOrdered(const JsonValue& field) {
  TIDEMARK_TRY(const auto is_ordered, field.OptionalMember("dict_is_ordered"));
  if (!is_ordered) return false;
  return is_ordered->Bool();
}

Status WriteMetadata(const JsonValue& field, JsonWriter& json) {
  json.Key("metadata").BeginObject();
  TIDEMARK_TRY(const auto metadata, field.OptionalMember("metadata"));
  if (metadata) {
    TIDEMARK_TRY(const auto entries, metadata->Members());
    for (const JsonValue& entry : entries) {
      TIDEMARK_TRY(const auto value, entry.Text());
      json.Field(entry.name(), value);
    }
  }
  json.EndObject();
  return {};
}

// A field inside a type. Its keys differ from those of a table's column: arrow-rs wrote one, Amp
// the other. What says nothing about the type may be left out, and is written out all the same, for
// the hash.
Status WriteField(const JsonValue& field, JsonWriter& json) {
  TIDEMARK_TRY(const auto name, field.Member("name"));
  TIDEMARK_TRY(const auto name_text, name.Text());
  TIDEMARK_TRY(const auto type, field.Member("data_type"));
  TIDEMARK_TRY(const auto nullable, field.Member("nullable"));
  TIDEMARK_TRY(const auto is_nullable, nullable.Bool());
  TIDEMARK_TRY(const auto dict_id, ReadDictId(field));
  TIDEMARK_TRY(const auto is_ordered, ReadIsOrdered(field));

  json.BeginObject();
  json.Field("name", name_text);
  json.Key("data_type");
  TIDEMARK_TRY(WriteArrowType(type, json));
  json.Field("nullable", is_nullable);
  json.Field("dict_id", dict_id);
  json.Field("dict_is_ordered", is_ordered);
  TIDEMARK_TRY(WriteMetadata(field, json));
  json.EndObject();
  return {};
}

Status WriteStruct(const JsonValue& arguments, JsonWriter& json) {
  TIDEMARK_TRY(const auto fields, arguments.Elements());
  json.BeginArray();
  for (const JsonValue& field : fields) TIDEMARK_TRY(WriteField(field, json));
  json.EndArray();
  return {};
}

Status WriteFixedSizeList(const JsonValue& arguments, JsonWriter& json) {
  TIDEMARK_TRY(const auto pair, arguments.Pair());
  json.BeginArray();
  TIDEMARK_TRY(WriteField(pair[0], json));
  TIDEMARK_TRY(WriteSize(pair[1], json));
  json.EndArray();
  return {};
}

Status WriteMap(const JsonValue& arguments, JsonWriter& json) {
  TIDEMARK_TRY(const auto pair, arguments.Pair());
  TIDEMARK_TRY(const auto is_sorted, pair[1].Bool());
  json.BeginArray();
  TIDEMARK_TRY(WriteField(pair[0], json));
  json.Value(is_sorted);
  json.EndArray();
  return {};
}

Status WriteDictionary(const JsonValue& arguments, JsonWriter& json) {
  TIDEMARK_TRY(const auto pair, arguments.Pair());
  json.BeginArray();
  TIDEMARK_TRY(WriteArrowType(pair[0], json));
  TIDEMARK_TRY(WriteArrowType(pair[1], json));
  json.EndArray();
  return {};
}

// Written as {"<tag>":<arguments>}.
struct TaggedType {
  std::string_view tag;
  Status (*write_arguments)(const JsonValue& arguments, JsonWriter& json);
};
constexpr TaggedType kTaggedTypes[] = {
    {"Timestamp", WriteTimestamp},
    {"Time32", WriteTimeUnit},
    {"Time64", WriteTimeUnit},
    {"Duration", WriteTimeUnit},
    {"Interval", WriteIntervalUnit},
    {"FixedSizeBinary", WriteSize},
    {"Decimal32", WriteDecimal},
    {"Decimal64", WriteDecimal},
    {"Decimal128", WriteDecimal},
    {"Decimal256", WriteDecimal},
    {"List", WriteField},
    {"ListView", WriteField},
    {"LargeList", WriteField},
    {"LargeListView", WriteField},
    {"FixedSizeList", WriteFixedSizeList},
    {"Struct", WriteStruct},
    {"Map", WriteMap},
    {"Dictionary", WriteDictionary},
};

}  // namespace

Status WriteArrowType(const JsonValue& type, JsonWriter& json) {
  constexpr std::string_view kExpected =
      "an Arrow type, like \"UInt64\" or {\"FixedSizeBinary\":32}";
  if (const auto word = type.Text()) {
    if (!Contains(kPlainTypes, *word)) return type.MustBe(kExpected);
    json.Value(*word);
    return {};
  }
  const auto members = type.Members();
  if (!members || members->size() != 1) return type.MustBe(kExpected);
  const JsonValue& arguments = members->front();
  const auto tagged = std::ranges::find(kTaggedTypes, arguments.name(), &TaggedType::tag);
  if (tagged == std::end(kTaggedTypes)) return type.MustBe(kExpected);
  json.BeginObject().Key(tagged->tag);
  TIDEMARK_TRY(tagged->write_arguments(arguments, json));
  json.EndObject();
  return {};
}

}  // namespace tidemark::dataset_store
