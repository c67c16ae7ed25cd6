#include "packed_chunk.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

namespace tidemark::chain {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are cut off at their high end");

/// The memory of a packed chunk: least numbers and widths by column, parent hashes of the first
/// row, hashes by row, differences by column. Behind it there is room, so that any difference can
/// be read and written as eight bytes.
class Layout {
 public:
  Layout(std::size_t networks, std::size_t rows) : networks_(networks), rows_(rows) {}

  std::size_t widths() const { return ColumnsCount(networks_) * sizeof(std::uint64_t); }
  std::size_t prev_hashes() const { return widths() + ColumnsCount(networks_); }
  std::size_t hashes() const { return prev_hashes() + networks_ * sizeof(BlockHash); }
  std::size_t columns() const { return hashes() + rows_ * networks_ * sizeof(BlockHash); }

 private:
  std::size_t networks_;
  std::size_t rows_;
};

// A column without width is read where the differences end.
constexpr std::size_t kRoomBehind = sizeof(std::uint64_t);

/// Columns of a packed chunk, one after the other.
class ColumnReader {
 public:
  ColumnReader(const PackedChunk& chunk, std::size_t networks)
      : bytes_(chunk.bytes.get()),
        rows_(chunk.rows),
        widths_(Layout(networks, chunk.rows).widths()),
        at_(Layout(networks, chunk.rows).columns()) {}

  Column Next() {
    Column column{.differences = bytes_ + at_,
                  .least = 0,
                  .width = static_cast<std::size_t>(bytes_[widths_ + column_])};
    std::memcpy(&column.least, bytes_ + column_ * sizeof(column.least), sizeof(column.least));
    at_ += rows_ * column.width;
    ++column_;
    return column;
  }

 private:
  const std::byte* bytes_;
  std::size_t rows_;
  std::size_t widths_;
  std::size_t at_;
  std::size_t column_ = 0;
};

BlockHash ReadHash(const std::byte* at) {
  BlockHash hash;
  std::memcpy(hash.bytes.data(), at, sizeof(BlockHash));
  return hash;
}

struct Bounds {
  std::uint64_t least;
  std::uint64_t greatest;

  std::size_t width() const {
    return (static_cast<std::size_t>(std::bit_width(greatest - least)) + 7) / 8;
  }
};

Bounds BoundsOf(std::span<const std::uint64_t> numbers, std::size_t column, std::size_t columns) {
  Bounds bounds{.least = numbers[column], .greatest = numbers[column]};
  for (std::size_t at = column + columns; at < numbers.size(); at += columns) {
    bounds.least = std::min(bounds.least, numbers[at]);
    bounds.greatest = std::max(bounds.greatest, numbers[at]);
  }
  return bounds;
}

/// From the numbers of a row, which `next_number` yields column by column.
template <class Numbers>
void SetNumbers(Segment& segment, Numbers next_number) {
  segment.file_id = FileId{Signed(next_number())};
  segment.created_at = TimeOf(next_number());
  segment.size_bytes = next_number();
  for (NetworkRange& range : segment.ranges) {
    const std::uint64_t first = next_number();
    const std::uint64_t length = next_number();
    // Cannot fail: that is how it was taken apart.
    range.blocks = *BlockRange::Make(BlockNumber{first}, BlockNumber{first + length});
    const bool has_time = next_number() != 0;
    const std::uint64_t time = next_number();
    range.timestamp_s = has_time ? std::optional(time) : std::nullopt;
  }
}

}  // namespace

PackedChunk Pack(const Rows& rows, std::size_t networks) {
  const std::size_t columns = ColumnsCount(networks);
  const std::span<const std::uint64_t> numbers = rows.numbers();
  const Layout layout(networks, rows.size());
  std::vector<Bounds> bounds;
  bounds.reserve(columns);
  std::size_t size = layout.columns() + kRoomBehind;
  for (std::size_t column = 0; column < columns; ++column) {
    bounds.push_back(BoundsOf(numbers, column, columns));
    size += rows.size() * bounds.back().width();
  }
  PackedChunk chunk;
  chunk.bytes = std::make_unique_for_overwrite<std::byte[]>(size);
  chunk.bytes_count = static_cast<std::uint32_t>(size);
  chunk.rows = static_cast<std::uint32_t>(rows.size());
  chunk.least_id = FileId{Signed(bounds[kId].least)};
  chunk.greatest_id = FileId{Signed(bounds[kId].greatest)};
  chunk.created = {.oldest = TimeOf(bounds[kCreatedAt].least),
                   .newest = TimeOf(bounds[kCreatedAt].greatest)};
  std::byte* const bytes = chunk.bytes.get();
  std::ranges::copy(std::as_bytes(rows.hashes()), bytes + layout.prev_hashes());
  std::byte* at = bytes + layout.columns();
  std::memset(bytes + size - kRoomBehind, 0, kRoomBehind);
  for (std::size_t column = 0; column < columns; ++column) {
    const std::uint64_t least = bounds[column].least;
    const std::size_t width = bounds[column].width();
    std::memcpy(bytes + column * sizeof(least), &least, sizeof(least));
    bytes[layout.widths() + column] = static_cast<std::byte>(width);
    if (width == 0) continue;
    for (std::size_t from = column; from < numbers.size(); from += columns, at += width) {
      // What is too much is overwritten by the next one.
      const std::uint64_t difference = numbers[from] - least;
      std::memcpy(at, &difference, sizeof(difference));
    }
  }
  return chunk;
}

Rows Unpack(const PackedChunk& chunk, std::size_t networks) {
  const std::size_t columns = ColumnsCount(networks);
  std::vector<std::uint64_t> numbers(chunk.rows * columns);
  ColumnReader reader(chunk, networks);
  for (std::size_t column = 0; column < columns; ++column) {
    const Column values = reader.Next();
    for (std::size_t row = 0; row < chunk.rows; ++row) {
      numbers[row * columns + column] = values.At(row);
    }
  }
  std::vector<BlockHash> hashes((chunk.rows + 1) * networks);
  std::memcpy(hashes.data(), chunk.bytes.get() + Layout(networks, chunk.rows).prev_hashes(),
              hashes.size() * sizeof(BlockHash));
  return {chunk.rows, std::move(numbers), std::move(hashes)};
}

Column IdsOf(const PackedChunk& chunk, std::size_t networks) {
  return ColumnReader(chunk, networks).Next();
}

void ReadRow(const RowView& row, Segment& segment) {
  SetNumbers(segment, [number = row.numbers.begin()]() mutable { return *number++; });
  for (std::size_t i = 0; i < segment.ranges.size(); ++i) {
    segment.ranges[i].hash = row.hashes[i];
    segment.ranges[i].prev_hash = row.prev_hashes[i];
  }
}

void ReadRow(const PackedChunk& chunk, std::size_t row, Segment& segment) {
  const std::size_t networks = segment.ranges.size();
  ColumnReader columns(chunk, networks);
  SetNumbers(segment, [&] { return columns.Next().At(row); });
  // Parent hashes of the first row lie before its hashes, as those of any other row do.
  const std::byte* const hashes = chunk.bytes.get() + Layout(networks, chunk.rows).hashes() +
                                  row * networks * sizeof(BlockHash);
  for (std::size_t i = 0; i < networks; ++i) {
    const std::byte* const hash = hashes + i * sizeof(BlockHash);
    segment.ranges[i].hash = ReadHash(hash);
    segment.ranges[i].prev_hash = ReadHash(hash - networks * sizeof(BlockHash));
  }
}

}  // namespace tidemark::chain
