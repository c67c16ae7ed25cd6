// Every rule against the reference model, on made-up histories. A history that fails is made
// smaller before it is shown: a segment is left out as long as it fails all the same.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "history_generator.h"
#include "random_seed.h"
#include "reference_model.h"
#include "segment_notation.h"
#include "tidemark/chain/chain.h"

namespace tidemark::chain {
namespace {

std::vector<Segment> Copy(ChainView chain) {
  std::vector<Segment> segments;
  for (const Segment* segment : chain) segments.push_back(*segment);
  return segments;
}

std::string Print(const std::vector<BlockRange>& ranges) {
  std::string text;
  for (const BlockRange& range : ranges) {
    text += fmt::format(" {}-{}", range.first().value, range.last().value);
  }
  return text;
}

/// What is wrong with the answers about a history; nullopt if nothing is.
using Check = std::optional<std::string> (*)(const History&);

std::optional<std::string> FindWrongChains(const History& history) {
  const Chains chains = FindChains(history.segments);
  const reference::Chains expected = reference::FindChains(history.segments);
  if (Copy(chains.canonical) != expected.canonical) {
    return fmt::format("canonical is\n{}not\n{}", Describe(Copy(chains.canonical)),
                       Describe(expected.canonical));
  }
  if (Copy(chains.fork) != expected.fork) {
    return fmt::format("fork is\n{}not\n{}", Describe(Copy(chains.fork)), Describe(expected.fork));
  }
  return std::nullopt;
}

std::optional<std::string> FindOrderDependence(const History& history) {
  const Chains chains = FindChains(history.segments);
  std::vector<Segment> segments = history.segments;
  std::ranges::sort(segments, {}, &Segment::file_id);
  for (int round = 0; round < 2; ++round) {
    const Chains again = FindChains(segments);
    if (Copy(again.canonical) != Copy(chains.canonical)) return "canonical depends on the order";
    if (Copy(again.fork) != Copy(chains.fork)) return "fork depends on the order";
    std::ranges::reverse(segments);
  }
  return std::nullopt;
}

std::optional<std::string> FindWrongMissing(const History& history) {
  const auto missing = MissingRanges(history.segments, "a", history.desired);
  const auto expected = reference::MissingRanges(history.segments, "a", history.desired);
  if (missing == expected) return std::nullopt;
  return fmt::format("missing of{} is{}, not{}", Print({history.desired}), Print(missing),
                     Print(expected));
}

std::optional<std::string> FindWrongSums(const History& history) {
  const Chain chain = FindChains(history.segments).canonical;
  const auto synced = SyncedRanges(chain);
  if (!synced) return synced.error().message;
  if (*synced != reference::SyncedRanges(Copy(chain))) return "synced ranges differ";

  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  __extension__ unsigned __int128 bytes = 0;
  for (const Segment* segment : chain) bytes += segment->size_bytes;
  const ChainTotals expected{
      .files_count = chain.size(),
      .size_bytes = bytes > kMost ? kMost : static_cast<std::uint64_t>(bytes)};
  if (SumUp(chain) != expected) return "totals differ";

  for (const std::uint64_t start_block :
       {history.universe.first().value, std::uint64_t{0}, kMost}) {
    const auto reaches = ReachesBackTo(chain, BlockNumber{start_block});
    if (chain.empty()) {
      if (!reaches || *reaches) return "no chain reaches back";
    } else if (chain.front()->ranges.size() > 1) {
      if (reaches) return "a chain of several networks has a start block";
    } else if (!reaches ||
               *reaches != (chain.front()->ranges[0].blocks.first().value <= start_block)) {
      return "reaches back wrongly";
    }
  }
  return std::nullopt;
}

History Shrink(History history, Check check) {
  for (std::size_t i = 0; i < history.segments.size();) {
    History smaller = history;
    smaller.segments.erase(smaller.segments.begin() + static_cast<std::ptrdiff_t>(i));
    if (check(smaller)) {
      history = std::move(smaller);
      i = 0;
    } else {
      ++i;
    }
  }
  return history;
}

class ChainPropertyTest : public testing::Test {
 protected:
  /// Each test draws histories of its own.
  static std::mt19937_64 MakeRandom() {
    const std::string_view test = testing::UnitTest::GetInstance()->current_test_info()->name();
    std::vector<std::uint32_t> words(test.begin(), test.end());
    words.push_back(RandomSeed());
    std::seed_seq sequence(words.begin(), words.end());
    return std::mt19937_64(sequence);
  }

  static void HoldsForHistories(int count, Check check) {
    std::mt19937_64 random = MakeRandom();
    for (int i = 0; i < count; ++i) {
      const History history = MakeHistory(random);
      if (!check(history)) continue;
      const History smallest = Shrink(history, check);
      FAIL() << "GTEST_RANDOM_SEED=" << RandomSeed() << ", history " << i << "\n"
             << Describe(smallest.segments) << check(smallest).value_or("passes again");
    }
  }
};

TEST_F(ChainPropertyTest, ChainsAreThoseOfTheReferenceModel) {
  HoldsForHistories(10'000, FindWrongChains);
}

TEST_F(ChainPropertyTest, TheOrderOfSegmentsMeansNothing) {
  HoldsForHistories(3'000, FindOrderDependence);
}

TEST_F(ChainPropertyTest, MissingRangesAreThoseOfTheReferenceModel) {
  HoldsForHistories(4'000, FindWrongMissing);
}

TEST_F(ChainPropertyTest, SumsOfTheCanonicalChainAreThoseOfTheReferenceModel) {
  HoldsForHistories(4'000, FindWrongSums);
}

// The generator must reach what the tests above are for; else they would hold for want of a case.
TEST_F(ChainPropertyTest, HistoriesHaveForksGapsTiesAndSeveralNetworks) {
  std::mt19937_64 random = MakeRandom();
  int forks = 0;
  int long_forks = 0;
  int long_chains = 0;
  int off_chain = 0;
  int several_networks = 0;
  for (int i = 0; i < 1'000; ++i) {
    const History history = MakeHistory(random);
    const Chains chains = FindChains(history.segments);
    forks += chains.fork.empty() ? 0 : 1;
    long_forks += chains.fork.size() > 1 ? 1 : 0;
    long_chains += chains.canonical.size() > 3 ? 1 : 0;
    off_chain += history.segments.size() > chains.canonical.size() + chains.fork.size() ? 1 : 0;
    if (chains.canonical.size() > 1 && chains.canonical[0]->ranges.size() > 1) ++several_networks;
  }
  EXPECT_GT(forks, 100);
  EXPECT_GT(long_forks, 25);
  EXPECT_GT(long_chains, 100);
  EXPECT_GT(off_chain, 100);
  EXPECT_GT(several_networks, 25);
}

// A chain from genesis and shorter ones of other forks, all written at the same moment.
TEST_F(ChainPropertyTest, TheLongestOfManyChainsFromGenesisIsFoundWhateverElseIsThere) {
  std::mt19937_64 random = MakeRandom();
  const auto below = [&random](std::uint64_t limit) { return random() % limit; };
  for (int round = 0; round < 3'000; ++round) {
    const std::uint64_t head = 1 + below(15);
    std::string text;
    const auto add_chain = [&](std::uint64_t first, std::uint64_t last, const std::string& fork) {
      while (first <= last) {
        const std::uint64_t end = first + below(last - first + 1);
        text += fmt::format("{}-{}{} ", first, end, fork);
        first = end + 1;
      }
    };
    add_chain(0, head, "");
    const std::vector<Segment> main_chain = ReadSegments(text);
    for (std::uint64_t i = below(5); i > 0; --i) {
      const std::uint64_t first = 1 + below(head);
      add_chain(first, first + below(head - first + 1),
                std::string(1, static_cast<char>('a' + below(3))));
    }
    std::vector<Segment> segments = ReadSegments(text);
    std::ranges::shuffle(segments, random);
    const Chains chains = FindChains(segments);
    ASSERT_EQ(Copy(chains.canonical), main_chain) << text << "GTEST_RANDOM_SEED=" << RandomSeed();
    ASSERT_TRUE(chains.fork.empty()) << text << "GTEST_RANDOM_SEED=" << RandomSeed();
  }
}

}  // namespace
}  // namespace tidemark::chain
