// The rows of one block on their way into a row group.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include <parquet/column_writer.h>
#include <parquet/file_writer.h>
#include <parquet/types.h>

#include "tidemark/model/bytes.h"
#include "tidemark/model/evm_block.h"

namespace tidemark::parquet_io {

/// An array that grows and is used again; std::vector<bool> is none.
template <class T>
class Room {
 public:
  /// `count` values, unspecified until they are set.
  std::span<T> Take(std::size_t count) {
    if (count > capacity_) {
      values_ = std::make_unique_for_overwrite<T[]>(count);
      capacity_ = count;
    }
    return {values_.get(), count};
  }

 private:
  std::unique_ptr<T[]> values_;
  std::size_t capacity_ = 0;
};

using DecimalBytes = std::array<std::uint8_t, 16>;

/// The memory that a ColumnCursor works in, kept from block to block.
struct ColumnScratch {
  std::tuple<Room<bool>, Room<std::int32_t>, Room<std::int64_t>, Room<parquet::ByteArray>,
             Room<parquet::FixedLenByteArray>>
      values;
  Room<DecimalBytes> decimals;
  std::vector<std::int16_t> definition_levels;
  std::vector<std::int16_t> repetition_levels;
};

/// Writes rows column after column: each call takes the next column of the schema. The values go
/// from the model into Parquet's pages without a copy between, nulls and lists as definition and
/// repetition levels. A `get` is what std::invoke takes; it must not yield a temporary that holds
/// bytes.
///
/// What Parquet throws, parquet::ParquetException, passes through.
template <class Row>
class ColumnCursor {
 public:
  ColumnCursor(parquet::RowGroupWriter& row_group, std::span<const Row> rows,
               ColumnScratch& scratch)
      : row_group_(row_group), rows_(rows), scratch_(scratch) {}

  /// One value in all rows.
  template <class Value>
  void Same(const Value& value) {
    DecimalBytes decimal;
    const auto encoded = Encode(value, decimal);
    const auto values = Values<Value>(rows_.size());
    std::ranges::fill(values, encoded);
    Write<Value>(rows_.size());
  }

  /// One value a row.
  template <class Get>
  void Required(Get get) {
    using Value = std::remove_cvref_t<std::invoke_result_t<Get, const Row&>>;
    const auto values = Values<Value>(rows_.size());
    const auto decimals = scratch_.decimals.Take(rows_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      values[i] = Encode(std::invoke(get, rows_[i]), decimals[i]);
    }
    Write<Value>(rows_.size());
  }

  /// An optional, or a pointer that may be null, a row.
  template <class Get>
  void Nullable(Get get) {
    using Value = std::remove_cvref_t<decltype(*std::invoke(get, rows_.front()))>;
    const auto values = Values<Value>(rows_.size());
    const auto decimals = scratch_.decimals.Take(rows_.size());
    scratch_.definition_levels.clear();
    std::size_t count = 0;
    for (const Row& row : rows_) {
      const auto& value = std::invoke(get, row);
      scratch_.definition_levels.push_back(value ? 1 : 0);
      if (!value) continue;
      values[count] = Encode(*value, decimals[count]);
      ++count;
    }
    Write<Value>(rows_.size(), scratch_.definition_levels.data());
  }

  /// An optional list a row; `get_item` yields what this column holds of an item.
  template <class GetList, class GetItem>
  void List(GetList get_list, GetItem get_item) {
    using Item =
        typename std::remove_cvref_t<decltype(*std::invoke(get_list, rows_.front()))>::value_type;
    using Value = std::remove_cvref_t<std::invoke_result_t<GetItem, const Item&>>;
    std::size_t count = 0;
    for (const Row& row : rows_) {
      if (const auto& list = std::invoke(get_list, row)) count += list->size();
    }
    const auto values = Values<Value>(count);
    const auto decimals = scratch_.decimals.Take(count);
    BeginLevels();
    count = 0;
    for (const Row& row : rows_) {
      const auto& list = std::invoke(get_list, row);
      if (!list || list->empty()) AddLevel(list ? 1 : 0, 0);
      if (!list) continue;
      for (const Item& item : *list) {
        AddLevel(2, &item == list->data() ? 0 : 1);
        values[count] = Encode(std::invoke(get_item, item), decimals[count]);
        ++count;
      }
    }
    WriteLevels<Value>();
  }

  /// An optional list a row of items that have a list each.
  template <class GetList, class GetInnerList>
  void ListOfLists(GetList get_list, GetInnerList get_inner) {
    using Item =
        typename std::remove_cvref_t<decltype(*std::invoke(get_list, rows_.front()))>::value_type;
    using Value =
        typename std::remove_cvref_t<std::invoke_result_t<GetInnerList, const Item&>>::value_type;
    std::size_t count = 0;
    for (const Row& row : rows_) {
      const auto& list = std::invoke(get_list, row);
      if (!list) continue;
      for (const Item& item : *list) count += std::invoke(get_inner, item).size();
    }
    const auto values = Values<Value>(count);
    const auto decimals = scratch_.decimals.Take(count);
    BeginLevels();
    count = 0;
    for (const Row& row : rows_) {
      const auto& list = std::invoke(get_list, row);
      if (!list || list->empty()) AddLevel(list ? 1 : 0, 0);
      if (!list) continue;
      for (const Item& item : *list) {
        const std::int16_t item_level = &item == list->data() ? 0 : 1;
        const auto& inner = std::invoke(get_inner, item);
        if (inner.empty()) AddLevel(2, item_level);
        for (const Value& value : inner) {
          AddLevel(3, &value == inner.data() ? item_level : std::int16_t{2});
          values[count] = Encode(value, decimals[count]);
          ++count;
        }
      }
    }
    WriteLevels<Value>();
  }

  /// True once every column has got its rows.
  bool is_at_end() const { return column_ == row_group_.num_columns(); }

 private:
  // Values as Parquet takes them. Bytes are pointed to where they are; a decimal, 16 bytes with the
  // highest first, is put in `room`. Unsigned numbers keep their bits: the schema tells what they
  // are.
  static bool Encode(bool value, DecimalBytes&) { return value; }
  static std::int32_t Encode(std::int32_t value, DecimalBytes&) { return value; }
  static std::int32_t Encode(std::uint32_t value, DecimalBytes&) {
    return static_cast<std::int32_t>(value);
  }
  static std::int64_t Encode(std::int64_t value, DecimalBytes&) { return value; }
  static std::int64_t Encode(std::uint64_t value, DecimalBytes&) {
    return static_cast<std::int64_t>(value);
  }
  static parquet::ByteArray Encode(const std::string& value, DecimalBytes&) {
    return parquet::ByteArray(std::string_view(value));
  }
  template <std::size_t N>
  static parquet::FixedLenByteArray Encode(const FixedBytes<N>& value, DecimalBytes&) {
    return parquet::FixedLenByteArray(value.bytes.data());
  }
  static parquet::FixedLenByteArray Encode(Uint128 value, DecimalBytes& room) {
    for (auto byte = room.rbegin(); byte != room.rend(); ++byte, value >>= 8U) {
      *byte = static_cast<std::uint8_t>(value);
    }
    return parquet::FixedLenByteArray(room.data());
  }

  template <class Value>
  using Encoded = decltype(Encode(std::declval<const Value&>(), std::declval<DecimalBytes&>()));

  template <class Value>
  std::span<Encoded<Value>> Values(std::size_t count) {
    return std::get<Room<Encoded<Value>>>(scratch_.values).Take(count);
  }

  void BeginLevels() {
    scratch_.definition_levels.clear();
    scratch_.repetition_levels.clear();
  }
  void AddLevel(std::int16_t definition, std::int16_t repetition) {
    scratch_.definition_levels.push_back(definition);
    scratch_.repetition_levels.push_back(repetition);
  }
  template <class Value>
  void WriteLevels() {
    Write<Value>(scratch_.definition_levels.size(), scratch_.definition_levels.data(),
                 scratch_.repetition_levels.data());
  }

  /// Writes what Values<Value>() has last given room for.
  template <class Value>
  void Write(std::size_t level_count, const std::int16_t* definition_levels = nullptr,
             const std::int16_t* repetition_levels = nullptr) {
    using Physical = std::conditional_t<
        std::is_same_v<Encoded<Value>, bool>, parquet::BooleanType,
        std::conditional_t<
            std::is_same_v<Encoded<Value>, std::int32_t>, parquet::Int32Type,
            std::conditional_t<
                std::is_same_v<Encoded<Value>, std::int64_t>, parquet::Int64Type,
                std::conditional_t<std::is_same_v<Encoded<Value>, parquet::ByteArray>,
                                   parquet::ByteArrayType, parquet::FLBAType>>>>;
    parquet::ColumnWriter* const column = row_group_.column(column_);
    ++column_;
    assert(column->type() == Physical::type_num);
    static_cast<parquet::TypedColumnWriter<Physical>*>(column)->WriteBatch(
        static_cast<std::int64_t>(level_count), definition_levels, repetition_levels,
        Values<Value>(0).data());
  }

  parquet::RowGroupWriter& row_group_;
  const std::span<const Row> rows_;
  ColumnScratch& scratch_;
  int column_ = 0;
};

}  // namespace tidemark::parquet_io
