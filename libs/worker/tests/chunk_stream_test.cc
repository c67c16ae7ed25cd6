#include "chunk_stream.h"

#include <atomic>
#include <limits>
#include <thread>

#include <gtest/gtest.h>

#include "fake_chain.h"
#include "segment_builder.h"

namespace tidemark::worker {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

class ChunkStreamTest : public testing::Test {
 protected:
  /// Numbers of the first block of each chunk, and of the last block of all.
  static std::vector<std::uint64_t> ReadAll(ChunkStream& stream) {
    std::vector<std::uint64_t> numbers;
    std::uint64_t last = 0;
    while (true) {
      const auto chunk = stream.Next();
      EXPECT_TRUE(chunk) << chunk.error().message;
      if (!chunk || !*chunk) break;
      numbers.push_back((*chunk)->front().number.value);
      last = (*chunk)->back().number.value;
    }
    numbers.push_back(last);
    return numbers;
  }

  Signal signal_;
  FakeChain chain_{signal_};
};

TEST_F(ChunkStreamTest, GivesEveryBlockOnceInOrder) {
  chain_.Extend(30);
  const auto source = chain_.OpenSource();
  ChunkStream stream(*source, {.blocks = Blocks(3, 20), .chunk_blocks = 7}, {});
  EXPECT_EQ(ReadAll(stream), (std::vector<std::uint64_t>{3, 10, 17, 20}));
}

TEST_F(ChunkStreamTest, AnEvenSplitHasNoEmptyChunk) {
  chain_.Extend(30);
  const auto source = chain_.OpenSource();
  ChunkStream stream(*source, {.blocks = Blocks(0, 13), .chunk_blocks = 7}, {});
  EXPECT_EQ(ReadAll(stream), (std::vector<std::uint64_t>{0, 7, 13}));
  EXPECT_EQ(chain_.source_faults.calls(), 2U);
}

TEST_F(ChunkStreamTest, AChunkOfZeroBlocksCountsAsOne) {
  chain_.Extend(3);
  const auto source = chain_.OpenSource();
  ChunkStream stream(*source, {.blocks = Blocks(0, 2), .chunk_blocks = 0}, {});
  EXPECT_EQ(ReadAll(stream), (std::vector<std::uint64_t>{0, 1, 2, 2}));
}

TEST_F(ChunkStreamTest, IsOneChunkAheadAndNoMore) {
  chain_.Extend(40);
  const auto source = chain_.OpenSource();
  ChunkStream stream(*source, {.blocks = Blocks(0, 39), .chunk_blocks = 10}, {});
  EXPECT_EQ(chain_.source_faults.calls(), 0U);
  ASSERT_TRUE(stream.Next());
  ASSERT_TRUE(signal_.WaitUntil([&] { return chain_.source_faults.calls() == 2; }));
  ASSERT_TRUE(stream.Next());
  ASSERT_TRUE(signal_.WaitUntil([&] { return chain_.source_faults.calls() == 3; }));
}

TEST_F(ChunkStreamTest, AFailureEndsTheStream) {
  chain_.Extend(40);
  chain_.source_faults.FailCalls(2, 2);
  const auto source = chain_.OpenSource();
  ChunkStream stream(*source, {.blocks = Blocks(0, 39), .chunk_blocks = 10}, {});
  ASSERT_TRUE(stream.Next());
  const auto failed = stream.Next();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
  const auto after = stream.Next();
  ASSERT_TRUE(after);
  EXPECT_EQ(*after, std::nullopt);
}

TEST_F(ChunkStreamTest, AnAbandonedStreamInterruptsItsFetch) {
  chain_.Extend(40);
  const auto source = chain_.OpenSource();
  {
    ChunkStream stream(*source, {.blocks = Blocks(0, 39), .chunk_blocks = 10}, {});
    chain_.on_call = [&](std::uint64_t call) { chain_.hangs_in_fetch = call == 2; };
    ASSERT_TRUE(stream.Next());
    ASSERT_TRUE(signal_.WaitUntil([&] { return chain_.hanging == 1; }));
  }
  EXPECT_EQ(chain_.hanging, 0);
}

/// Answers each request for blocks with the blocks that a test put there.
class ScriptedSource final : public providers::BlockSource {
 public:
  Result<std::optional<std::uint64_t>> FetchChainId(Deadline /*deadline*/,
                                                    std::stop_token /*stop*/) override {
    return std::nullopt;
  }
  Result<std::optional<ChainHead>> FetchHead(HeadTag /*tag*/, Deadline /*deadline*/,
                                             std::stop_token /*stop*/) override {
    return std::nullopt;
  }
  Result<std::vector<EvmBlock>> FetchBlocks(BlockRange range, Deadline /*deadline*/,
                                            std::stop_token /*stop*/) override {
    asked.push_back(range);
    std::vector<EvmBlock> blocks;
    for (const std::uint64_t number : numbers) {
      blocks.emplace_back().number = BlockNumber{number};
    }
    return blocks;
  }

  std::vector<std::uint64_t> numbers;
  std::vector<BlockRange> asked;
};

TEST_F(ChunkStreamTest, AnAnswerWithOtherBlocksIsAFailure) {
  const std::vector<std::vector<std::uint64_t>> answers = {{},        {5},          {5, 6},
                                                           {5, 7, 6}, {5, 6, 7, 8}, {6, 7, 8}};
  for (const auto& answer : answers) {
    ScriptedSource source;
    source.numbers = answer;
    ChunkStream stream(source, {.blocks = Blocks(5, 7), .chunk_blocks = 10}, {});
    const auto chunk = stream.Next();
    ASSERT_FALSE(chunk) << answer.size();
    EXPECT_EQ(chunk.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(chunk.error().message.find("5 to 7"), std::string::npos);
  }
}

TEST_F(ChunkStreamTest, TheGreatestBlockNumberDoesNotWrap) {
  ScriptedSource source;
  source.numbers = {kMax};
  ChunkStream stream(source, {.blocks = Blocks(kMax, kMax), .chunk_blocks = kMax}, {});
  EXPECT_EQ(ReadAll(stream), (std::vector<std::uint64_t>{kMax, kMax}));
  EXPECT_EQ(source.asked, std::vector{Blocks(kMax, kMax)});
}

}  // namespace
}  // namespace tidemark::worker
