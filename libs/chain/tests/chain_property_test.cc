// Every rule against the reference model, on made-up histories. A history that fails is made
// smaller before it is shown, in the notation of tests/data/chain: a segment is left out as long as
// it fails all the same. Keep what was found as a case there.

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

#include "history_checks.h"
#include "history_generator.h"
#include "random_seed.h"
#include "segment_notation.h"
#include "tidemark/chain/chain.h"

namespace tidemark::chain {
namespace {

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

/// Each test draws histories of its own from a seed.
std::mt19937_64 MakeRandom(std::uint32_t seed) {
  const std::string_view test = testing::UnitTest::GetInstance()->current_test_info()->name();
  std::vector<std::uint32_t> words(test.begin(), test.end());
  words.push_back(seed);
  std::seed_seq sequence(words.begin(), words.end());
  return std::mt19937_64(sequence);
}

/// The smallest history that fails in the same way, ready to be kept.
std::string Show(const History& history, Check check, std::uint32_t seed) {
  const History smallest = Shrink(history, check);
  return fmt::format("seed {} (repeat with GTEST_RANDOM_SEED={})\nsegments {}\n{}", seed,
                     RandomSeed(), Notate(smallest.segments),
                     check(smallest).value_or("passes again"));
}

struct Draw {
  std::string_view name;
  std::optional<std::uint32_t> seed;  // Absent: the run's own.
  int histories;

  std::uint32_t Seed() const { return seed.value_or(RandomSeed()); }
};

void PrintTo(const Draw& draw, std::ostream* out) { *out << draw.name; }

class ChainPropertyTest : public testing::TestWithParam<Draw> {
 protected:
  /// For a share of the draw's histories; yields each that passed.
  void HoldsForHistories(int count, Check check) {
    std::mt19937_64 random = MakeRandom(GetParam().Seed());
    for (int i = 0; i < count; ++i) {
      const History history = MakeHistory(random);
      if (check(history))
        FAIL() << "history " << i << ", " << Show(history, check, GetParam().Seed());
    }
  }
};

TEST_P(ChainPropertyTest, AnswersAreThoseOfTheReferenceModel) {
  HoldsForHistories(GetParam().histories, FindWrongAnswers);
}

// As files come and go: in order of creation, then removed in any order, as a collector or a prune
// does, until nothing is left. Every step is a history.
TEST_P(ChainPropertyTest, AnswersStayThoseOfTheReferenceModelAsFilesComeAndGo) {
  std::mt19937_64 random = MakeRandom(GetParam().Seed());
  for (int steps = 0; steps < GetParam().histories / 4;) {
    const History whole = MakeHistory(random);
    std::vector<Segment> to_come = whole.segments;
    std::ranges::sort(to_come, {}, [](const Segment& segment) {
      return std::pair(segment.created_at, segment.file_id);
    });
    History now = whole;
    now.segments.clear();
    const auto check_step = [&] {
      ++steps;
      const bool is_right = !FindWrongAnswers(now);
      EXPECT_TRUE(is_right) << Show(now, FindWrongAnswers, GetParam().Seed());
      return is_right;
    };
    for (const Segment& segment : to_come) {
      now.segments.push_back(segment);
      if (!check_step()) return;
    }
    std::ranges::shuffle(now.segments, random);
    while (!now.segments.empty()) {
      now.segments.pop_back();
      if (!check_step()) return;
    }
  }
}

// A chain from genesis and shorter ones of other forks, all written at the same moment.
TEST_P(ChainPropertyTest, TheLongestOfManyChainsFromGenesisIsFoundWhateverElseIsThere) {
  std::mt19937_64 random = MakeRandom(GetParam().Seed());
  const auto below = [&random](std::uint64_t limit) { return random() % limit; };
  for (int round = 0; round < GetParam().histories / 10; ++round) {
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
    ASSERT_EQ(Copy(chains.canonical), main_chain) << text << "seed " << GetParam().Seed();
    ASSERT_TRUE(chains.fork.empty()) << text << "seed " << GetParam().Seed();
  }
}

// A gate run checks 105,300 histories. The test's name is part of what is drawn from, so that the
// fresh ones differ.
INSTANTIATE_TEST_SUITE_P(
    Seeds, ChainPropertyTest,
    testing::Values(Draw{"Fixed1", kFixedSeeds[0], 11'000}, Draw{"Fixed2", kFixedSeeds[1], 11'000},
                    Draw{"Fixed3", kFixedSeeds[2], 11'000}, Draw{"Fresh1", std::nullopt, 15'000},
                    Draw{"Fresh2", std::nullopt, 15'000}, Draw{"Fresh3", std::nullopt, 15'000}),
    [](const auto& draw) { return std::string(draw.param.name); });

// The generator must reach what the tests above are for; else they would hold for want of a case.
TEST(HistoryGeneratorTest, ReachesEveryKindOfHistory) {
  std::mt19937_64 random = MakeRandom(RandomSeed());
  Seen seen;
  for (int i = 0; i < 3'000; ++i) Look(MakeHistory(random), seen);
  for (const auto& [kind, count] : seen) {
    EXPECT_GT(count, 30) << kind << ", GTEST_RANDOM_SEED=" << RandomSeed();
  }
  EXPECT_EQ(seen.size(), kKindsOfHistories);
}

TEST(HistoryGeneratorTest, WhatIsShownOfAHistoryIsReadAsThatHistory) {
  std::mt19937_64 random = MakeRandom(RandomSeed());
  for (int i = 0; i < 2'000; ++i) {
    std::vector<Segment> segments = MakeHistory(random).segments;
    for (Segment& segment : segments) {
      for (NetworkRange& range : segment.ranges) range.timestamp_s = std::nullopt;
    }
    const std::string text = Notate(segments);
    ASSERT_EQ(ReadSegments(text == "none" ? "" : text), segments) << text;
  }
}

}  // namespace
}  // namespace tidemark::chain
