#include "error_detail.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tidemark::worker {
namespace {

constexpr std::uint64_t kMax = ~0ULL;

TEST(ErrorDetailTest, HasAmpsKeys) {
  const JobFailure failure{
      .position = {.step = JobStep::kPartitionTask,
                   .blocks = *BlockRange::Make(BlockNumber{(1ULL << 53U) + 1}, BlockNumber{kMax})},
      .error = {ErrorCode::kUnavailable, "node \"x\" did not answer"}};
  const DatasetVersion version{.dataset = {.ns = "eth", .name = "mainnet"},
                               .manifest_hash = HashManifest("{}")};
  const auto json =
      nlohmann::json::parse(PrintErrorDetail(failure, {.attempts = 3, .version = version}));
  const nlohmann::json expected = {{"error_code", "PARTITION_TASK"},
                                   {"error_message", "node \"x\" did not answer"},
                                   {"error_context",
                                    {{"attempt_index", 3},
                                     {"dataset", "eth/mainnet"},
                                     {"manifest_hash", version.manifest_hash.hex},
                                     {"block_range_start", (1ULL << 53U) + 1},
                                     {"block_range_end", kMax}}}};
  EXPECT_EQ(json, expected);
}

TEST(ErrorDetailTest, LeavesOutWhatIsNotKnown) {
  const JobFailure failure{.position = {.step = JobStep::kGetDataset, .blocks = std::nullopt},
                           .error = {ErrorCode::kCorruption, "no descriptor"}};
  const auto json =
      nlohmann::json::parse(PrintErrorDetail(failure, {.attempts = 1, .version = {}}));
  EXPECT_EQ(json.at("error_code"), "GET_DATASET");
  EXPECT_EQ(json.at("error_context"), (nlohmann::json{{"attempt_index", 1}}));
}

TEST(ErrorDetailTest, OnlyWhatMayPassByItselfIsRetried) {
  EXPECT_TRUE(IsRetryable(ErrorCode::kUnavailable));
  EXPECT_TRUE(IsRetryable(ErrorCode::kConflict));
  EXPECT_FALSE(IsRetryable(ErrorCode::kInvalidArgument));
  EXPECT_FALSE(IsRetryable(ErrorCode::kNotFound));
  EXPECT_FALSE(IsRetryable(ErrorCode::kCorruption));
  EXPECT_FALSE(IsRetryable(ErrorCode::kInternal));
}

}  // namespace
}  // namespace tidemark::worker
