#include "segment_ledger.h"

#include <algorithm>
#include <set>
#include <utility>

#include "tidemark/chain/canonical_chain.h"
#include "tidemark/chain/missing_ranges.h"

namespace tidemark::worker {
namespace {

const NetworkRange& RangeOf(const Segment& segment) { return segment.ranges.front(); }

ChainLink LinkOf(const Segment& segment) {
  return {.blocks = RangeOf(segment).blocks,
          .hash = RangeOf(segment).hash,
          .file_id = segment.file_id,
          .size_bytes = segment.size_bytes};
}

}  // namespace

SegmentLedger::SegmentLedger(std::string network, std::vector<Segment> committed)
    : network_(std::move(network)), segments_(std::move(committed)) {
  for (const Segment& segment : segments_) {
    newest_created_at_ =
        std::max(newest_created_at_.value_or(segment.created_at), segment.created_at);
  }
  std::erase_if(segments_, [&](const Segment& segment) {
    return segment.ranges.size() != 1 || RangeOf(segment).network != network_;
  });
  Rebuild();
}

void SegmentLedger::Remove(const std::vector<FileId>& files) {
  const std::set<FileId> gone(files.begin(), files.end());
  std::erase_if(segments_, [&](const Segment& segment) { return gone.contains(segment.file_id); });
  Rebuild();
}

void SegmentLedger::Add(Segment segment) {
  const BlockRange blocks = RangeOf(segment).blocks;
  newest_created_at_ =
      std::max(newest_created_at_.value_or(segment.created_at), segment.created_at);
  covered_.push_back(blocks);
  covered_ = chain::MergeRanges(std::move(covered_));

  const bool is_last = !greatest_start_ || *greatest_start_ < blocks.first();
  segments_.push_back(std::move(segment));
  if (!is_last) {
    RebuildCanonical();
    return;
  }
  // The chain is taken in order of starts, so the last segment is looked at last and changes
  // nothing that was decided before it.
  greatest_start_ = blocks.first();
  const NetworkRange& range = RangeOf(segments_.back());
  const bool continues = canonical_.empty() || (canonical_.back().blocks.last() < blocks.first() &&
                                                canonical_.back().hash == range.prev_hash);
  if (continues) canonical_.push_back(LinkOf(segments_.back()));
}

std::vector<BlockRange> SegmentLedger::Gaps(BlockRange desired) const {
  std::vector<BlockRange> gaps;
  BlockNumber next = desired.first();
  for (const BlockRange& covered : covered_) {
    const auto part = covered.Intersect(desired);
    if (!part) continue;
    if (next < part->first()) {
      gaps.push_back(*BlockRange::Make(next, BlockNumber{part->first().value - 1}));
    }
    if (part->last() == desired.last()) return gaps;
    next = BlockNumber{part->last().value + 1};
  }
  gaps.push_back(*BlockRange::Make(next, desired.last()));
  return gaps;
}

std::optional<BlockHash> SegmentLedger::HashOfLast(BlockNumber last) const {
  const auto link = std::ranges::lower_bound(
      canonical_, last, {}, [](const ChainLink& each) { return each.blocks.last(); });
  if (link == canonical_.end() || link->blocks.last() != last) return std::nullopt;
  return link->hash;
}

std::optional<BlockNumber> SegmentLedger::EarliestEndAround(BlockNumber block) const {
  std::optional<BlockNumber> end;
  for (const Segment& segment : segments_) {
    const BlockRange blocks = RangeOf(segment).blocks;
    if (blocks.Contains(block)) end = std::min(end.value_or(blocks.last()), blocks.last());
  }
  return end;
}

UtcTime SegmentLedger::NextCreatedAt(UtcTime now) const {
  if (!newest_created_at_ || *newest_created_at_ < now) return now;
  return *newest_created_at_ + std::chrono::nanoseconds(1);
}

void SegmentLedger::Rebuild() {
  covered_.clear();
  greatest_start_.reset();
  for (const Segment& segment : segments_) {
    const BlockRange blocks = RangeOf(segment).blocks;
    covered_.push_back(blocks);
    greatest_start_ = std::max(greatest_start_.value_or(blocks.first()), blocks.first());
  }
  covered_ = chain::MergeRanges(std::move(covered_));
  RebuildCanonical();
}

void SegmentLedger::RebuildCanonical() {
  canonical_.clear();
  for (const Segment* segment : chain::FindChains(segments_).canonical) {
    canonical_.push_back(LinkOf(*segment));
  }
}

}  // namespace tidemark::worker
