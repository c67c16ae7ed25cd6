#include "segment_store.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace tidemark::chain {
namespace {

// A chunk that a change leaves with fewer is merged with a neighbour.
constexpr std::size_t kFewRows = 64;

// What the allocator puts before each piece of memory.
constexpr std::size_t kAllocatorsWord = 2 * sizeof(void*);

void SetNetworks(Segment& segment, const std::vector<std::string>& networks) {
  while (segment.ranges.size() < networks.size()) {
    segment.ranges.push_back({.network = {},
                              .blocks = BlockRange::Single(BlockNumber{0}),
                              .hash = {},
                              .prev_hash = {},
                              .timestamp_s = std::nullopt});
  }
  segment.ranges.erase(segment.ranges.begin() + static_cast<std::ptrdiff_t>(networks.size()),
                       segment.ranges.end());
  for (std::size_t i = 0; i < networks.size(); ++i) {
    if (segment.ranges[i].network != networks[i]) segment.ranges[i].network = networks[i];
  }
}

}  // namespace

/// Makes chunks of about equal size from rows.
class SegmentStore::Builder {
 public:
  Builder(std::size_t networks, std::size_t rows_count) : networks_(networks) {
    const std::size_t chunks = std::max<std::size_t>((rows_count + kChunkRows - 1) / kChunkRows, 1);
    rows_of_each_ = (rows_count + chunks - 1) / chunks;
  }

  void Append(const RowView& row) {
    if (chunks_.empty() || chunks_.back().size() == rows_of_each_ ||
        !chunks_.back().IsContinuedBy(row)) {
      chunks_.emplace_back().Reserve(rows_of_each_, networks_);
    }
    chunks_.back().Append(row);
  }

  void Append(const Rows& rows, std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) Append(rows.At(row, networks_));
  }

  std::vector<Rows> TakeChunks() { return std::move(chunks_); }

 private:
  std::size_t networks_;
  std::size_t rows_of_each_;
  std::vector<Rows> chunks_;
};

std::size_t SegmentStore::memory_bytes() const {
  std::size_t bytes = packed_.capacity() * sizeof(PackedChunk) + open_.memory_bytes() +
                      networks_.capacity() * sizeof(std::string);
  for (const PackedChunk& chunk : packed_) bytes += chunk.bytes_count + kAllocatorsWord;
  return bytes;
}

SegmentStore::Position SegmentStore::Normal(Position position) const {
  if (position.chunk < packed_.size() && position.row == packed_[position.chunk].rows) {
    return {.chunk = position.chunk + 1, .row = 0};
  }
  return position;
}

SegmentStore::Position SegmentStore::Next(Position position) const {
  return Normal({.chunk = position.chunk, .row = position.row + 1});
}

SegmentStore::Position SegmentStore::Previous(Position position) const {
  if (position.row > 0) return {.chunk = position.chunk, .row = position.row - 1};
  return {.chunk = position.chunk - 1, .row = packed_[position.chunk - 1].rows - 1};
}

void SegmentStore::Read(Position position, Segment& segment) const {
  SetNetworks(segment, networks_);
  if (position.chunk < packed_.size()) {
    ReadRow(packed_[position.chunk], position.row, segment);
  } else {
    ReadRow(open_.At(position.row, networks_.size()), segment);
  }
}

void SegmentStore::Append(const Segment& segment) {
  if (empty()) {
    networks_.clear();
    for (const NetworkRange& range : segment.ranges) networks_.push_back(range.network);
  }
  const SegmentRow row(segment);
  if (!open_.IsContinuedBy(row.view())) CloseChunk();
  open_.Append(row.view());
  ++size_;
  if (open_.size() == kChunkRows) CloseChunk();
}

void SegmentStore::CloseChunk() {
  packed_.push_back(Pack(open_, networks_.size()));
  open_.Truncate(0, networks_.size());
}

void SegmentStore::Truncate(Position end) {
  if (end.chunk < packed_.size()) {
    open_ = end.row > 0 ? Unpack(packed_[end.chunk], networks_.size()) : Rows();
    packed_.erase(packed_.begin() + static_cast<std::ptrdiff_t>(end.chunk), packed_.end());
  }
  open_.Truncate(end.row, networks_.size());
}

std::size_t SegmentStore::CountBetween(Position first, Position end) const {
  std::size_t count = end.row;
  for (std::size_t chunk = first.chunk; chunk < end.chunk; ++chunk) count += packed_[chunk].rows;
  return count - first.row;
}

void SegmentStore::Replace(Position first, Position end, std::span<const Segment> segments) {
  size_ -= CountBetween(first, end);
  if (end == this->end()) {
    Truncate(first);
    for (const Segment& segment : segments) Append(segment);
    return;
  }
  size_ += segments.size();

  // Chunks in which something changes are made anew: of what is left of the first one, what is new,
  // and what is left of the last one. Where these are few, a neighbour takes them in.
  ChunkSpan old{.begin = first.chunk, .end = end.chunk};
  std::size_t before = first.row;
  std::size_t behind = end.row > 0 ? RowsOf(end.chunk) - end.row : 0;
  const std::size_t rows_count = before + segments.size() + behind;
  const auto can_take = [&](std::size_t chunk) {
    return rows_count < kFewRows && RowsOf(chunk) + rows_count <= kChunkRows;
  };
  if (behind == 0 && can_take(end.chunk)) {
    behind = RowsOf(end.chunk);
  } else if (old.begin > 0 && can_take(old.begin - 1)) {
    --old.begin;
  }
  if (behind > 0) ++old.end;

  Builder builder(networks_.size(),
                  CountBetween({.chunk = old.begin, .row = 0}, first) + segments.size() + behind);
  if (old.begin < first.chunk) builder.Append(RowsIn(old.begin), 0, RowsOf(old.begin));
  Rows rows;
  if (before > 0) {
    rows = RowsIn(first.chunk);
    builder.Append(rows, 0, before);
  }
  for (const Segment& segment : segments) builder.Append(SegmentRow(segment).view());
  if (behind > 0) {
    if (before == 0 || end.chunk != first.chunk) rows = RowsIn(end.chunk);
    builder.Append(rows, RowsOf(end.chunk) - behind, RowsOf(end.chunk));
  }
  ReplaceChunks(old, builder.TakeChunks());
}

void SegmentStore::ReplaceChunks(ChunkSpan old, std::vector<Rows> chunks) {
  if (old.end > packed_.size()) {  // The last one stays open.
    --old.end;
    open_ = std::move(chunks.back());
    chunks.pop_back();
    if (open_.size() == kChunkRows) {
      chunks.push_back(std::exchange(open_, Rows()));
    }
  }
  std::vector<PackedChunk> packed;
  packed.reserve(chunks.size());
  for (const Rows& rows : chunks) packed.push_back(Pack(rows, networks_.size()));
  const auto at = packed_.begin() + static_cast<std::ptrdiff_t>(old.begin);
  const std::size_t kept = std::min(packed.size(), old.end - old.begin);
  const auto end_of_kept =
      std::move(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(kept), at);
  if (kept < packed.size()) {
    packed_.insert(end_of_kept,
                   std::move_iterator(packed.begin() + static_cast<std::ptrdiff_t>(kept)),
                   std::move_iterator(packed.end()));
  } else {
    packed_.erase(end_of_kept, packed_.begin() + static_cast<std::ptrdiff_t>(old.end));
  }
}

Rows SegmentStore::RowsIn(std::size_t chunk) const {
  return chunk < packed_.size() ? Unpack(packed_[chunk], networks_.size()) : open_;
}

std::optional<SegmentStore::Position> SegmentStore::Find(FileId id) const {
  const std::size_t networks = networks_.size();
  const std::uint64_t number = Unsigned(id.value);
  for (std::size_t row = open_.size(); row > 0; --row) {
    if (open_.At(row - 1, networks).numbers[kId] == number) {
      return Position{.chunk = packed_.size(), .row = row - 1};
    }
  }
  for (std::size_t chunk = packed_.size(); chunk > 0; --chunk) {
    const PackedChunk& packed = packed_[chunk - 1];
    if (id < packed.least_id || packed.greatest_id < id) continue;
    const Column ids = IdsOf(packed, networks);
    for (std::size_t row = 0; row < packed.rows; ++row) {
      if (ids.At(row) == number) return Position{.chunk = chunk - 1, .row = row};
    }
  }
  return std::nullopt;
}

std::optional<FileId> SegmentStore::GreatestId() const {
  if (empty()) return std::nullopt;
  FileId greatest{std::numeric_limits<std::int64_t>::min()};
  for (const PackedChunk& chunk : packed_) greatest = std::max(greatest, chunk.greatest_id);
  for (std::size_t row = 0; row < open_.size(); ++row) {
    greatest = std::max(greatest, FileId{Signed(open_.At(row, networks_.size()).numbers[kId])});
  }
  return greatest;
}

void SegmentStore::AppendIdsAbove(const IdQuery& query, std::vector<FileId>& ids) const {
  const auto append = [&](std::uint64_t number) {
    const FileId id{Signed(number)};
    if (!query.id || *query.id < id) ids.push_back(id);
  };
  for (const PackedChunk& chunk : packed_) {
    if (ids.size() > query.most) return;
    if (query.id && chunk.greatest_id <= *query.id) continue;
    const Column column = IdsOf(chunk, networks_.size());
    for (std::size_t row = 0; row < chunk.rows; ++row) append(column.At(row));
  }
  for (std::size_t row = 0; row < open_.size(); ++row) {
    append(open_.At(row, networks_.size()).numbers[kId]);
  }
}

void SegmentStore::AppendAllTo(std::vector<Segment>& segments) const {
  segments.reserve(segments.size() + size_);
  for (Position position = begin(); position != end(); position = Next(position)) {
    Read(position, segments.emplace_back());
  }
}

void SegmentStore::AppendCreatedSince(UtcTime since, std::vector<Segment>& segments) const {
  Segment segment;
  for (std::size_t chunk = 0; chunk < ChunksCount(); ++chunk) {
    if (chunk < packed_.size() && packed_[chunk].created.newest < since) continue;
    for (std::size_t row = 0; row < RowsOf(chunk); ++row) {
      Read({.chunk = chunk, .row = row}, segment);
      if (segment.created_at >= since) segments.push_back(segment);
    }
  }
}

std::optional<CreationTimes> SegmentStore::Created() const {
  if (empty()) return std::nullopt;
  CreationTimes created{.oldest = UtcTime::max(), .newest = UtcTime::min()};
  for (const PackedChunk& chunk : packed_) {
    created.oldest = std::min(created.oldest, chunk.created.oldest);
    created.newest = std::max(created.newest, chunk.created.newest);
  }
  for (std::size_t row = 0; row < open_.size(); ++row) {
    const UtcTime time = TimeOf(open_.At(row, networks_.size()).numbers[kCreatedAt]);
    created.oldest = std::min(created.oldest, time);
    created.newest = std::max(created.newest, time);
  }
  return created;
}

}  // namespace tidemark::chain
