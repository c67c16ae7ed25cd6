// One truth: every dialect says of a table what DataStore says, and that is what the reference
// model of the chain rules says, for histories of any kind.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <random>

#include <gmock/gmock.h>

#include "history_generator.h"
#include "progress_world.h"
#include "random_seed.h"
#include "reference_model.h"
#include "segment_notation.h"
#include "tidemark/base/log.h"

namespace tidemark::admin_api {
namespace {

using nlohmann::ordered_json;

/// What a table's answer must be.
struct Expected {
  std::vector<NetworkRange> ranges;
  std::uint64_t files_count = 0;
  std::uint64_t total_size_bytes = 0;
  std::optional<std::uint64_t>
      rows;  // A file has as many as bytes. Absent: more than a number holds.
  std::uint64_t quarantined = 0;
  std::uint64_t fork_files = 0;
  std::uint64_t island_files = 0;
  std::uint64_t superseded_files = 0;

  ordered_json Start() const {
    return ranges.size() == 1 ? ordered_json(ranges[0].blocks.first().value) : ordered_json();
  }
  ordered_json Current() const {
    return ranges.size() == 1 ? ordered_json(ranges[0].blocks.last().value) : ordered_json();
  }
};

std::uint64_t SumOfSizes(const std::vector<Segment>& segments) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t sum = 0;
  for (const Segment& segment : segments) sum += std::min(segment.size_bytes, kMost - sum);
  return sum;
}

std::optional<std::uint64_t> ExactSumOfSizes(const std::vector<Segment>& segments) {
  const std::uint64_t sum = std::accumulate(
      segments.begin(), segments.end(), std::uint64_t{0},
      [](std::uint64_t before, const Segment& segment) { return before + segment.size_bytes; });
  return sum == SumOfSizes(segments) ? std::optional(sum) : std::nullopt;
}

/// By the reference model alone.
Expected ExpectFor(std::vector<Segment> segments, std::optional<std::uint64_t> start_block) {
  Expected expected;
  const std::size_t all = segments.size();
  std::erase_if(segments, [&](const Segment& segment) {
    return segment.ranges.empty() || (start_block && segment.ranges.size() > 1);
  });
  expected.quarantined = all - segments.size();
  const auto canonical = chain::reference::FindChains(segments).canonical;
  const bool counts =
      !start_block ||
      (!canonical.empty() && canonical[0].ranges[0].blocks.first() <= BlockNumber{*start_block});
  const auto roles = chain::reference::AssignRoles(segments, counts);
  expected.ranges = chain::reference::SyncedRanges(roles.canonical);
  expected.files_count = roles.canonical.size();
  expected.total_size_bytes = SumOfSizes(roles.canonical);
  expected.rows = ExactSumOfSizes(roles.canonical);
  expected.fork_files = roles.fork.size();
  for (const auto& island : roles.islands) expected.island_files += island.size();
  expected.superseded_files = roles.superseded.size();
  return expected;
}

ordered_json PrintRanges(const std::vector<NetworkRange>& ranges) {
  ordered_json printed = ordered_json::array();
  for (const NetworkRange& range : ranges) {
    printed.push_back(
        {{"network", range.network},
         {"start", range.blocks.first().value},
         {"end", range.blocks.last().value},
         {"hash", ToHex(range.hash)},
         {"timestamp", range.timestamp_s ? ordered_json(*range.timestamp_s) : ordered_json()}});
  }
  return printed;
}

class ProgressAgreementTest : public ProgressWorld {
 protected:
  // Segments without ranges would be logged by the hundred.
  ProgressAgreementTest() { SetLogLevel(LogLevel::kOff); }
  ~ProgressAgreementTest() override { SetLogLevel(LogLevel::kInfo); }

  /// Every dialect's answer about the table, against `expected`.
  void Check(const DatasetVersion& version, const std::string& table, JobId job,
             const data_store::ProgressRules& rules, const Expected& expected) {
    CheckDataStore(version, table, rules, expected);
    const ordered_json spec = AskTable(version, table, "?include=gaps,rows").body;
    CheckSpecification(spec, expected);
    ordered_json plain = spec;
    for (const char* part : {"gaps", "rows", "rows_reason", "rows_detail"}) plain.erase(part);
    EXPECT_EQ(TableOf(Get(PathOf(version) + "/progress").body, table), plain);
    CheckJob(AskJob(job).body.at("tables").at(table), expected);
    CheckSync(TableOf(Get(PathOf(version) + "/sync-progress").body, table), expected);
  }

 private:
  static ordered_json TableOf(const ordered_json& dataset, const std::string& table) {
    for (const auto& one : dataset.at("tables")) {
      if (one.at("table_name") == table) return one;
    }
    return {};
  }

  void CheckDataStore(const DatasetVersion& version, const std::string& table,
                      const data_store::ProgressRules& rules, const Expected& expected) {
    const auto snapshot = data_->OpenSnapshot(Deadline::Never());
    const auto progress = data_->GetTableProgress(**snapshot, version, table, rules);
    ASSERT_TRUE(progress && *progress);
    EXPECT_EQ((*progress)->ranges, expected.ranges);
    EXPECT_EQ((*progress)->files_count, expected.files_count);
    EXPECT_EQ((*progress)->total_size_bytes, expected.total_size_bytes);
    EXPECT_EQ((*progress)->quarantined_files, expected.quarantined);
  }

  static void CheckSpecification(const ordered_json& answer, const Expected& expected) {
    EXPECT_EQ(answer.at("current_block"), expected.Current());
    EXPECT_EQ(answer.at("start_block"), expected.Start());
    EXPECT_EQ(answer.at("files_count"), expected.files_count);
    EXPECT_EQ(answer.at("total_size_bytes"), expected.total_size_bytes);
    EXPECT_EQ(answer.at("ranges"), PrintRanges(expected.ranges));
    EXPECT_EQ(answer.at("problems").empty(), expected.quarantined == 0);
    EXPECT_EQ(answer.at("rows"), expected.rows ? ordered_json(*expected.rows) : ordered_json());
    const ordered_json& gaps = answer.at("gaps");
    std::uint64_t fork_files = 0;
    for (const auto& fork : gaps.at("forks")) fork_files += fork.at("files_count").get<int>();
    EXPECT_EQ(fork_files, expected.fork_files);
    EXPECT_EQ(gaps.at("islands_files_count"), expected.island_files);
    EXPECT_EQ(gaps.at("superseded_files_count"), expected.superseded_files);
  }

  static void CheckJob(const ordered_json& answer, const Expected& expected) {
    EXPECT_EQ(answer.at("current_block"), expected.Current());
    EXPECT_EQ(answer.at("start_block"), expected.Start());
    EXPECT_EQ(answer.at("files_count"), expected.files_count);
    EXPECT_EQ(answer.at("total_size_bytes"), expected.total_size_bytes);
    EXPECT_EQ(answer.contains("problems"), expected.quarantined != 0);
  }

  static void CheckSync(const ordered_json& answer, const Expected& expected) {
    EXPECT_EQ(answer.value("current_block", ordered_json()), expected.Current());
    EXPECT_EQ(answer.value("start_block", ordered_json()), expected.Start());
    EXPECT_EQ(answer.at("files_count"), expected.files_count);
    EXPECT_EQ(answer.at("total_size_bytes"), expected.total_size_bytes);
  }
};

TEST_F(ProgressAgreementTest, OfEveryDialectForEveryHistory) {
  constexpr std::uint64_t kStartBlock = 17'000'000;  // Where some histories begin.
  const DatasetVersion raw = RegisterRaw("raw", kStartBlock);
  const DatasetVersion derived = RegisterDerived("derived");
  const JobId raw_job = Schedule(raw);
  const JobId derived_job = Schedule(derived);
  std::mt19937_64 random(RandomSeed());
  for (int i = 0; i < 120 && !HasFailure(); ++i) {
    std::vector<Segment> segments = chain::MakeHistory(random).segments;
    for (Segment& segment : segments) {
      // Greater sizes than a database can hold.
      segment.size_bytes = std::min<std::uint64_t>(segment.size_bytes, (1ULL << 63U) - 1);
    }
    SCOPED_TRACE("GTEST_RANDOM_SEED=" + std::to_string(RandomSeed()) + "\n" +
                 chain::Notate(segments));
    Fill(derived, "mini", derived_job, segments);
    Check(derived, "mini", derived_job, {}, ExpectFor(segments, std::nullopt));
    Fill(raw, "blocks", raw_job, segments);
    Check(raw, "blocks", raw_job, {.start_block = BlockNumber{kStartBlock}},
          ExpectFor(segments, kStartBlock));
  }
}

}  // namespace
}  // namespace tidemark::admin_api
