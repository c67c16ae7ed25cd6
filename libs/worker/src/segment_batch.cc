#include "segment_batch.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "tidemark/base/failpoint.h"
#include "tidemark/base/random.h"

namespace tidemark::worker {

BlockHash PreviousHash(const EvmBlock& block) {
  // Some development chains put a hash there; readers expect zeros before genesis.
  return block.number.value == 0 ? BlockHash{} : block.parent_hash;
}

Result<std::unique_ptr<SegmentBatch>> SegmentBatch::Open(
    object_store::ObjectStore& store, const std::vector<const TableTarget*>& tables,
    BlockNumber first, SteadyTime now) {
  std::unique_ptr<SegmentBatch> batch(new SegmentBatch(store, now));
  for (const TableTarget* table : tables) {
    std::string name = fmt::format("{:09}-{:016x}.parquet", first.value, RandomU64());
    TIDEMARK_TRY(auto sink, store.OpenWriter(fmt::format("{}/{}", table->path, name)));
    TIDEMARK_TRY(auto writer, parquet_io::SegmentWriter::Open(table->table, *sink));
    batch->files_.push_back({.table = table,
                             .name = std::move(name),
                             .sink = std::move(sink),
                             .writer = std::move(writer)});
    TIDEMARK_FAILPOINT("segment.opened");
  }
  return batch;
}

Status SegmentBatch::Append(const EvmBlock& block) {
  for (const OpenFile& file : files_) {
    TIDEMARK_TRY(file.writer->Append(block));
  }
  if (!first_) {
    first_ = block.number;
    previous_hash_ = PreviousHash(block);
  }
  last_ = block.number;
  last_hash_ = block.hash;
  last_timestamp_s_ = block.timestamp_s;
  recent_.Add(block.number, block.hash, PreviousHash(block));
  return {};
}

std::optional<BlockRange> SegmentBatch::blocks() const {
  if (!first_) return std::nullopt;
  return *BlockRange::Make(*first_, last_);
}

bool SegmentBatch::IsFull(const Limits& limits, SteadyTime now) const {
  if (!first_) return false;
  if (last_.value - first_->value + 1 >= limits.blocks) return true;
  if (now - opened_at_ >= limits.age) return true;
  return std::ranges::any_of(files_, [&](const OpenFile& file) {
    return file.writer->EstimateSizeBytes() >= limits.bytes ||
           file.writer->row_count() >= limits.rows;
  });
}

Result<std::vector<ClosedSegment>> SegmentBatch::Close(const std::string& network,
                                                       UtcTime created_at) {
  const auto covered = blocks();
  if (!covered || !last_hash_) return MakeError(ErrorCode::kInternal, "a batch without a block");
  std::vector<ClosedSegment> closed;
  for (const OpenFile& file : files_) {
    SegmentMetadata metadata{.table = std::string(ToString(file.table->table)),
                             .filename = file.name,
                             .created_at = created_at,
                             .ranges = {{.network = network,
                                         .blocks = *covered,
                                         .hash = *last_hash_,
                                         .prev_hash = previous_hash_,
                                         .timestamp_s = last_timestamp_s_}}};
    TIDEMARK_FAILPOINT("segment.before_close");
    TIDEMARK_TRY(auto footer, file.writer->Close(metadata));
    TIDEMARK_TRY(auto object, file.sink->Finish());
    TIDEMARK_FAILPOINT("segment.durable");
    closed.push_back({.file = {.location_id = file.table->location,
                               .file_name = file.name,
                               .metadata = PrintSegmentMetadata(metadata),
                               .object_size = object.size_bytes,
                               .object_e_tag = std::move(object.e_tag),
                               .url = store_.UrlOf(file.table->path) + "/",
                               .footer = std::move(footer)},
                      .metadata = std::move(metadata)});
  }
  return closed;
}

}  // namespace tidemark::worker
