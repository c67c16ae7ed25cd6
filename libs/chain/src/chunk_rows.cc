#include "chunk_rows.h"

#include <algorithm>

namespace tidemark::chain {

RowView Rows::At(std::size_t row, std::size_t networks) const {
  const std::size_t columns = ColumnsCount(networks);
  return {.numbers = numbers().subspan(row * columns, columns),
          .hashes = hashes().subspan((row + 1) * networks, networks),
          .prev_hashes = hashes().subspan(row * networks, networks)};
}

bool Rows::IsContinuedBy(const RowView& row) const {
  return size_ == 0 ||
         std::ranges::equal(std::span(hashes_).last(row.hashes.size()), row.prev_hashes);
}

void Rows::Append(const RowView& row) {
  if (size_ == 0) hashes_.assign(row.prev_hashes.begin(), row.prev_hashes.end());
  numbers_.insert(numbers_.end(), row.numbers.begin(), row.numbers.end());
  hashes_.insert(hashes_.end(), row.hashes.begin(), row.hashes.end());
  ++size_;
}

void Rows::Reserve(std::size_t size, std::size_t networks) {
  numbers_.reserve(size * ColumnsCount(networks));
  hashes_.reserve((size + 1) * networks);
}

void Rows::Truncate(std::size_t size, std::size_t networks) {
  size_ = size;
  numbers_.resize(size * ColumnsCount(networks));
  hashes_.resize((size + 1) * networks);
}

std::size_t Rows::memory_bytes() const {
  return numbers_.capacity() * sizeof(std::uint64_t) + hashes_.capacity() * sizeof(BlockHash);
}

SegmentRow::SegmentRow(const Segment& segment) {
  const std::size_t networks = segment.ranges.size();
  if (networks > 1) {
    more_numbers_.resize(ColumnsCount(networks));
    more_hashes_.resize(2 * networks);
  }
  std::uint64_t* const numbers = networks > 1 ? more_numbers_.data() : numbers_.data();
  BlockHash* const hashes = networks > 1 ? more_hashes_.data() : hashes_.data();
  numbers[kId] = Unsigned(segment.file_id.value);
  numbers[kCreatedAt] = Unsigned(segment.created_at.time_since_epoch().count());
  numbers[kSize] = segment.size_bytes;
  for (std::size_t i = 0; i < networks; ++i) {
    const NetworkRange& range = segment.ranges[i];
    std::uint64_t* const of_network = numbers + ColumnsCount(i);
    of_network[kFirst] = range.blocks.first().value;
    of_network[kLength] = range.blocks.last().value - range.blocks.first().value;
    of_network[kHasTime] = range.timestamp_s ? 1 : 0;
    of_network[kTime] = range.timestamp_s.value_or(0);
    hashes[i] = range.hash;
    hashes[networks + i] = range.prev_hash;
  }
  view_ = {.numbers = {numbers, ColumnsCount(networks)},
           .hashes = {hashes, networks},
           .prev_hashes = {hashes + networks, networks}};
}

}  // namespace tidemark::chain
