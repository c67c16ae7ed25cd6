// Segments in a sequence, packed.
//
// Invariants:
// 1. All segments cover the same networks, and at least one.
// 2. Segments are kept in chunks of at most kChunkRows, none of them empty but the last one. The
//    last one is open: it is not packed, and not full.
// 3. In a chunk each segment but the first continues, by hash, the one before: so only the first
//    one's parent hashes are kept. Where a segment does not, a chunk ends.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chunk_rows.h"
#include "id_query.h"
#include "packed_chunk.h"
#include "tidemark/base/clock.h"
#include "tidemark/chain/chain_index.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

class SegmentStore {
 public:
  static constexpr std::size_t kChunkRows = 256;

  struct Position {
    std::size_t chunk = 0;
    std::size_t row = 0;

    friend bool operator==(const Position&, const Position&) = default;
  };

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t memory_bytes() const;

  // Good until the next change.
  Position begin() const { return {}; }
  Position end() const { return {.chunk = packed_.size(), .row = open_.size()}; }
  Position Next(Position position) const;
  /// Requires: it is not the first.
  Position Previous(Position position) const;

  /// Overwrites `segment`, whose memory it uses again. O(1).
  void Read(Position position, Segment& segment) const;

  /// O(1), amortized.
  void Append(const Segment& segment);

  /// Puts `segments` in the place of those from `first` up to `end`, without it. Takes
  /// O(kChunkRows) besides what is put and taken, and moves a pointer for each chunk behind it.
  void Replace(Position first, Position end, std::span<const Segment> segments);

  /// In O(size() / kChunkRows), if file ids mostly ascend.
  std::optional<Position> Find(FileId id) const;
  std::optional<FileId> GreatestId() const;
  /// In no order.
  void AppendIdsAbove(const IdQuery& query, std::vector<FileId>& ids) const;
  void AppendAllTo(std::vector<Segment>& segments) const;
  void AppendCreatedSince(UtcTime since, std::vector<Segment>& segments) const;
  std::optional<CreationTimes> Created() const;

  /// The first one that is not `is_before`; end() if all are. Requires: those that are come first.
  template <class Predicate>
  Position FindFirstNot(const Predicate& is_before) const {
    Segment segment;
    const auto is_before_at = [&](Position position) {
      Read(position, segment);
      return is_before(segment);
    };
    // The last chunk whose first segment is before, then within it.
    std::size_t chunk = 0;
    for (std::size_t count = ChunksCount(); count > 0;) {
      const std::size_t half = count / 2;
      if (is_before_at({.chunk = chunk + half, .row = 0})) {
        chunk += half + 1;
        count -= half + 1;
      } else {
        count = half;
      }
    }
    if (chunk == 0) return begin();
    Position found{.chunk = chunk - 1, .row = 1};
    for (std::size_t count = RowsOf(chunk - 1) - 1; count > 0;) {
      const std::size_t half = count / 2;
      if (is_before_at({.chunk = found.chunk, .row = found.row + half})) {
        found.row += half + 1;
        count -= half + 1;
      } else {
        count = half;
      }
    }
    return Normal(found);
  }

 private:
  class Builder;

  /// The open one is behind the packed ones.
  struct ChunkSpan {
    std::size_t begin;
    std::size_t end;
  };

  std::size_t ChunksCount() const { return packed_.size() + (open_.size() > 0 ? 1 : 0); }
  std::size_t RowsOf(std::size_t chunk) const {
    return chunk < packed_.size() ? packed_[chunk].rows : open_.size();
  }
  Rows RowsIn(std::size_t chunk) const;
  std::size_t CountBetween(Position first, Position end) const;
  /// Behind the last row of a packed chunk is the first of the next.
  Position Normal(Position position) const;
  void CloseChunk();
  void Truncate(Position end);
  void ReplaceChunks(ChunkSpan old, std::vector<Rows> chunks);

  std::vector<std::string> networks_;
  std::vector<PackedChunk> packed_;
  Rows open_;
  std::size_t size_ = 0;
};

}  // namespace tidemark::chain
