// The contract: chain heads, and who may look for them. Included by metadata_store_contract.h.
#pragma once

#include <atomic>
#include <chrono>
#include <limits>
#include <thread>

#include <gmock/gmock.h>

#include "metadata_store_contract.h"

namespace tidemark::metadata_db {

TEST_P(MetadataStoreContract, HeadsComeBackByNetworkTheLatestFirst) {
  const UtcTime now = clock.Now();
  ChainHeadRow finalized = HeadAt("base", 3, now);
  finalized.tag = HeadTag::kFinalized;
  const ChainHeadRow latest = HeadAt("base", 9, now);
  const ChainHeadRow other = HeadAt("Anvil", 1, now);
  for (const ChainHeadRow& row : {finalized, latest, other}) Must(store.PutChainHead(row, Soon()));
  const auto rows = Must(Read()->ListChainHeads());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(Show(rows[0]), Show(other));
  EXPECT_EQ(Show(rows[1]), Show(latest));
  EXPECT_EQ(Show(rows[2]), Show(finalized));
}

TEST_P(MetadataStoreContract, HeadsAreExactUpToTheLargestNumber) {
  for (const std::uint64_t number :
       {std::uint64_t{0}, (std::uint64_t{1} << 53) + 1, std::uint64_t{1} << 63,
        std::numeric_limits<std::uint64_t>::max()}) {
    const ChainHeadRow row = HeadAt("base", number, clock.Now());
    Must(store.PutChainHead(row, Soon()));
    EXPECT_EQ(Must(Read()->ListChainHeads()).at(0).found, row.found) << number;
  }
}

TEST_P(MetadataStoreContract, ALookThatFailsKeepsWhatWasFoundBefore) {
  const UtcTime first = clock.Now();
  const ChainHeadRow found = HeadAt("base", 7, first);
  Must(store.PutChainHead(found, Soon()));
  const ChainHeadRow failed{.network = "base",
                            .tag = HeadTag::kLatest,
                            .source = "spare",
                            .checked_at = first + std::chrono::seconds(5),
                            .error = "it did not answer: 'quoted'"};
  Must(store.PutChainHead(failed, Soon()));
  auto row = Must(Read()->ListChainHeads()).at(0);
  EXPECT_EQ(row.source, "spare");
  EXPECT_EQ(row.checked_at, failed.checked_at);
  EXPECT_EQ(row.error, failed.error);
  EXPECT_EQ(row.found, found.found);
  const ChainHeadRow again = HeadAt("base", 6, first + std::chrono::seconds(9));
  Must(store.PutChainHead(again, Soon()));
  row = Must(Read()->ListChainHeads()).at(0);
  EXPECT_EQ(Show(row), Show(again)) << "no error any more, and a head may be lower than before";
}

TEST_P(MetadataStoreContract, ANetworkWhoseHeadWasNeverFoundHasOnlyTheError) {
  Must(store.PutChainHead({.network = "base",
                           .tag = HeadTag::kFinalized,
                           .source = "provider",
                           .checked_at = clock.Now(),
                           .error = "no block"},
                          Soon()));
  const auto rows = Must(Read()->ListChainHeads());
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].tag, HeadTag::kFinalized);
  EXPECT_EQ(rows[0].error, "no block");
  EXPECT_EQ(rows[0].found, std::nullopt);
}

TEST_P(MetadataStoreContract, HeadTimesKeepMicroseconds) {
  ChainHeadRow row = HeadAt("base", 1, clock.Now() + std::chrono::nanoseconds(123'456'789));
  Must(store.PutChainHead(row, Soon()));
  const UtcTime kept = clock.Now() + std::chrono::microseconds(123'456);
  const auto stored = Must(Read()->ListChainHeads()).at(0);
  EXPECT_EQ(stored.checked_at, kept);
  EXPECT_EQ(stored.found->observed_at, kept);
}

TEST_P(MetadataStoreContract, ALeaseExcludesOthersUntilItExpires) {
  using std::chrono::seconds;
  const auto lease = [&](std::string_view network, std::string_view owner) {
    return Must(store.LeaseChainHead(network, owner, seconds(10), Soon()));
  };
  EXPECT_TRUE(lease("base", "a"));
  EXPECT_FALSE(lease("base", "b"));
  EXPECT_FALSE(lease("base", "A")) << "another owner";
  EXPECT_TRUE(lease("anvil", "b")) << "another network";
  clock.Advance(seconds(9));
  EXPECT_FALSE(lease("base", "b"));
  EXPECT_TRUE(lease("base", "a")) << "it asks again, and has ten seconds more";
  clock.Advance(seconds(9));
  EXPECT_FALSE(lease("base", "b"));
  clock.Advance(std::chrono::microseconds(999'999));
  EXPECT_FALSE(lease("base", "b")) << "one microsecond too early";
  clock.Advance(std::chrono::microseconds(1));
  EXPECT_TRUE(lease("base", "b"));
  EXPECT_FALSE(lease("base", "a"));
}

TEST_P(MetadataStoreContract, ALeaseOfNoTimeGivesItBack) {
  using std::chrono::milliseconds;
  EXPECT_TRUE(Must(store.LeaseChainHead("base", "a", milliseconds(5000), Soon())));
  EXPECT_TRUE(Must(store.LeaseChainHead("base", "a", milliseconds(0), Soon())));
  EXPECT_TRUE(Must(store.LeaseChainHead("base", "b", milliseconds(1), Soon())));
}

TEST_P(MetadataStoreContract, ALeaseLastsFromNothingToADay) {
  using std::chrono::milliseconds;
  for (const milliseconds duration :
       {milliseconds(-1), milliseconds::min(), kLeaseMax + milliseconds(1), milliseconds::max()}) {
    EXPECT_EQ(CodeOf(store.LeaseChainHead("base", "a", duration, Soon())), "invalid_argument");
  }
  EXPECT_TRUE(Must(store.LeaseChainHead("base", "a", kLeaseMax, Soon())));
  EXPECT_FALSE(Must(store.LeaseChainHead("base", "b", kLeaseMax, Soon())));
}

TEST_P(MetadataStoreContract, AClockThatIsSetBackLocksNobodyOut) {
  EXPECT_TRUE(Must(store.LeaseChainHead("base", "a", std::chrono::seconds(10), Soon())));
  clock.Advance(-std::chrono::days(365));
  EXPECT_TRUE(Must(store.LeaseChainHead("base", "b", std::chrono::seconds(10), Soon())));
}

// Method: in each round as many owners as threads ask at once. One of them must get it.
TEST_P(MetadataStoreContract, OfOwnersThatAskAtOnceOneGetsTheLease) {
  constexpr int kOwners = 4;
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> winners = 0;
    std::vector<std::thread> threads;
    for (int owner = 0; owner < kOwners; ++owner) {
      threads.emplace_back([&, owner] {
        const std::string name = std::to_string(owner);
        if (Must(store.LeaseChainHead("base", name, std::chrono::seconds(1), Soon()))) ++winners;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(winners, 1);
    clock.Advance(std::chrono::seconds(1));
  }
}

TEST_P(MetadataStoreContract, HeadsAndLeasesChangeNoTable) {
  const JobId job = Schedule(Version());
  Acquire(Version(), job, "blocks");
  const std::uint64_t number = NumberOf(Version(), "blocks");
  Must(store.LeaseChainHead("base", "a", std::chrono::seconds(1), Soon()));
  Must(store.PutChainHead(HeadAt("base", 1, clock.Now()), Soon()));
  EXPECT_EQ(NumberOf(Version(), "blocks"), number);
}

}  // namespace tidemark::metadata_db
