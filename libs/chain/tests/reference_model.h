// The chain rules once more, as plainly as they can be put and without a thought for cost: the
// oracle of the property tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "tidemark/model/segment.h"

namespace tidemark::chain::reference {

struct Chains {
  std::vector<Segment> canonical;
  std::vector<Segment> fork;
};

inline std::vector<std::uint64_t> Starts(const Segment& segment) {
  std::vector<std::uint64_t> numbers;
  for (const NetworkRange& range : segment.ranges) numbers.push_back(range.blocks.first().value);
  return numbers;
}

inline std::vector<std::uint64_t> Ends(const Segment& segment) {
  std::vector<std::uint64_t> numbers;
  for (const NetworkRange& range : segment.ranges) numbers.push_back(range.blocks.last().value);
  return numbers;
}

inline bool Adjacent(const Segment& a, const Segment& b) {
  if (a.ranges.size() != b.ranges.size() || a.ranges.empty()) return false;
  for (std::size_t i = 0; i < a.ranges.size(); ++i) {
    if (a.ranges[i].network != b.ranges[i].network) return false;
    if (a.ranges[i].hash != b.ranges[i].prev_hash) return false;
    if (a.ranges[i].blocks.last() >= b.ranges[i].blocks.first()) return false;
  }
  return true;
}

/// Whether the ends of `a` are greater than those of `b`, over the networks that both have.
inline bool EndsPast(const Segment& a, const Segment& b) {
  std::vector<std::uint64_t> ends_of_a = Ends(a);
  std::vector<std::uint64_t> ends_of_b = Ends(b);
  const std::size_t size = std::min(ends_of_a.size(), ends_of_b.size());
  ends_of_a.resize(size);
  ends_of_b.resize(size);
  return ends_of_a > ends_of_b;
}

inline bool Duplicates(const Segment& segment, const std::vector<Segment>& canonical) {
  return std::ranges::any_of(canonical, [&](const Segment& other) {
    for (std::size_t i = 0; i < std::min(segment.ranges.size(), other.ranges.size()); ++i) {
      if (segment.ranges[i].blocks.last() != other.ranges[i].blocks.last()) return false;
      if (segment.ranges[i].hash != other.ranges[i].hash) return false;
    }
    return true;
  });
}

inline bool Touches(const Segment& first, const Segment& canonical_last) {
  for (std::size_t i = 0; i < std::min(first.ranges.size(), canonical_last.ranges.size()); ++i) {
    const std::uint64_t start = first.ranges[i].blocks.first().value;
    const std::uint64_t end = canonical_last.ranges[i].blocks.last().value;
    if (start > end && start - end > 1) return false;
  }
  return true;
}

inline Chains FindChains(std::vector<Segment> segments) {
  std::erase_if(segments, [](const Segment& segment) { return segment.ranges.empty(); });
  // Descending order of the last two keys by swapping the sides.
  std::ranges::sort(segments, [](const Segment& a, const Segment& b) {
    return std::tuple(Starts(a), b.created_at, b.file_id) <
           std::tuple(Starts(b), a.created_at, a.file_id);
  });
  Chains chains;
  std::vector<Segment> others;
  for (const Segment& segment : segments) {
    if (chains.canonical.empty() || Adjacent(chains.canonical.back(), segment)) {
      chains.canonical.push_back(segment);
    } else {
      others.push_back(segment);
    }
  }

  std::ranges::sort(others, [](const Segment& a, const Segment& b) {
    return std::tuple(Ends(a), a.created_at, a.file_id) <
           std::tuple(Ends(b), b.created_at, b.file_id);
  });
  while (!others.empty()) {
    const Segment candidate = others.back();
    others.pop_back();
    if (!EndsPast(candidate, chains.canonical.back())) return chains;
    std::vector<Segment> fork = {candidate};
    for (auto other = others.rbegin(); other != others.rend(); ++other) {
      if (!Adjacent(*other, fork.front())) continue;
      if (Duplicates(*other, chains.canonical)) break;
      fork.insert(fork.begin(), *other);
    }
    if (Touches(fork.front(), chains.canonical.back())) {
      chains.fork = fork;
      return chains;
    }
  }
  return chains;
}

/// Goes through `desired` block by block, so keep it short.
inline std::vector<BlockRange> MissingRanges(std::vector<Segment> segments,
                                             std::string_view network, BlockRange desired) {
  std::erase_if(segments, [&](const Segment& segment) {
    return segment.ranges.size() != 1 || segment.ranges[0].network != network;
  });
  const Chains chains = FindChains(segments);
  std::optional<BlockRange> again;
  if (!chains.fork.empty()) {
    const std::uint64_t fork_start = Starts(chains.fork.front())[0];
    const BlockNumber reorg{fork_start == 0 ? 0 : fork_start - 1};
    for (const Segment& segment : chains.canonical) {
      const BlockRange& blocks = segment.ranges[0].blocks;
      if (blocks.Contains(reorg)) again = *BlockRange::Make(blocks.first(), reorg);
    }
  }

  std::vector<BlockRange> missing;
  bool previous_is_missing = false;
  for (std::uint64_t number = desired.first().value;; ++number) {
    const BlockNumber block{number};
    const bool is_covered = std::ranges::any_of(
        segments, [&](const Segment& segment) { return segment.ranges[0].blocks.Contains(block); });
    const bool is_missing = !is_covered || (again && again->Contains(block));
    if (is_missing && previous_is_missing) {
      missing.back() = *BlockRange::Make(missing.back().first(), block);
    } else if (is_missing) {
      missing.push_back(BlockRange::Single(block));
    }
    previous_is_missing = is_missing;
    if (block == desired.last()) return missing;
  }
}

/// One range a network, from the first block of the first segment to the last of the last.
inline std::vector<NetworkRange> SyncedRanges(const std::vector<Segment>& canonical) {
  std::vector<NetworkRange> synced;
  if (canonical.empty()) return synced;
  synced = canonical.back().ranges;
  for (std::size_t i = 0; i < synced.size(); ++i) {
    const NetworkRange& start = canonical.front().ranges[i];
    synced[i].blocks = *BlockRange::Make(start.blocks.first(), synced[i].blocks.last());
    synced[i].prev_hash = start.prev_hash;
  }
  return synced;
}

struct Roles {
  std::vector<Segment> canonical;
  std::vector<Segment> fork;
  std::vector<std::vector<Segment>> islands;
  std::vector<Segment> superseded;
};

/// Whether there is a hole between the chain and a segment.
inline bool IsBehindAHole(const Segment& segment, const std::vector<Segment>& canonical) {
  return canonical.empty() || !Touches(segment, canonical.back());
}

inline bool BeginsBehind(const Segment& segment, const Segment& last) {
  for (std::size_t i = 0; i < std::min(segment.ranges.size(), last.ranges.size()); ++i) {
    if (segment.ranges[i].blocks.first() <= last.ranges[i].blocks.last()) return false;
  }
  return true;
}

/// Where the canonical chain does not count it is the first island, and the fork leaves that one.
inline Roles AssignRoles(std::vector<Segment> segments, bool canonical_counts) {
  const Chains chains = FindChains(segments);
  Roles roles;
  roles.fork = chains.fork;
  if (canonical_counts) roles.canonical = chains.canonical;
  std::ranges::sort(segments, [](const Segment& a, const Segment& b) {
    return std::tuple(Starts(a), b.created_at, b.file_id) <
           std::tuple(Starts(b), a.created_at, a.file_id);
  });
  for (const auto& chain : {roles.canonical, roles.fork}) {
    for (const Segment& segment : chain) std::erase(segments, segment);
  }
  while (!segments.empty()) {
    std::vector<Segment> run = {segments.front()};
    segments.erase(segments.begin());
    std::vector<Segment> rest;
    for (const Segment& segment : segments) {
      (Adjacent(run.back(), segment) ? run : rest).push_back(segment);
    }
    segments = rest;
    std::vector<Segment> before;  // Ends of what an island must begin behind.
    if (!roles.islands.empty()) before.push_back(roles.islands.back().back());
    const bool is_base = roles.canonical.empty() && roles.islands.empty();
    if (!roles.fork.empty() && !is_base) before.push_back(roles.fork.back());
    const bool is_island =
        !run.front().ranges.empty() && IsBehindAHole(run.front(), roles.canonical) &&
        std::ranges::all_of(before,
                            [&](const Segment& last) { return BeginsBehind(run.front(), last); });
    if (is_island) {
      roles.islands.push_back(run);
    } else {
      roles.superseded.insert(roles.superseded.end(), run.begin(), run.end());
    }
  }
  return roles;
}

/// Whether the block is between the first block and the last of linked segments.
inline bool Spans(const std::vector<Segment>& run, std::string_view network, std::uint64_t block) {
  for (std::size_t i = 0; !run.empty() && i < run.front().ranges.size(); ++i) {
    if (run.front().ranges[i].network != network) continue;
    return Starts(run.front())[i] <= block && block <= Ends(run.back())[i];
  }
  return false;
}

/// Goes through every block behind the chain, so keep the segments close together, and the start
/// block close to them.
inline std::vector<BlockRange> FindGaps(const Roles& roles, std::string_view network,
                                        std::optional<std::uint64_t> start_block) {
  std::vector<std::vector<Segment>> runs = roles.islands;
  runs.push_back(roles.fork);
  for (const Segment& segment : roles.superseded) runs.push_back({segment});
  std::optional<std::uint64_t> lowest;
  std::optional<std::uint64_t> highest;
  std::optional<std::uint64_t> chain_end;
  for (const auto& run : runs) {
    for (const Segment& segment : run) {
      for (const NetworkRange& range : segment.ranges) {
        if (range.network != network) continue;
        lowest = std::min(lowest.value_or(range.blocks.first().value), range.blocks.first().value);
        highest = std::max(highest.value_or(0), range.blocks.last().value);
      }
    }
  }
  if (!roles.canonical.empty()) {
    for (const NetworkRange& range : roles.canonical.back().ranges) {
      if (range.network == network) chain_end = range.blocks.last().value;
    }
    start_block = std::nullopt;
  }
  std::vector<BlockRange> gaps;
  if (!highest || (chain_end && *chain_end >= *highest)) return gaps;
  bool previous_is_missing = false;
  for (std::uint64_t block = chain_end ? *chain_end + 1 : start_block.value_or(*lowest);; ++block) {
    const bool is_missing =
        std::ranges::none_of(runs, [&](const auto& run) { return Spans(run, network, block); });
    if (is_missing && previous_is_missing) {
      gaps.back() = *BlockRange::Make(gaps.back().first(), BlockNumber{block});
    } else if (is_missing) {
      gaps.push_back(BlockRange::Single(BlockNumber{block}));
    }
    previous_is_missing = is_missing;
    if (block >= *highest) return gaps;
  }
}

}  // namespace tidemark::chain::reference
