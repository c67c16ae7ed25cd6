// Runs the cases of tests/data/chain. Their form is described in chains.txt there.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <ranges>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "random_seed.h"
#include "segment_notation.h"
#include "tidemark/chain/chain.h"

namespace tidemark::chain {
namespace {

struct Line {
  std::string place;  // File and line number.
  std::string command;
  std::string argument;  // Up to the equals sign.
  std::string expected;  // Behind it.
};

struct Case {
  std::string name;
  std::string file;
  std::vector<Line> lines;
};

/// How GoogleTest names a case that fails.
void PrintTo(const Case& one, std::ostream* out) { *out << one.file << ": " << one.name; }

std::string Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

std::vector<Case> ReadCases(const std::filesystem::path& path) {
  std::vector<Case> cases;
  std::ifstream file(path);
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    if (text.empty() || text.starts_with('#')) continue;
    const std::size_t blank = std::min(text.find(' '), text.size());
    const std::string command = text.substr(0, blank);
    const std::string rest = text.substr(blank);
    if (command == "case") {
      cases.push_back({.name = Trim(rest), .file = path.stem(), .lines = {}});
      continue;
    }
    const std::size_t equals = command == "segments" ? std::string::npos : rest.find(" = ");
    const bool has_result = equals != std::string::npos;
    const Line line{.place = fmt::format("{}:{}", path.filename().string(), number),
                    .command = command,
                    .argument = Trim(rest.substr(0, equals)),
                    .expected = has_result ? Trim(rest.substr(equals + 3)) : ""};
    if (!cases.empty()) cases.back().lines.push_back(line);
  }
  return cases;
}

std::vector<Case> ReadAllCases() {
  std::vector<Case> cases;
  for (const char* file : {"adjacency.txt", "chains.txt", "chains_of_networks.txt", "merge.txt",
                           "missing.txt", "roles.txt", "synced.txt"}) {
    std::ranges::move(ReadCases(std::filesystem::path(TIDEMARK_TEST_DATA) / "chain" / file),
                      std::back_inserter(cases));
  }
  return cases;
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  if (text == "none") return words;
  std::istringstream stream{std::string(text)};
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string Join(const std::vector<BlockRange>& ranges) {
  std::string text;
  for (const BlockRange& range : ranges) {
    text +=
        fmt::format("{}{}-{}", text.empty() ? "" : " ", range.first().value, range.last().value);
  }
  return text.empty() ? "none" : text;
}

class ChainCaseTest : public testing::TestWithParam<Case> {
 protected:
  void Run() {
    for (const Line& line : GetParam().lines) {
      SCOPED_TRACE(line.place + " " + line.command);
      Run(line);
    }
    if (has_canonical_) CheckChains();
    if (has_roles_) CheckRoles();
  }

 private:
  void Run(const Line& line) {
    if (line.command == "segments") {
      words_ = Words(line.argument);
      segments_ = ReadSegments(line.argument == "none" ? "" : line.argument);
    } else if (line.command == "canonical") {
      has_canonical_ = true;
      canonical_ = Words(line.argument);
    } else if (line.command == "fork") {
      fork_ = Words(line.argument);
    } else if (line.command == "islands") {
      has_roles_ = true;
      islands_ = Words(line.argument);
    } else if (line.command == "superseded") {
      has_roles_ = true;
      superseded_ = Words(line.argument);
    } else if (line.command == "gaps") {
      CheckGaps(line);
    } else if (line.command == "adjacent") {
      ASSERT_EQ(segments_.size(), 2U);
      EXPECT_EQ(IsAdjacent(segments_[0], segments_[1]), line.argument == "yes");
    } else if (line.command == "start_block") {
      CheckStartBlock(line);
    } else if (line.command == "synced") {
      CheckSynced(line);
    } else if (line.command == "missing") {
      EXPECT_EQ(Join(MissingRanges(segments_, "net", ReadBlocks(line.argument))), line.expected);
    } else if (line.command == "merge") {
      std::vector<BlockRange> ranges;
      for (const std::string& word : Words(line.argument)) ranges.push_back(ReadBlocks(word));
      EXPECT_EQ(Join(MergeRanges(ranges)), line.expected);
    } else {
      FAIL() << "no such command";
    }
  }

  void CheckStartBlock(const Line& line) {
    const auto reaches =
        ReachesBackTo(FindChains(segments_).canonical, BlockNumber{std::stoull(line.argument)});
    const std::string_view answer = !reaches ? "error" : *reaches ? "yes" : "no";
    EXPECT_EQ(answer, line.expected);
    if (!reaches) {
      EXPECT_EQ(reaches.error().code, ErrorCode::kCorruption);
    }
  }

  void CheckSynced(const Line& line) {
    Chain chain;
    for (const Segment& segment : segments_) chain.push_back(&segment);
    const auto synced = SyncedRanges(chain);
    if (line.expected == "error") {
      ASSERT_FALSE(synced);
      EXPECT_EQ(synced.error().code, ErrorCode::kInternal);
      return;
    }
    ASSERT_TRUE(synced);
    std::vector<NetworkRange> expected;
    for (const std::string& word : Words(line.expected)) expected.push_back(ReadRange(word));
    EXPECT_EQ(*synced, expected);
  }

  /// The roles by the rule that the chain must reach back to a block, if one is given.
  SegmentRoles RolesFor(std::optional<BlockNumber> start_block) const {
    Chains chains = FindChains(segments_);
    if (start_block && !ReachesBackTo(chains.canonical, *start_block).value()) {
      chains.canonical.clear();
    }
    return AssignRoles(segments_, std::move(chains));
  }

  void CheckGaps(const Line& line) const {
    const std::optional<BlockNumber> start_block =
        line.argument.empty() ? std::nullopt
                              : std::optional(BlockNumber{std::stoull(line.argument)});
    std::vector<std::string> found;
    for (const NetworkBlocks& gap : FindGaps(RolesFor(start_block), start_block)) {
      const std::string network = gap.network == "net" ? "" : gap.network + ":";
      found.push_back(network + Join({gap.blocks}));
    }
    EXPECT_EQ(found, Words(line.expected));
  }

  void CheckRoles() const {
    const SegmentRoles roles = RolesFor(std::nullopt);
    EXPECT_EQ(AsWritten(roles.canonical), canonical_);
    EXPECT_EQ(AsWritten(roles.fork), fork_);
    std::vector<std::string> islands;
    for (const Chain& island : roles.islands) {
      if (!islands.empty()) islands.emplace_back("|");
      std::ranges::move(AsWritten(island), std::back_inserter(islands));
    }
    EXPECT_EQ(islands, islands_);
    EXPECT_THAT(AsWritten(roles.superseded), testing::UnorderedElementsAreArray(superseded_));
  }

  /// In the order of the case and in random ones.
  void CheckChains() {
    std::vector<std::size_t> order(segments_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::mt19937_64 random(RandomSeed());
    for (int round = 0; round < 24; ++round) {
      std::vector<Segment> segments;
      for (const std::size_t i : order) segments.push_back(segments_[i]);
      const Chains chains = FindChains(segments);
      ASSERT_EQ(AsWritten(chains.canonical), canonical_) << "GTEST_RANDOM_SEED=" << RandomSeed();
      ASSERT_EQ(AsWritten(chains.fork), fork_) << "GTEST_RANDOM_SEED=" << RandomSeed();
      std::ranges::shuffle(order, random);
    }
  }

  std::vector<std::string> AsWritten(const Chain& chain) const {
    std::vector<std::string> words;
    for (const Segment* segment : chain) {
      const auto found = std::ranges::find(segments_, *segment);
      words.push_back(words_[static_cast<std::size_t>(found - segments_.begin())]);
    }
    return words;
  }

  std::vector<std::string> words_;
  std::vector<Segment> segments_;
  std::vector<std::string> canonical_;
  std::vector<std::string> fork_;
  std::vector<std::string> islands_;  // A bar stands between two.
  std::vector<std::string> superseded_;
  bool has_canonical_ = false;
  bool has_roles_ = false;
};

TEST_P(ChainCaseTest, Holds) { Run(); }

std::string NameOf(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.file + "_" + info.param.name;
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, ChainCaseTest, testing::ValuesIn(ReadAllCases()), NameOf);

TEST(ChainCasesTest, EveryFileHasCases) {
  std::map<std::string, int> cases_per_file;
  for (const Case& one : ReadAllCases()) {
    EXPECT_FALSE(one.lines.empty()) << one.name;
    ++cases_per_file[one.file];
  }
  EXPECT_EQ(cases_per_file.size(), 7U);
}

}  // namespace
}  // namespace tidemark::chain
