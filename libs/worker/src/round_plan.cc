#include "round_plan.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "tidemark/chain/missing_ranges.h"

namespace tidemark::worker {
namespace {

bool HoldsBlock(const std::vector<BlockRange>& ranges, BlockNumber block) {
  return std::ranges::any_of(ranges,
                             [&](const BlockRange& range) { return range.Contains(block); });
}

std::optional<BlockNumber> Next(BlockNumber block) {
  if (block.value == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  return BlockNumber{block.value + 1};
}

std::optional<BlockRange> RangeUpTo(std::optional<BlockNumber> first, BlockNumber last) {
  if (!first || last < *first) return std::nullopt;
  return *BlockRange::Make(*first, last);
}

/// The part of the canonical chain that the source contradicts, or the file that should have
/// continued it.
std::optional<BlockRange> BlocksToRewrite(const TableView& view, std::size_t agreed) {
  const auto& canonical = view.ledger.canonical();
  const auto first = agreed == 0 ? view.desired.first() : Next(canonical[agreed - 1].blocks.last());
  if (agreed < canonical.size()) {
    return RangeUpTo(first, std::min(canonical.back().blocks.last(), view.desired.last()));
  }
  if (!first || !IsBroken(view)) return std::nullopt;
  const auto last = view.ledger.EarliestEndAround(*first);
  return RangeUpTo(first, std::min(last.value_or(view.desired.last()), view.desired.last()));
}

}  // namespace

std::vector<BlockRun> SplitIntoRuns(std::span<const std::vector<BlockRange>> missing) {
  std::vector<BlockRange> all;
  std::set<BlockNumber> starts;  // Where a run begins because the set of tables changes.
  for (const auto& ranges : missing) {
    for (const BlockRange& range : ranges) {
      all.push_back(range);
      starts.insert(range.first());
      if (const auto after = Next(range.last())) starts.insert(*after);
    }
  }

  std::vector<BlockRun> runs;
  for (const BlockRange& merged : chain::MergeRanges(std::move(all))) {
    auto start = starts.find(merged.first());
    while (start != starts.end() && merged.Contains(*start)) {
      const BlockNumber first = *start++;
      const bool is_cut = start != starts.end() && merged.Contains(*start);
      const BlockNumber last = is_cut ? BlockNumber{start->value - 1} : merged.last();
      BlockRun run{.blocks = *BlockRange::Make(first, last), .tables = {}};
      for (std::size_t table = 0; table < missing.size(); ++table) {
        if (HoldsBlock(missing[table], first)) run.tables.push_back(table);
      }
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

Result<std::size_t> CountAgreed(std::span<const ChainLink> chain, const HashLookup& hash_at) {
  const auto agrees = [&](std::size_t index) -> Result<bool> {
    TIDEMARK_TRY(const BlockHash hash, hash_at(chain[index].blocks.last()));
    return hash == chain[index].hash;
  };
  // Where the source has a link, it has every link before it. Reorganisations are near the end, so
  // the steps back from there begin small.
  std::size_t contradicted = chain.size();  // The first link that is known not to be the source's.
  std::size_t agreed = 0;
  for (std::size_t step = 1; contradicted > 0; step *= 2) {
    const std::size_t index = contradicted - std::min(step, contradicted);
    TIDEMARK_TRY(const bool found, agrees(index));
    if (found) {
      agreed = index + 1;
      break;
    }
    contradicted = index;
  }
  while (agreed < contradicted) {
    const std::size_t middle = agreed + (contradicted - agreed) / 2;
    TIDEMARK_TRY(const bool found, agrees(middle));
    if (found) {
      agreed = middle + 1;
    } else {
      contradicted = middle;
    }
  }
  return agreed;
}

bool IsBroken(const TableView& view) {
  const auto& canonical = view.ledger.canonical();
  return view.ledger.Gaps(view.desired).empty() &&
         (canonical.empty() || canonical.back().blocks.last() < view.desired.last());
}

std::vector<BlockRange> MissingBlocks(const TableView& view, std::optional<std::size_t> agreed) {
  std::vector<BlockRange> missing = view.ledger.Gaps(view.desired);
  if (agreed) {
    if (const auto rewrite = BlocksToRewrite(view, *agreed)) missing.push_back(*rewrite);
  }
  return chain::MergeRanges(std::move(missing));
}

}  // namespace tidemark::worker
