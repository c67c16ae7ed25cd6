#include "tidemark/chain/reorg_epoch.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "chain_order.h"
#include "tidemark/chain/canonical_chain.h"

namespace tidemark::chain {
namespace {

/// The canonical chain while segments come.
///
/// A new segment changes nothing unless it continues the part of the chain before its place. If it
/// does, the chain goes on from it until it comes upon a segment that was in it before: from there
/// on it is as it was.
class GrowingChain {
 public:
  explicit GrowingChain(std::optional<BlockNumber> start_block) : start_block_(start_block) {}

  /// True if the chain counted, and its newest block is not in it any more.
  bool Add(const Segment* segment) {
    const auto place = chain_.upper_bound(segment);
    const bool continues = place == chain_.begin() || IsAdjacent(**std::prev(place), *segment);
    if (continues && place == chain_.end() && children_.empty()) {
      chain_.insert(place, segment);
      return false;
    }
    if (continues) IndexFrom(place);
    children_.insert(segment);
    return continues && Redirect(place, segment);
  }

 private:
  using Chain = std::set<const Segment*, InChainOrder>;

  void IndexFrom(Chain::iterator first) {
    const auto is_behind = [&] {
      return indexed_ == chain_.end() ||
             (first != chain_.end() && InChainOrder()(*first, *indexed_));
    };
    while (indexed_ != first && is_behind()) children_.insert(*--indexed_);
  }

  const Segment* ChildOf(const Segment& parent) const {
    auto [child, end] = children_.equal_range(ByParent::Parent{&parent});
    while (child != end && !IsAdjacent(parent, **child)) ++child;
    return child == end ? nullptr : *child;
  }

  bool Counts() const {
    return !chain_.empty() &&
           (!start_block_ || (*chain_.begin())->ranges.front().blocks.first() <= *start_block_);
  }

  bool Redirect(Chain::iterator place, const Segment* segment) {
    const bool counted = Counts();
    std::vector<const Segment*> added = {segment};
    auto rejoined = chain_.end();
    while (const Segment* const child = ChildOf(*added.back())) {
      rejoined = chain_.find(child);
      if (rejoined != chain_.end()) break;
      added.push_back(child);
    }
    const bool is_lost = counted && rejoined == chain_.end() && place != rejoined &&
                         std::ranges::none_of(added, [&](const Segment* other) {
                           return EndsAlike(**chain_.rbegin(), *other);
                         });
    const bool is_first_indexed = indexed_ == place;
    auto after = chain_.erase(place, rejoined);
    for (const Segment* const each : added) after = std::next(chain_.insert(after, each));
    if (is_first_indexed) indexed_ = chain_.find(segment);
    return is_lost;
  }

  std::optional<BlockNumber> start_block_;
  Chain chain_;
  // What may continue something else. Of the chain, the part from `indexed_` on: while it only
  // grows, nobody looks for a child.
  std::set<const Segment*, ByParent> children_;
  Chain::iterator indexed_ = chain_.end();
};

}  // namespace

bool EndsAlike(const Segment& a, const Segment& b) {
  return std::ranges::equal(a.ranges, b.ranges, [](const NetworkRange& x, const NetworkRange& y) {
    return x.network == y.network && x.blocks.last() == y.blocks.last() && x.hash == y.hash;
  });
}

std::uint64_t CountReorgs(std::span<const Segment> segments,
                          std::optional<BlockNumber> start_block) {
  std::vector<const Segment*> arrivals;
  arrivals.reserve(segments.size());
  for (const Segment& segment : segments) {
    if (!segment.ranges.empty()) arrivals.push_back(&segment);
  }
  std::ranges::sort(arrivals, {}, [](const Segment* segment) { return segment->file_id; });
  GrowingChain chain(start_block);
  std::uint64_t reorgs = 0;
  for (const Segment* segment : arrivals) {
    if (chain.Add(segment)) ++reorgs;
  }
  return reorgs;
}

}  // namespace tidemark::chain
