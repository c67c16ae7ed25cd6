// Pruning: which files are scheduled to be collected, and when nothing may be.
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_lake.h"
#include "memory_objects.h"
#include "tidemark/data_store/revisions.h"

namespace tidemark::data_store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PruneTest : public ::testing::Test {
 protected:
  PruneTest() {
    // A chain 0-9, 10-19 with an orphan behind each, and an island.
    lake_.Commit("blocks", "0-9 10-19");
    location_ = lake_.Acquire("blocks").active_revision.value();
  }
  void End(metadata_db::JobTransition transition) {
    using enum metadata_db::JobTransition;
    ASSERT_TRUE(lake_.memory->TransitionJob({lake_.job}, kStart, std::nullopt, Deadline::Never()));
    std::optional<std::string> detail;
    if (transition != kComplete) detail = "{}";
    ASSERT_TRUE(lake_.memory->TransitionJob({lake_.job}, transition, detail, Deadline::Never()));
  }
  Result<std::uint64_t> Prune(std::optional<std::uint64_t> before = std::nullopt) {
    PruneQuery query{.before_block = std::nullopt, .delay = std::chrono::seconds(60)};
    if (before) query.before_block = BlockNumber{*before};
    return revisions_->Prune(location_, query, Deadline::Never());
  }
  /// Names of the files that are due once the delay is over.
  std::vector<std::string> Scheduled() {
    lake_.clock.Advance(std::chrono::seconds(59));
    EXPECT_THAT(Collectable(), IsEmpty()) << "not yet due";
    lake_.clock.Advance(std::chrono::seconds(1));
    return Collectable();
  }
  std::vector<std::string> Collectable() {
    const auto reader = lake_.memory->OpenReader(Deadline::Never()).value();
    std::vector<std::string> names;
    const auto due = reader->GetCollectable(location_).value().value().expired;
    for (const FileId file : due) names.push_back(reader->GetFile(file).value()->file_name);
    return names;
  }

  DataLake lake_;
  MemoryObjects objects_;
  std::unique_ptr<Revisions> revisions_ = MakeRevisions(*lake_.store, objects_);
  LocationId location_;
};

TEST_F(PruneTest, WhatIsOffTheChainIsScheduledIslandsToo) {
  lake_.CommitRow("blocks", "{", 5);
  lake_.Commit("blocks", "10-19 0-9 30-39");
  End(metadata_db::JobTransition::kComplete);
  EXPECT_EQ(Prune(), 3U);
  // The later ones of equal start count, and the row that cannot be read is left alone.
  EXPECT_THAT(Scheduled(), ElementsAre("1.parquet", "2.parquet", "6.parquet"));
}

TEST_F(PruneTest, OnlyFilesThatEndBeforeTheBlockIfOneIsGiven) {
  lake_.Commit("blocks", "10-19 0-9 30-39");
  End(metadata_db::JobTransition::kFailForGood);
  EXPECT_EQ(Prune(9), 0U);
  EXPECT_EQ(Prune(19), 1U);
  EXPECT_THAT(Scheduled(), ElementsAre("1.parquet"));
}

TEST_F(PruneTest, ARowThatDoesNotCountAsProgressTakesNoPlaceInTheChain) {
  Segment twice;
  twice.created_at = lake_.clock.Now() + std::chrono::hours(1);
  for (const std::uint64_t first : {0, 5}) {
    twice.ranges.push_back({.network = "net",
                            .blocks = *BlockRange::Make({first}, {first + 4}),
                            .hash = {},
                            .prev_hash = {},
                            .timestamp_s = std::nullopt});
  }
  lake_.CommitRow("blocks", MetadataOf(twice, "x"), 5);
  End(metadata_db::JobTransition::kComplete);
  EXPECT_EQ(lake_.GetProgress("blocks").value()->files_count, 2U);
  EXPECT_EQ(Prune(), 0U);
}

TEST_F(PruneTest, NothingIsScheduledWhileAJobMayWrite) {
  lake_.Commit("blocks", "10-19");
  const auto refused = Prune();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("SCHEDULED"));
  EXPECT_THAT(Scheduled(), IsEmpty());
  EXPECT_EQ(revisions_->Prune({99}, {}, Deadline::Never()).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tidemark::data_store
