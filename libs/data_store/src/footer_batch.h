// Footers of many objects, read several at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/object_store/object_store.h"
#include "tidemark/parquet_io/segment_footer.h"

namespace tidemark::data_store {

/// What reading one object's footer came to.
struct FooterResult {
  enum class Kind : std::uint8_t {
    kSegment,
    kUnreadable,  // `reason` says why.
    kLarge,       // Its footer is over the limit of the batch.
    kGone,        // The object was deleted after it had been listed.
  };

  Kind kind = Kind::kGone;
  parquet_io::SegmentFooter footer;
  std::string reason;
};

struct FooterQuery {
  std::optional<std::string_view> table_name;
  std::uint64_t limit_bytes = parquet_io::kMaxFooterBytes;
};

/// Results in the order of `objects`. All threads have ended when it returns.
/// Errors: kUnavailable, of the first object that the store did not answer for, or if the deadline
/// passes.
Result<std::vector<FooterResult>> ReadFooters(object_store::ObjectStore& data,
                                              std::span<const object_store::ObjectInfo> objects,
                                              const FooterQuery& query, Deadline deadline);

}  // namespace tidemark::data_store
