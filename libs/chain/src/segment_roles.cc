#include "tidemark/chain/segment_roles.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "chain_search.h"
#include "child_index.h"

namespace tidemark::chain {
namespace {

/// The segments in no chain, in the order in which the canonical chain is offered them. Those
/// without ranges go to `superseded` at once.
std::vector<const Segment*> TakeLeftOvers(std::span<const Segment> segments, SegmentRoles& roles) {
  std::vector<bool> is_in_a_chain(segments.size());
  for (const Chain* chain : {&roles.canonical, &roles.fork}) {
    for (const Segment* segment : *chain) {
      is_in_a_chain[static_cast<std::size_t>(segment - segments.data())] = true;
    }
  }
  std::vector<const Segment*> left_over;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (is_in_a_chain[i]) continue;
    (segments[i].ranges.empty() ? roles.superseded : left_over).push_back(&segments[i]);
  }
  SortByStart(left_over);
  return left_over;
}

/// True if `segment` begins after `last` ends on every network that both have, by position.
bool BeginsBehind(const Segment& segment, const Segment& last) {
  const std::size_t networks = std::min(segment.ranges.size(), last.ranges.size());
  for (std::size_t i = 0; i < networks; ++i) {
    if (segment.ranges[i].blocks.first() <= last.ranges[i].blocks.last()) return false;
  }
  return true;
}

bool IsIsland(const Segment& first, const SegmentRoles& roles) {
  if (!roles.canonical.empty() && Touches(first, *roles.canonical.back())) return false;
  if (!roles.islands.empty() && !BeginsBehind(first, *roles.islands.back().back())) return false;
  // Where the canonical chain does not count, the fork leaves the first island.
  const bool is_past_what_the_fork_leaves = !roles.canonical.empty() || !roles.islands.empty();
  return roles.fork.empty() || !is_past_what_the_fork_leaves ||
         BeginsBehind(first, *roles.fork.back());
}

}  // namespace

SegmentRoles AssignRoles(std::span<const Segment> segments, Chains chains) {
  SegmentRoles roles{.canonical = std::move(chains.canonical),
                     .fork = std::move(chains.fork),
                     .islands = {},
                     .superseded = {}};
  const std::vector<const Segment*> left_over = TakeLeftOvers(segments, roles);
  ChildIndex index(left_over);
  for (std::size_t i = 0; i < left_over.size(); ++i) {
    if (!index.Take(i)) continue;
    Chain run = {left_over[i]};
    while (const auto child = index.TakeFirstChild(*run.back())) run.push_back(left_over[*child]);
    if (IsIsland(*run.front(), roles)) {
      roles.islands.push_back(std::move(run));
    } else {
      roles.superseded.insert(roles.superseded.end(), run.begin(), run.end());
    }
  }
  return roles;
}

}  // namespace tidemark::chain
