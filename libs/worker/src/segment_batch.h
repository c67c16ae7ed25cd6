// The files of several tables that cover the same blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "recent_blocks.h"
#include "segment_ledger.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/model/evm_block.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/segment.h"
#include "tidemark/object_store/object_store.h"
#include "tidemark/parquet_io/parquet_io.h"

namespace tidemark::worker {

/// A table that a job writes.
struct TableTarget {
  EvmTable table;
  LocationId location;
  std::string path;  // Of the active revision, in the object store.
  SegmentLedger ledger;
};

/// A file that is durable but not committed yet.
struct ClosedSegment {
  metadata_db::NewFile file;
  SegmentMetadata metadata;
};

/// The hash that a block names as its predecessor's; zero for block 0, whatever the block says.
BlockHash PreviousHash(const EvmBlock& block);

/// One open file a table; every block goes into all of them, so that the tables advance together.
/// Nothing can be seen of the files before Close; destroying an open batch leaves nothing behind.
/// Not thread-safe.
class SegmentBatch {
 public:
  struct Limits {
    std::uint64_t bytes = 0;  // Of any one file.
    std::uint64_t rows = 0;   // Of any one file, too.
    std::uint64_t blocks = 0;
    std::chrono::nanoseconds age{0};
  };

  /// `store` and `tables` must outlive the batch. `first` is the first block to come.
  /// Errors: kUnavailable.
  static Result<std::unique_ptr<SegmentBatch>> Open(object_store::ObjectStore& store,
                                                    const std::vector<const TableTarget*>& tables,
                                                    BlockNumber first, SteadyTime now);

  /// Adds the block to each file. The batch is lost after a failure.
  /// Requires: the block follows `last_hash`, where there is one.
  /// Errors: kInvalidArgument, kUnavailable.
  Status Append(const EvmBlock& block);

  /// Hash of the last block; nullopt while the batch is empty.
  std::optional<BlockHash> last_hash() const { return last_hash_; }
  /// The hashes of its blocks, of the newest ones if there are many.
  const RecentBlocks& recent() const { return recent_; }
  /// From the first block to the last; nullopt while the batch is empty.
  std::optional<BlockRange> blocks() const;
  /// Whether the files are to be closed before the next block.
  bool IsFull(const Limits& limits, SteadyTime now) const;

  /// Finishes every file and makes it durable. In the order of the tables.
  /// Errors: kUnavailable, kConflict, kCorruption; kInternal if the batch is empty.
  Result<std::vector<ClosedSegment>> Close(const std::string& network, UtcTime created_at);

 private:
  struct OpenFile {
    const TableTarget* table;
    std::string name;
    // The writer goes first, as it refers to the sink.
    std::unique_ptr<object_store::ObjectWriter> sink;
    std::unique_ptr<parquet_io::SegmentWriter> writer;
  };

  SegmentBatch(object_store::ObjectStore& store, SteadyTime opened_at)
      : store_(store), opened_at_(opened_at) {}

  object_store::ObjectStore& store_;
  SteadyTime opened_at_;
  std::vector<OpenFile> files_;
  std::optional<BlockNumber> first_;
  BlockNumber last_;
  BlockHash previous_hash_;  // Of the block before the first.
  std::optional<BlockHash> last_hash_;
  std::uint64_t last_timestamp_s_ = 0;
  RecentBlocks recent_;
};

}  // namespace tidemark::worker
