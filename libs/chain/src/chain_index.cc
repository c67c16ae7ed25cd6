// How the chain changes.
//
// The canonical chain begins with the first segment in chain order, and each of its segments is
// followed by the first in chain order of all that are adjacent to it: its first child. So where a
// segment comes or goes, only the way from its predecessor on can change, and only up to where it
// comes upon a segment that was in the chain before: from there on it is as it was. Along the way
// the old chain and the first children are walked side by side, and neither is searched.
#include "tidemark/chain/chain_index.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "chain_order.h"
#include "off_chain.h"
#include "segment_store.h"
#include "tidemark/base/result.h"
#include "tidemark/chain/canonical_chain.h"
#include "tidemark/chain/synced_range.h"

namespace tidemark::chain {
namespace {

__extension__ using Uint128 = unsigned __int128;

// To take packed segments apart and pack them again costs as much as so many single ones.
constexpr std::size_t kStepsOfAChunk = 16;

/// What one change may still do.
class Budget {
 public:
  explicit Budget(RepairLimit limit) : steps_left_(limit.steps) {}

  /// False if there are not as many left.
  bool Spend(std::size_t steps) {
    if (steps > steps_left_) return false;
    steps_left_ -= steps;
    return true;
  }
  std::size_t steps_left() const { return steps_left_; }

 private:
  std::size_t steps_left_;
};

}  // namespace

/// Invariants, unless `needs_rebuild_`:
/// 1. `chain_` is the canonical chain of all segments; `off_chain_` has the others.
/// 2. `first_` and `last_` are the chain's ends, `size_bytes_` the sum of its sizes.
/// 3. `reorgs_` has the file ids at whose arrival CountReorgs counts, ascending.
/// Always: each segment is in one of both, and `greatest_id_` is the greatest of their file ids.
class ChainIndex::State {
 public:
  explicit State(std::optional<BlockNumber> start_block) : start_block_(start_block) {}

  std::optional<BlockNumber> start_block() const { return start_block_; }
  bool needs_rebuild() const { return needs_rebuild_; }
  std::size_t size() const { return chain_.size() + off_chain_.size(); }
  std::optional<FileId> greatest_id() const { return greatest_id_; }

  void Insert(const Segment& segment, Budget budget) {
    if (greatest_id_ && segment.file_id <= *greatest_id_) {
      Remove({&segment.file_id, 1}, budget);
      InsertLate(segment, budget);
    } else if (needs_rebuild_ || !Arrive(segment, budget)) {
      LeaveToRebuild(segment);
    }
    greatest_id_ = std::max(greatest_id_, std::optional(segment.file_id));
  }

  std::size_t Remove(std::span<const FileId> ids, Budget& budget) {
    const std::size_t size_before = size();
    std::vector<FileId> were_in_chain;
    for (const FileId id : ids) {
      const std::optional<PastInChain> past = off_chain_.PastOf(id);
      if (needs_rebuild_) {
        Drop(id);
      } else if (past == PastInChain::kNever) {
        off_chain_.Take(id);
      } else if (past || chain_.Find(id)) {
        were_in_chain.push_back(id);
      }
    }
    if (!were_in_chain.empty()) RemoveThoseThatWereInChain(std::move(were_in_chain), budget);
    if (size() < size_before && std::ranges::find(ids, greatest_id_) != ids.end()) {
      greatest_id_ = std::max(chain_.GreatestId(), off_chain_.GreatestId());
    }
    return size_before - size();
  }

  Result<ChainSummary> Summarize() const {
    if (needs_rebuild_) {
      return MakeError(ErrorCode::kInternal, "an index of segments needs a rebuild");
    }
    ChainSummary summary{.ranges = {}, .totals = {}, .reorgs = reorgs_.size()};
    if (chain_.empty()) return summary;
    const Chain ends = {&first_, &last_};
    if (start_block_) {
      TIDEMARK_TRY(const bool counts, ReachesBackTo(ends, *start_block_));
      if (!counts) return summary;
    }
    TIDEMARK_TRY(summary.ranges, SyncedRanges(ends));
    constexpr Uint128 kMost = std::numeric_limits<std::uint64_t>::max();
    summary.totals = {.files_count = chain_.size(),
                      .size_bytes = static_cast<std::uint64_t>(std::min(size_bytes_, kMost))};
    return summary;
  }

  std::vector<FileId> FileIds() const {
    std::vector<FileId> ids = IdsAbove({.id = std::nullopt, .most = size()});
    std::ranges::sort(ids);
    return ids;
  }

  std::vector<Segment> Segments() const {
    std::vector<Segment> segments;
    segments.reserve(size());
    chain_.AppendAllTo(segments);
    off_chain_.AppendAllTo(segments);
    std::ranges::sort(segments, {}, &Segment::file_id);
    return segments;
  }

  std::vector<Segment> CanonicalSegments() const {
    std::vector<Segment> segments;
    chain_.AppendAllTo(segments);
    return segments;
  }

  std::optional<CreationTimes> CanonicalCreationTimes() const { return chain_.Created(); }

  std::vector<Segment> CanonicalSegmentsSince(UtcTime since) const {
    std::vector<Segment> segments;
    chain_.AppendCreatedSince(since, segments);
    return segments;
  }

  std::size_t memory_bytes() const {
    return sizeof(*this) + chain_.memory_bytes() + off_chain_.memory_bytes() +
           reorgs_.capacity() * sizeof(FileId);
  }

 private:
  using Position = SegmentStore::Position;

  /// What the chain becomes from some place on.
  struct Turn {
    std::vector<FileId> entering;  // Of segments off the chain, in its order.
    Position rejoins;              // From here on the chain is as it was.
  };

  /// Follows first children from `from` on; `place`: of the first segment of the chain that comes
  /// after it. nullopt if that goes beyond the budget.
  std::optional<Turn> Follow(const Segment& from, Position place, Budget& budget) const {
    Turn turn;
    Segment in_chain;
    for (const Segment* parent = &from; parent != nullptr;) {
      const Segment* const child = off_chain_.ChildOf(*parent);
      for (; place != chain_.end(); place = chain_.Next(place)) {
        if (!budget.Spend(1)) return std::nullopt;
        chain_.Read(place, in_chain);
        if (child != nullptr && InChainOrder()(child, &in_chain)) break;
        if (IsAdjacent(*parent, in_chain)) {
          if (!budget.Spend(kStepsOfAChunk)) return std::nullopt;
          turn.rejoins = place;
          return turn;
        }
      }
      if (child != nullptr) {
        if (!budget.Spend(1)) return std::nullopt;
        turn.entering.push_back(child->file_id);
      }
      parent = child;
    }
    turn.rejoins = chain_.end();
    return turn;
  }

  /// The place of a segment in the chain, if it were in it.
  Position PlaceOf(const Segment& segment) const {
    if (chain_.empty() || InChainOrder()(&last_, &segment)) return chain_.end();
    return chain_.FindFirstNot(
        [&segment](const Segment& other) { return InChainOrder()(&other, &segment); });
  }

  Segment ReadAt(Position position) const {
    Segment segment;
    chain_.Read(position, segment);
    return segment;
  }

  bool IsFirstChildAt(Position place, const Segment& segment) const {
    if (place == chain_.begin()) return true;
    return place == chain_.end() ? IsAdjacent(last_, segment)
                                 : IsAdjacent(ReadAt(chain_.Previous(place)), segment);
  }

  /// The segment comes after all others. False, and nothing has changed, if that goes beyond the
  /// budget.
  bool Arrive(const Segment& segment, Budget& budget) {
    const bool is_candidate = !segment.ranges.empty();
    const Position place = is_candidate ? PlaceOf(segment) : chain_.end();
    if (!is_candidate || !IsFirstChildAt(place, segment)) {
      off_chain_.Insert(segment, PastInChain::kNever);
      return true;
    }
    const std::optional<Turn> turn = Follow(segment, place, budget);
    if (!turn) return false;
    if (place == chain_.end() && turn->entering.empty()) {
      Append(segment);
      return true;
    }
    std::vector<Segment> entering = TakeOffChain(turn->entering);
    entering.insert(entering.begin(), segment);
    if (LosesItsEnd(place, turn->rejoins, entering)) reorgs_.push_back(segment.file_id);
    Replace(place, turn->rejoins, entering);
    return true;
  }

  bool LosesItsEnd(Position place, Position rejoins, const std::vector<Segment>& entering) const {
    if (rejoins != chain_.end() || place == rejoins) return false;
    if (start_block_ && first_.ranges.front().blocks.first() > *start_block_) return false;
    return std::ranges::none_of(
        entering, [this](const Segment& segment) { return EndsAlike(last_, segment); });
  }

  /// Undoes the arrival of the one that came last. nullopt, and nothing has changed, if that goes
  /// beyond the budget.
  std::optional<Segment> TakeBack(FileId id, Budget& budget) {
    if (!budget.Spend(1)) return std::nullopt;
    if (std::optional<Segment> segment = off_chain_.Take(id)) return segment;
    const std::optional<Position> place = chain_.Find(id);
    if (!place) return std::nullopt;
    const std::optional<Turn> turn = FollowWithout(*place, budget);
    if (!turn) return std::nullopt;
    Segment segment = ReadAt(*place);
    Replace(*place, turn->rejoins, TakeOffChain(turn->entering));
    off_chain_.Take(id);
    return segment;
  }

  std::optional<Turn> FollowWithout(Position place, Budget& budget) const {
    const Position next = chain_.Next(place);
    if (place != chain_.begin()) return Follow(ReadAt(chain_.Previous(place)), next, budget);
    const Segment* const first = off_chain_.First();
    if (first == nullptr) return Turn{.entering = {}, .rejoins = next};
    if (next != chain_.end()) {
      const Segment second = ReadAt(next);
      if (InChainOrder()(&second, first)) return Turn{.entering = {}, .rejoins = next};
    }
    std::optional<Turn> turn = Follow(*first, next, budget);
    if (turn) turn->entering.insert(turn->entering.begin(), first->file_id);
    return turn;
  }

  void Append(const Segment& segment) {
    if (chain_.empty()) first_ = segment;
    chain_.Append(segment);
    last_ = segment;
    size_bytes_ += segment.size_bytes;
  }

  /// What leaves the chain is off it then.
  void Replace(Position begin, Position end, const std::vector<Segment>& entering) {
    std::vector<Segment> leaving;
    for (Position at = begin; at != end; at = chain_.Next(at)) leaving.push_back(ReadAt(at));
    chain_.Replace(begin, end, entering);
    for (const Segment& segment : entering) size_bytes_ += segment.size_bytes;
    for (Segment& segment : leaving) {
      size_bytes_ -= segment.size_bytes;
      off_chain_.Insert(std::move(segment), PastInChain::kPerhaps);
    }
    if (chain_.empty()) return;
    chain_.Read(chain_.begin(), first_);
    chain_.Read(chain_.Previous(chain_.end()), last_);
  }

  std::vector<Segment> TakeOffChain(const std::vector<FileId>& ids) {
    std::vector<Segment> segments;
    segments.reserve(ids.size());
    for (const FileId id : ids) {
      if (std::optional<Segment> segment = off_chain_.Take(id)) {
        segments.push_back(*std::move(segment));
      }
    }
    return segments;
  }

  std::vector<FileId> IdsAbove(const IdQuery& query) const {
    std::vector<FileId> ids;
    chain_.AppendIdsAbove(query, ids);
    off_chain_.AppendIdsAbove(query, ids);
    return ids;
  }

  /// Takes back those that came after `id`, the last one first. Beyond the budget it leaves all to
  /// a rebuild.
  std::vector<Segment> TakeBackAbove(FileId id, Budget& budget) {
    const std::size_t most = budget.steps_left();
    std::vector<FileId> ids = IdsAbove({.id = id, .most = most});
    std::vector<Segment> taken;
    if (ids.size() > most) {
      needs_rebuild_ = true;
      return taken;
    }
    std::ranges::sort(ids, std::greater());
    for (const FileId each : ids) {
      std::optional<Segment> segment = TakeBack(each, budget);
      if (!segment) {
        needs_rebuild_ = true;
        break;
      }
      taken.push_back(*std::move(segment));
    }
    while (!reorgs_.empty() && reorgs_.back() > id) reorgs_.pop_back();
    return taken;
  }

  /// Yields what TakeBackAbove took.
  void ArriveAgain(const std::vector<Segment>& taken, Budget& budget) {
    for (auto at = taken.rbegin(); at != taken.rend(); ++at) {
      if (needs_rebuild_ || !Arrive(*at, budget)) LeaveToRebuild(*at);
    }
  }

  void InsertLate(const Segment& segment, Budget& budget) {
    std::vector<Segment> later;
    if (!needs_rebuild_) later = TakeBackAbove(segment.file_id, budget);
    later.push_back(segment);
    ArriveAgain(later, budget);
  }

  void RemoveThoseThatWereInChain(std::vector<FileId> ids, Budget& budget) {
    std::ranges::sort(ids);
    const FileId oldest = ids.front();
    std::vector<Segment> later = TakeBackAbove(oldest, budget);
    if (needs_rebuild_ || !TakeBack(oldest, budget)) {
      needs_rebuild_ = true;
      for (const FileId id : ids) Drop(id);
    }
    if (!reorgs_.empty() && reorgs_.back() == oldest) reorgs_.pop_back();
    std::erase_if(later, [&ids](const Segment& segment) {
      return std::ranges::binary_search(ids, segment.file_id);
    });
    ArriveAgain(later, budget);
  }

  void LeaveToRebuild(const Segment& segment) {
    needs_rebuild_ = true;
    off_chain_.Insert(segment, PastInChain::kPerhaps);
  }

  /// Without a look at the chain.
  void Drop(FileId id) {
    if (off_chain_.Take(id)) return;
    const std::optional<Position> place = chain_.Find(id);
    if (place) chain_.Replace(*place, chain_.Next(*place), {});
  }

  std::optional<BlockNumber> start_block_;
  SegmentStore chain_;
  Segment first_;
  Segment last_;
  Uint128 size_bytes_ = 0;
  OffChain off_chain_;
  std::vector<FileId> reorgs_;
  std::optional<FileId> greatest_id_;
  bool needs_rebuild_ = false;
};

ChainIndex::ChainIndex(std::optional<BlockNumber> start_block)
    : state_(std::make_unique<State>(start_block)) {}

ChainIndex::ChainIndex(ChainIndex&&) noexcept = default;
ChainIndex& ChainIndex::operator=(ChainIndex&&) noexcept = default;
ChainIndex::~ChainIndex() = default;

void ChainIndex::Insert(const Segment& segment, RepairLimit limit) {
  state_->Insert(segment, Budget(limit));
}

std::size_t ChainIndex::Remove(std::span<const FileId> ids, RepairLimit limit) {
  Budget budget(limit);
  return state_->Remove(ids, budget);
}

bool ChainIndex::needs_rebuild() const { return state_->needs_rebuild(); }

void ChainIndex::Rebuild() {
  const std::vector<Segment> segments = state_->Segments();
  state_ = std::make_unique<State>(state_->start_block());
  for (const Segment& segment : segments) Insert(segment, RepairLimit::None());
}

Result<ChainSummary> ChainIndex::Summarize() const { return state_->Summarize(); }
std::size_t ChainIndex::size() const { return state_->size(); }
std::optional<FileId> ChainIndex::greatest_file_id() const { return state_->greatest_id(); }
std::vector<FileId> ChainIndex::FileIds() const { return state_->FileIds(); }
std::vector<Segment> ChainIndex::Segments() const { return state_->Segments(); }
std::vector<Segment> ChainIndex::CanonicalSegments() const { return state_->CanonicalSegments(); }
std::optional<CreationTimes> ChainIndex::CanonicalCreationTimes() const {
  return state_->CanonicalCreationTimes();
}

std::vector<Segment> ChainIndex::CanonicalSegmentsSince(UtcTime since) const {
  return state_->CanonicalSegmentsSince(since);
}

std::size_t ChainIndex::memory_bytes() const { return state_->memory_bytes(); }

}  // namespace tidemark::chain
