// Segments as rows of numbers and hashes, on their way to and from packed chunks.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/model/bytes.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

// Columns of numbers: three of a segment, then four of each network.
enum SegmentColumn : std::uint8_t { kId, kCreatedAt, kSize, kSegmentColumns };
enum NetworkColumn : std::uint8_t { kFirst, kLength, kHasTime, kTime, kNetworkColumns };

constexpr std::size_t ColumnsCount(std::size_t networks) {
  return kSegmentColumns + networks * kNetworkColumns;
}

/// Keeps the order.
constexpr std::uint64_t Unsigned(std::int64_t number) {
  return static_cast<std::uint64_t>(number) ^ (1ULL << 63U);
}
constexpr std::int64_t Signed(std::uint64_t number) {
  return static_cast<std::int64_t>(number ^ (1ULL << 63U));
}

inline UtcTime TimeOf(std::uint64_t number) {
  return UtcTime(std::chrono::nanoseconds(Signed(number)));
}

/// One segment without the names of its networks. Points into what somebody else keeps.
struct RowView {
  std::span<const std::uint64_t> numbers;  // By column.
  std::span<const BlockHash> hashes;       // One a network, as are these:
  std::span<const BlockHash> prev_hashes;
};

/// Segments of one chunk, not packed. Each but the first continues, by hash, the one before.
class Rows {
 public:
  Rows() = default;
  Rows(std::size_t size, std::vector<std::uint64_t> numbers, std::vector<BlockHash> hashes)
      : size_(size), numbers_(std::move(numbers)), hashes_(std::move(hashes)) {}

  std::size_t size() const { return size_; }
  std::span<const std::uint64_t> numbers() const { return numbers_; }
  std::span<const BlockHash> hashes() const { return hashes_; }  // Before the rows', the parents'.
  RowView At(std::size_t row, std::size_t networks) const;
  /// True if `row` may be appended.
  bool IsContinuedBy(const RowView& row) const;
  void Append(const RowView& row);
  void Reserve(std::size_t size, std::size_t networks);
  void Truncate(std::size_t size, std::size_t networks);
  std::size_t memory_bytes() const;

 private:
  std::size_t size_ = 0;
  std::vector<std::uint64_t> numbers_;
  std::vector<BlockHash> hashes_;
};

/// A segment as a row, in memory of its own.
class SegmentRow {
 public:
  explicit SegmentRow(const Segment& segment);
  SegmentRow(const SegmentRow&) = delete;
  SegmentRow& operator=(const SegmentRow&) = delete;
  SegmentRow(SegmentRow&&) = delete;
  SegmentRow& operator=(SegmentRow&&) = delete;
  ~SegmentRow() = default;

  const RowView& view() const { return view_; }

 private:
  // Nearly every table is of one network: no allocation for it.
  std::array<std::uint64_t, ColumnsCount(1)> numbers_{};
  std::array<BlockHash, 2> hashes_;
  std::vector<std::uint64_t> more_numbers_;
  std::vector<BlockHash> more_hashes_;
  RowView view_;
};

}  // namespace tidemark::chain
