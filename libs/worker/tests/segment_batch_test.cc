#include "segment_batch.h"

#include <limits>
#include <regex>

#include <gtest/gtest.h>

#include "fake_chain.h"
#include "memory_objects.h"
#include "segment_builder.h"

namespace tidemark::worker {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
constexpr SteadyTime kStart{std::chrono::seconds(1'000)};
constexpr UtcTime kCreatedAt{std::chrono::nanoseconds(1'700'000'000'123'456'789)};

class SegmentBatchTest : public testing::Test {
 protected:
  SegmentBatchTest() {
    for (const EvmTable table : kEvmTables) {
      tables_.push_back({.table = table,
                         .location = LocationId{static_cast<std::int64_t>(tables_.size()) + 1},
                         .path = "eth/main/" + std::string(ToString(table)) + "/rev",
                         .ledger = SegmentLedger("testnet", {})});
    }
    chain_.Extend(10);
  }

  std::unique_ptr<SegmentBatch> OpenAt(std::uint64_t first) {
    auto batch = SegmentBatch::Open(objects_, {&tables_[0], &tables_[1], &tables_[2]},
                                    BlockNumber{first}, kStart);
    EXPECT_TRUE(batch) << batch.error().message;
    return *std::move(batch);
  }

  std::uint64_t ObjectCount() { return objects_.List("eth")->size(); }

  Signal signal_;
  FakeChain chain_{signal_};
  MemoryObjects objects_{signal_};
  std::vector<TableTarget> tables_;
};

TEST_F(SegmentBatchTest, EachTableGetsAFileOverTheSameBlocks) {
  const auto batch = OpenAt(3);
  for (std::uint64_t number = 3; number <= 5; ++number) {
    ASSERT_TRUE(batch->Append(*chain_.BlockAt(number)));
  }
  const auto closed = batch->Close("testnet", kCreatedAt);
  ASSERT_TRUE(closed) << closed.error().message;
  ASSERT_EQ(closed->size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const ClosedSegment& segment = (*closed)[i];
    EXPECT_TRUE(
        std::regex_match(segment.file.file_name, std::regex("000000003-[0-9a-f]{16}\\.parquet")));
    EXPECT_EQ(segment.file.location_id, tables_[i].location);
    EXPECT_EQ(segment.file.url, "memory:///" + tables_[i].path + "/");
    const auto object = objects_.Head(tables_[i].path + "/" + segment.file.file_name);
    ASSERT_TRUE(object);
    EXPECT_EQ(segment.file.object_size, object->size_bytes);
    EXPECT_EQ(segment.file.object_e_tag, object->e_tag);
    EXPECT_TRUE(segment.file.footer.ends_with("PAR1"));

    const SegmentMetadata expected{.table = std::string(ToString(tables_[i].table)),
                                   .filename = segment.file.file_name,
                                   .created_at = kCreatedAt,
                                   .ranges = {{.network = "testnet",
                                               .blocks = Blocks(3, 5),
                                               .hash = chain_.BlockAt(5)->hash,
                                               .prev_hash = chain_.BlockAt(2)->hash,
                                               .timestamp_s = chain_.BlockAt(5)->timestamp_s}}};
    EXPECT_EQ(segment.metadata, expected);
    const auto parsed = ParseSegmentMetadata(segment.file.metadata);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, expected);
  }
}

TEST_F(SegmentBatchTest, NothingStandsBeforeGenesisWhateverTheBlockSays) {
  ASSERT_NE(chain_.BlockAt(0)->parent_hash, BlockHash{});
  const auto batch = OpenAt(0);
  ASSERT_TRUE(batch->Append(*chain_.BlockAt(0)));
  const auto closed = batch->Close("testnet", kCreatedAt);
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->front().metadata.ranges.front().prev_hash, BlockHash{});
}

TEST_F(SegmentBatchTest, LongNumbersAreNotCutInTheName) {
  const auto batch = OpenAt(kMax);
  EvmBlock block = *chain_.BlockAt(0);
  block.number = BlockNumber{kMax};
  ASSERT_TRUE(batch->Append(block));
  const auto closed = batch->Close("testnet", kCreatedAt);
  ASSERT_TRUE(closed);
  EXPECT_TRUE(closed->front().file.file_name.starts_with("18446744073709551615-"));
  EXPECT_EQ(closed->front().metadata.ranges.front().prev_hash, block.parent_hash);
}

TEST_F(SegmentBatchTest, IsFullPastAnyLimitButNeverBeforeItsFirstBlock) {
  const SegmentBatch::Limits loose{
      .bytes = kMax, .rows = kMax, .blocks = kMax, .age = std::chrono::hours(1)};
  auto limits = loose;
  const auto batch = OpenAt(3);
  limits.age = std::chrono::seconds(0);
  EXPECT_FALSE(batch->IsFull(limits, kStart + std::chrono::hours(9)));
  ASSERT_TRUE(batch->Append(*chain_.BlockAt(3)));
  EXPECT_FALSE(batch->IsFull(loose, kStart));

  limits = loose;
  limits.age = std::chrono::seconds(60);
  EXPECT_FALSE(batch->IsFull(limits, kStart + std::chrono::seconds(59)));
  EXPECT_TRUE(batch->IsFull(limits, kStart + std::chrono::seconds(60)));
  limits = loose;
  limits.bytes = 1;
  EXPECT_TRUE(batch->IsFull(limits, kStart));
  limits = loose;
  limits.rows = 1;
  EXPECT_TRUE(batch->IsFull(limits, kStart));
  limits.rows = 2;
  EXPECT_FALSE(batch->IsFull(limits, kStart));
  limits = loose;
  limits.blocks = 2;
  EXPECT_FALSE(batch->IsFull(limits, kStart));
  ASSERT_TRUE(batch->Append(*chain_.BlockAt(4)));
  EXPECT_TRUE(batch->IsFull(limits, kStart));
  limits = loose;
  limits.rows = 2;  // One table has them.
  EXPECT_TRUE(batch->IsFull(limits, kStart));
}

TEST_F(SegmentBatchTest, ADroppedBatchLeavesNoObject) {
  {
    const auto batch = OpenAt(3);
    ASSERT_TRUE(batch->Append(*chain_.BlockAt(3)));
  }
  EXPECT_EQ(ObjectCount(), 0U);
}

TEST_F(SegmentBatchTest, AFailureOfTheStoreIsReportedWhereverItHappens) {
  for (std::uint64_t call = 1;; ++call) {
    objects_.faults.FailCalls(call, call);
    auto batch = SegmentBatch::Open(objects_, {&tables_[0], &tables_[1], &tables_[2]},
                                    BlockNumber{3}, kStart);
    Status status;
    if (!batch) {
      status = std::unexpected(batch.error());
    } else if (status = (*batch)->Append(*chain_.BlockAt(3)); status) {
      const auto closed = (*batch)->Close("testnet", kCreatedAt);
      if (!closed) status = std::unexpected(closed.error());
    }
    if (objects_.faults.calls() < call) {
      EXPECT_TRUE(status);
      EXPECT_GT(call, 6U);
      break;
    }
    ASSERT_FALSE(status) << "call " << call;
    EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  }
}

}  // namespace
}  // namespace tidemark::worker
