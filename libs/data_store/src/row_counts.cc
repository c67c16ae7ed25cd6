// What makes a number of rows right:
//   1. A file never changes. Its rows are counted once, from its footer, for as long as its id
//      stands for it.
//   2. An id may come to stand for another file, in a database that was restored from a backup for
//      example. So a count is given only for a row of the same revision that says the same size,
//      time of closing, blocks and hash of the last block.
//   3. A count is kept only of a footer that reads well and names the file and the blocks of its
//      row. What is missing or damaged is looked at again each time.
//   4. A sum is of every file of the chain, or there is none. Which file it is that keeps it from
//      being known does not depend on what is kept: files are taken in the order of the chain.
#include "row_counts.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tidemark/parquet_io/segment_footer.h"

namespace tidemark::data_store {
namespace {

using metadata_db::FooterRow;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kLongestTextShown = 200;
// With its length and the magic number.
constexpr std::uint64_t kLongestFooterBytes = parquet_io::kMaxFooterBytes + 8;
// Databases give up a little before the deadline.
constexpr std::chrono::milliseconds kNearDeadline{10};

TableRows Unknown(RowsProblemCode code, std::string detail) {
  return {.problem = RowsProblem{.code = code, .detail = std::move(detail)}};
}

bool IsSameBlocks(const NetworkRange& a, const NetworkRange& b) {
  return a.network == b.network && a.blocks == b.blocks && a.hash == b.hash;
}

/// Errors: kCorruption.
Result<std::uint64_t> ReadCount(const FooterRow& row, const Segment& segment) {
  if (!row.footer) {
    return MakeError(ErrorCode::kCorruption,
                     fmt::format("its footer has {} bytes, over the limit {}", row.size_bytes,
                                 kLongestFooterBytes));
  }
  TIDEMARK_TRY(const auto footer,
               parquet_io::ParseSegmentFooter(*row.footer, {.path = row.file_name}));
  if (!std::ranges::equal(footer.metadata.ranges, segment.ranges, IsSameBlocks)) {
    return MakeError(ErrorCode::kCorruption, "its footer speaks of other blocks than its row");
  }
  return footer.row_count;
}

class RowCounter {
 public:
  RowCounter(metadata_db::MetadataReader& reader, Deadline until, LocationId location,
             RowCounts* counts, const FooterBatch& at_once)
      : reader_(reader), until_(until), location_(location), counts_(counts), at_once_(at_once) {}

  Result<TableRows> Count(chain::ChainView chain);

 private:
  void Add(std::uint64_t rows) {
    fits_ = fits_ && rows <= std::numeric_limits<std::uint64_t>::max() - sum_;
    sum_ += rows;
    ++files_;
  }

  // What one batch takes is what the next may take.
  bool HasTime() const {
    return until_.is_never() || until_.Remaining() > std::max(2 * longest_, kNearDeadline);
  }

  /// The problem of the first file that has one.
  Result<std::optional<TableRows>> ReadBatch(std::span<const Segment* const> files);
  Result<std::optional<TableRows>> ReadFile(const Segment& segment,
                                            std::span<const FooterRow> footers);

  metadata_db::MetadataReader& reader_;
  const Deadline until_;
  const LocationId location_;
  RowCounts* const counts_;
  const FooterBatch& at_once_;
  std::chrono::milliseconds longest_{0};
  std::uint64_t sum_ = 0;
  std::uint64_t files_ = 0;
  bool fits_ = true;
};

Result<TableRows> RowCounter::Count(chain::ChainView chain) {
  std::vector<const Segment*> unread;
  for (const Segment* const segment : chain) {
    const auto known = counts_ != nullptr ? counts_->Find(location_, *segment) : std::nullopt;
    known ? Add(*known) : unread.push_back(segment);
  }
  const auto out_of_time = [&] {
    return Unknown(RowsProblemCode::kNotReadInTime,
                   fmt::format("the request's time sufficed for the footers of {} of {} files",
                               files_, chain.size()));
  };
  for (auto next = unread.begin(); next != unread.end();) {
    if (!HasTime()) return out_of_time();
    std::vector<const Segment*> batch;
    for (; next != unread.end() && batch.size() < at_once_.files; ++next) {
      // Others may have counted it meanwhile, who were asked the same.
      const auto known = counts_ != nullptr ? counts_->Find(location_, **next) : std::nullopt;
      known ? Add(*known) : batch.push_back(*next);
    }
    const auto begun = SteadyClock::now();
    auto read = ReadBatch(batch);
    if (!read && until_.Remaining() <= kNearDeadline) return out_of_time();
    if (!read) return std::unexpected(std::move(read).error());
    if (const std::optional<TableRows>& problem = *read) return *problem;
    const auto took = std::chrono::ceil<std::chrono::milliseconds>(SteadyClock::now() - begun);
    longest_ = std::max(longest_, took);
  }
  if (fits_) return TableRows{.count = sum_};
  return Unknown(RowsProblemCode::kFooterUnreadable, "the footers add up to more rows than 2^64-1");
}

Result<std::optional<TableRows>> RowCounter::ReadBatch(std::span<const Segment* const> files) {
  if (files.empty()) return std::nullopt;
  std::vector<FileId> ids;
  ids.reserve(files.size());
  for (const Segment* const segment : files) ids.push_back(segment->file_id);
  TIDEMARK_TRY(const auto footers, reader_.ListFooters(location_, ids, at_once_.footer_bytes));
  for (const Segment* const segment : files) {
    TIDEMARK_TRY(auto problem, ReadFile(*segment, footers));
    if (problem) return problem;
  }
  return std::nullopt;
}

Result<std::optional<TableRows>> RowCounter::ReadFile(const Segment& segment,
                                                      std::span<const FooterRow> footers) {
  const auto found = std::ranges::lower_bound(footers, segment.file_id, {}, &FooterRow::file_id);
  if (found == footers.end() || found->file_id != segment.file_id) {
    return Unknown(
        RowsProblemCode::kFooterMissing,
        fmt::format("the database has no footer of the file with id {}", segment.file_id.value));
  }
  auto count = ReadCount(*found, segment);
  if (!found->footer && found->size_bytes <= kLongestFooterBytes) {
    TIDEMARK_TRY(const auto large, reader_.ListFooters(location_, std::span(&segment.file_id, 1),
                                                       kLongestFooterBytes));
    count = ReadCount(large.empty() ? *found : large.front(), segment);
  }
  if (!count) {
    return Unknown(
        RowsProblemCode::kFooterUnreadable,
        fmt::format("file {} (id {}): {}", found->file_name.substr(0, kLongestTextShown),
                    segment.file_id.value, count.error().message.substr(0, kLongestTextShown)));
  }
  if (counts_ != nullptr) counts_->Put(location_, segment, *count);
  Add(*count);
  return std::nullopt;
}

}  // namespace

TableRows RowsNotReadInTime() {
  return Unknown(RowsProblemCode::kNotReadInTime, "the request's time went to other tables");
}

std::string_view ToString(RowsProblemCode code) {
  switch (code) {
    case RowsProblemCode::kFooterMissing:
      return "FOOTER_MISSING";
    case RowsProblemCode::kFooterUnreadable:
      return "FOOTER_UNREADABLE";
    case RowsProblemCode::kNotReadInTime:
      return "NOT_READ_IN_TIME";
  }
  return "FOOTER_MISSING";
}

RowCounts::Identity RowCounts::IdentityOf(LocationId location, const Segment& segment) {
  const NetworkRange& range = segment.ranges.front();
  return {.id = segment.file_id,
          .location = location,
          .created_at = segment.created_at,
          .size_bytes = segment.size_bytes,
          .blocks = range.blocks,
          .hash = range.hash};
}

std::optional<std::uint64_t> RowCounts::Find(LocationId location, const Segment& segment) {
  const MutexLock lock(mutex_);
  const auto place = places_.find(segment.file_id.value);
  if (place == places_.end()) return std::nullopt;
  Slot& slot = slots_[place->second];
  if (slot.file != IdentityOf(location, segment)) return std::nullopt;
  slot.was_used = true;
  return slot.rows;
}

void RowCounts::Put(LocationId location, const Segment& segment, std::uint64_t rows) {
  if (max_files_ == 0) return;
  const Slot slot{.file = IdentityOf(location, segment), .rows = rows, .was_used = false};
  const MutexLock lock(mutex_);
  const auto known = places_.find(segment.file_id.value);
  if (known != places_.end()) {
    slots_[known->second] = slot;
    return;
  }
  if (slots_.size() < max_files_) {
    places_.emplace(segment.file_id.value, slots_.size());
    slots_.push_back(slot);
    return;
  }
  const std::size_t place = FreeSlot();
  places_.emplace(segment.file_id.value, place);
  slots_[place] = slot;
}

// The hand goes round, and takes the first that nobody has used since it came by.
std::size_t RowCounts::FreeSlot() {
  for (;; hand_ = (hand_ + 1) % slots_.size()) {
    Slot& slot = slots_[hand_];
    if (!std::exchange(slot.was_used, false)) break;
  }
  const std::size_t free = hand_;
  places_.erase(slots_[free].file.id.value);
  hand_ = (hand_ + 1) % slots_.size();
  return free;
}

std::size_t RowCounts::size() const {
  const MutexLock lock(mutex_);
  return places_.size();
}

Result<TableRows> CountRows(metadata_db::MetadataReader& reader, Deadline until,
                            LocationId location, chain::ChainView chain, RowCounts* counts,
                            const FooterBatch& at_once) {
  return RowCounter(reader, until, location, counts, at_once).Count(chain);
}

}  // namespace tidemark::data_store
