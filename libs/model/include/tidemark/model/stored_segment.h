// From a row of `file_metadata` to a segment: which rows can count as progress at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tidemark/base/result.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/segment.h"

namespace tidemark {

/// The segment that the row with these columns stands for; a null `object_size` is 0. Whoever
/// decides by a table's rows reads them with this, or what one counts another would remove.
/// Errors: kCorruption, saying why the row cannot count: a negative size, metadata that cannot be
/// read, no block range, or two of one network.
Result<Segment> ReadStoredSegment(FileId id, std::string_view metadata,
                                  std::optional<std::int64_t> object_size);

}  // namespace tidemark
