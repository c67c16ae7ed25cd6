// Segments on their way through a sort.
#pragma once

#include "tidemark/base/clock.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

/// A segment with copies of what mostly decides its place: a sort of a million segments that had to
/// follow two pointers a comparison would spend its time waiting for memory.
struct SortKey {
  BlockNumber number;  // Start or end, on the first network.
  UtcTime created_at;
  FileId file_id;
  const Segment* segment;
};

inline SortKey MakeSortKey(const Segment& segment, BlockNumber number) {
  return {.number = number,
          .created_at = segment.created_at,
          .file_id = segment.file_id,
          .segment = &segment};
}

}  // namespace tidemark::chain
