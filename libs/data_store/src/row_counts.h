// How many rows files have, kept from one question to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "tidemark/base/clock.h"
#include "tidemark/base/mutex.h"
#include "tidemark/base/result.h"
#include "tidemark/chain/canonical_chain.h"
#include "tidemark/data_store/table_progress.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/bytes.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/segment.h"

namespace tidemark::data_store {

/// Thread-safe. Takes about 140 bytes a file that was counted; where there is no room, what was not
/// used for a while makes some.
class RowCounts {
 public:
  static constexpr std::size_t kMaxFiles = 1'000'000;

  explicit RowCounts(std::size_t max_files = kMaxFiles) : max_files_(max_files) {}

  /// Of a segment of a chain, which has a range.
  std::optional<std::uint64_t> Find(LocationId location, const Segment& segment);
  void Put(LocationId location, const Segment& segment, std::uint64_t rows);

  std::size_t size() const;

 private:
  /// What tells a file from another one under its id.
  struct Identity {
    FileId id;
    LocationId location;
    UtcTime created_at;
    std::uint64_t size_bytes = 0;
    BlockRange blocks;  // Of the first network, as the hash.
    BlockHash hash;

    friend bool operator==(const Identity&, const Identity&) = default;
  };
  struct Slot {
    Identity file;
    std::uint64_t rows = 0;
    bool was_used = false;  // Since the hand passed.
  };

  static Identity IdentityOf(LocationId location, const Segment& segment);
  std::size_t FreeSlot() TIDEMARK_REQUIRES(mutex_);

  const std::size_t max_files_;
  mutable Mutex mutex_;
  std::deque<Slot> slots_ TIDEMARK_GUARDED_BY(mutex_);
  std::unordered_map<std::int64_t, std::size_t> places_ TIDEMARK_GUARDED_BY(mutex_);  // By file id.
  std::size_t hand_ TIDEMARK_GUARDED_BY(mutex_) = 0;
};

/// How much of a database's footers is held at once: so many, each up to so large; a larger one is
/// read by itself.
struct FooterBatch {
  std::size_t files = 128;
  std::uint64_t footer_bytes = 256ULL << 10U;
};

/// What is told of a table that nobody has had the time to look at.
TableRows RowsNotReadInTime();

/// How many rows the files of a chain of `location` have together. Reads the footers that `counts`,
/// if there is one, does not know, as `reader` sees them. No reading is begun that might end after
/// `until`.
/// Errors: those of the reader, before `until`.
Result<TableRows> CountRows(metadata_db::MetadataReader& reader, Deadline until,
                            LocationId location, chain::ChainView chain, RowCounts* counts,
                            const FooterBatch& at_once = {});

}  // namespace tidemark::data_store
