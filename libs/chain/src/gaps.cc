#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "tidemark/chain/missing_ranges.h"
#include "tidemark/chain/segment_roles.h"
#include "uncovered.h"

namespace tidemark::chain {
namespace {

struct NetworkCover {
  std::vector<BlockRange> covered;  // Behind the canonical chain.
  std::optional<BlockNumber> chain_end;
  std::optional<BlockNumber> lowest;
  BlockNumber highest;

  void Saw(const BlockRange& blocks) {
    lowest = lowest ? std::min(*lowest, blocks.first()) : blocks.first();
    highest = std::max(highest, blocks.last());
  }
  void Cover(const BlockRange& blocks) {
    Saw(blocks);
    covered.push_back(blocks);
  }
};

using Covers = std::map<std::string_view, NetworkCover>;

/// What a run of linked segments spans, the numbers that it skips included.
void CoverSpan(const Chain& run, Covers& covers) {
  if (run.empty()) return;
  for (std::size_t i = 0; i < run.front()->ranges.size(); ++i) {
    const NetworkRange& last = run.back()->ranges[i];
    const BlockNumber first = run.front()->ranges[i].blocks.first();
    covers[last.network].Cover(*BlockRange::Make(first, last.blocks.last()));
  }
}

/// Where the search for what is missing begins; nullopt behind the last block that there can be.
std::optional<BlockNumber> FirstWanted(const NetworkCover& cover, bool has_chain,
                                       std::optional<BlockNumber> start_block) {
  if (cover.chain_end) {
    const BlockNumber next{cover.chain_end->value + 1};
    return next.value == 0 ? std::nullopt : std::optional(next);
  }
  return !has_chain && start_block ? start_block : cover.lowest;
}

}  // namespace

std::vector<NetworkBlocks> FindGaps(const SegmentRoles& roles,
                                    std::optional<BlockNumber> start_block) {
  Covers covers;
  if (!roles.canonical.empty()) {
    for (const NetworkRange& range : roles.canonical.back()->ranges) {
      NetworkCover& cover = covers[range.network];
      cover.Saw(range.blocks);
      cover.chain_end = range.blocks.last();
    }
  }
  CoverSpan(roles.fork, covers);
  for (const Chain& island : roles.islands) CoverSpan(island, covers);
  for (const Segment* segment : roles.superseded) {
    for (const NetworkRange& range : segment->ranges) covers[range.network].Cover(range.blocks);
  }

  std::vector<NetworkBlocks> gaps;
  for (auto& [network, cover] : covers) {
    const auto first = FirstWanted(cover, !roles.canonical.empty(), start_block);
    if (!first || *first > cover.highest) continue;
    const BlockRange wanted = *BlockRange::Make(*first, cover.highest);
    for (const BlockRange& blocks : Uncovered(wanted, MergeRanges(std::move(cover.covered)))) {
      gaps.push_back({.network = std::string(network), .blocks = blocks});
    }
  }
  return gaps;
}

}  // namespace tidemark::chain
