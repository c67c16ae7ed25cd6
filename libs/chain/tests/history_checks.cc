#include "history_checks.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "reference_model.h"
#include "segment_notation.h"

namespace tidemark::chain {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

std::string Print(const std::vector<BlockRange>& ranges) {
  std::string text;
  for (const BlockRange& range : ranges) {
    text += fmt::format(" {}-{}", range.first().value, range.last().value);
  }
  return text;
}

std::optional<std::string> FindWrongChains(const History& history, const Chains& chains,
                                           const reference::Chains& expected) {
  if (Copy(chains.canonical) != expected.canonical) {
    return fmt::format("canonical is {}\nnot {}", Notate(Copy(chains.canonical)),
                       Notate(expected.canonical));
  }
  if (Copy(chains.fork) != expected.fork) {
    return fmt::format("fork is {}\nnot {}", Notate(Copy(chains.fork)), Notate(expected.fork));
  }
  std::vector<Segment> by_id = history.segments;
  std::ranges::sort(by_id, std::greater(), &Segment::file_id);
  const Chains again = FindChains(by_id);
  if (Copy(again.canonical) != expected.canonical) return "canonical depends on the order";
  if (Copy(again.fork) != expected.fork) return "fork depends on the order";
  return std::nullopt;
}

std::optional<std::string> FindWrongMissing(const History& history) {
  const auto missing = MissingRanges(history.segments, "a", history.desired);
  const auto expected = reference::MissingRanges(history.segments, "a", history.desired);
  if (missing == expected) return std::nullopt;
  return fmt::format("missing of{} is{}, not{}", Print({history.desired}), Print(missing),
                     Print(expected));
}

std::optional<std::string> FindWrongSums(const Chain& chain) {
  const auto synced = SyncedRanges(chain);
  if (!synced) return synced.error().message;
  if (*synced != reference::SyncedRanges(Copy(chain))) return "synced ranges differ";
  __extension__ unsigned __int128 bytes = 0;
  for (const Segment* segment : chain) bytes += segment->size_bytes;
  const ChainTotals expected{
      .files_count = chain.size(),
      .size_bytes = bytes > kMost ? kMost : static_cast<std::uint64_t>(bytes)};
  if (SumUp(chain) != expected) return "totals differ";
  return std::nullopt;
}

std::optional<std::string> FindWrongReach(const Chain& chain, std::uint64_t start_block) {
  const auto reaches = ReachesBackTo(chain, BlockNumber{start_block});
  if (chain.empty()) {
    if (!reaches || *reaches) return "no chain reaches back";
  } else if (chain.front()->ranges.size() > 1) {
    if (reaches) return "a chain of several networks has a start block";
  } else if (!reaches ||
             *reaches != (chain.front()->ranges[0].blocks.first().value <= start_block)) {
    return "reaches back wrongly";
  }
  return std::nullopt;
}

std::vector<Segment> SortedById(std::vector<Segment> segments) {
  std::ranges::sort(segments, {}, &Segment::file_id);
  return segments;
}

std::optional<std::string> FindWrongRoles(const SegmentRoles& roles,
                                          const reference::Roles& expected) {
  if (Copy(roles.canonical) != expected.canonical) return "another canonical chain";
  if (Copy(roles.fork) != expected.fork) return "another fork";
  std::vector<std::vector<Segment>> islands;
  for (const Chain& island : roles.islands) islands.push_back(Copy(island));
  if (islands != expected.islands) {
    std::string text = "islands are";
    for (const auto& island : islands) text += " | " + Notate(island);
    text += "\nnot";
    for (const auto& island : expected.islands) text += " | " + Notate(island);
    return text;
  }
  if (SortedById(Copy(roles.superseded)) != SortedById(expected.superseded)) {
    return fmt::format("superseded is {}\nnot {}", Notate(Copy(roles.superseded)),
                       Notate(expected.superseded));
  }
  return std::nullopt;
}

std::optional<std::string> FindWrongGaps(const SegmentRoles& roles,
                                         const reference::Roles& expected,
                                         std::optional<std::uint64_t> start_block) {
  const auto gaps =
      FindGaps(roles, start_block ? std::optional(BlockNumber{*start_block}) : std::nullopt);
  std::vector<NetworkBlocks> expected_gaps;
  for (const std::string network : {"a", "b", "c", "z"}) {
    for (const BlockRange& blocks : reference::FindGaps(expected, network, start_block)) {
      expected_gaps.push_back({.network = network, .blocks = blocks});
    }
  }
  if (gaps == expected_gaps) return std::nullopt;
  std::string text = start_block ? fmt::format("gaps from {} are", *start_block) : "gaps are";
  for (const NetworkBlocks& gap : gaps) text += " " + gap.network + ":" + Print({gap.blocks});
  text += "\nnot";
  for (const NetworkBlocks& gap : expected_gaps) {
    text += " " + gap.network + ":" + Print({gap.blocks});
  }
  return text;
}

/// Roles and gaps without a start block, or with one.
std::optional<std::string> FindWrongInventory(const History& history, const Chains& chains,
                                              std::optional<std::uint64_t> start_block) {
  bool counts = true;
  if (start_block) {
    if (auto wrong = FindWrongReach(chains.canonical, *start_block)) return wrong;
    const auto reaches = ReachesBackTo(chains.canonical, BlockNumber{*start_block});
    if (!reaches) return std::nullopt;  // Nobody asks any further.
    counts = *reaches;
  }
  Chains counting = chains;
  if (!counts) counting.canonical.clear();
  const SegmentRoles roles = AssignRoles(history.segments, std::move(counting));
  const reference::Roles expected = reference::AssignRoles(history.segments, counts);
  if (auto wrong = FindWrongRoles(roles, expected)) return wrong;
  return FindWrongGaps(roles, expected, start_block);
}

}  // namespace

std::vector<Segment> Copy(ChainView chain) {
  std::vector<Segment> segments;
  for (const Segment* segment : chain) segments.push_back(*segment);
  return segments;
}

std::optional<std::string> FindWrongAnswers(const History& history) {
  const Chains chains = FindChains(history.segments);
  const reference::Chains expected = reference::FindChains(history.segments);
  if (auto wrong = FindWrongChains(history, chains, expected)) return wrong;
  if (auto wrong = FindWrongMissing(history)) return wrong;
  if (auto wrong = FindWrongSums(chains.canonical)) return wrong;
  if (auto wrong = FindWrongInventory(history, chains, std::nullopt)) return wrong;
  // Around where the chain begins, so that it decides; the reference model walks every block.
  const std::uint64_t start_block = history.universe.first().value;
  if (auto wrong = FindWrongInventory(history, chains, start_block)) return wrong;
  for (const std::uint64_t start : {std::uint64_t{0}, history.desired.first().value, kMost}) {
    if (auto wrong = FindWrongReach(chains.canonical, start)) return wrong;
  }
  return std::nullopt;
}

void Look(const History& history, Seen& seen) {
  const Chains chains = FindChains(history.segments);
  const SegmentRoles roles = AssignRoles(history.segments, chains);
  std::set<std::pair<std::uint64_t, UtcTime>> starts;
  bool has_tie = false;
  bool has_single_block = false;
  for (const Segment& segment : history.segments) {
    if (segment.ranges.empty()) continue;
    const BlockRange& blocks = segment.ranges[0].blocks;
    has_tie |= !starts.emplace(blocks.first().value, segment.created_at).second;
    has_single_block |= blocks.first() == blocks.last();
  }
  const auto is_older = [&](const Segment* a) {
    return std::ranges::any_of(roles.superseded, [&](const Segment* b) {
      return !a->ranges.empty() && !b->ranges.empty() &&
             a->ranges[0].blocks.first() == b->ranges[0].blocks.first() &&
             a->created_at > b->created_at &&
             a->ranges[0].blocks.last() > b->ranges[0].blocks.last();
    });
  };
  const std::uint64_t base = history.universe.first().value;
  seen["begins behind a start block"] +=
      !ReachesBackTo(chains.canonical, history.universe.first()).value_or(true) ? 1 : 0;
  seen["fork"] += chains.fork.empty() ? 0 : 1;
  seen["fork of several files"] += chains.fork.size() > 1 ? 1 : 0;
  seen["chain of several files"] += chains.canonical.size() > 3 ? 1 : 0;
  seen["island"] += roles.islands.empty() ? 0 : 1;
  seen["several islands"] += roles.islands.size() > 1 ? 1 : 0;
  seen["superseded"] += roles.superseded.empty() ? 0 : 1;
  seen["compacted over parents"] += std::ranges::any_of(roles.canonical, is_older) ? 1 : 0;
  seen["gap"] += FindGaps(roles, std::nullopt).empty() ? 0 : 1;
  seen["exact tie"] += has_tie ? 1 : 0;
  seen["one-block range"] += has_single_block ? 1 : 0;
  seen["near 2^63"] += base < (1ULL << 63U) && base + 100 > (1ULL << 63U) ? 1 : 0;
  seen["at 2^64-1"] += history.universe.last().value == kMost ? 1 : 0;
  seen["several networks"] +=
      chains.canonical.size() > 1 && chains.canonical[0]->ranges.size() > 1 ? 1 : 0;
}

}  // namespace tidemark::chain
