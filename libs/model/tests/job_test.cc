#include "tidemark/model/job.h"

#include <gtest/gtest.h>

#include "tidemark/model/bytes.h"
#include "tidemark/model/ids.h"

namespace tidemark {
namespace {

JobDescriptor Sample() {
  return {.version = {.dataset = {.ns = "_", .name = "anvil"}, .manifest_hash = HashManifest("x")},
          .end_block = {EndBlock::BehindLatest{64}},
          .max_writers = 2,
          .verify = true};
}

TEST(JobStatusTest, ReadsEveryWordInAnyCaseAndKeepsTheRestUnknown) {
  EXPECT_EQ(ParseJobStatus("stop_requested"), JobStatus::kStopRequested);
  EXPECT_EQ(ParseJobStatus("Running"), JobStatus::kRunning);
  EXPECT_EQ(ParseJobStatus(""), JobStatus::kUnknown);
  EXPECT_EQ(ParseJobStatus("FAILED"), JobStatus::kUnknown);
}

TEST(JobStatusTest, TheSpecificationKnowsOneWordForFailure) {
  EXPECT_EQ(ToSpecWord(JobStatus::kError), "FAILED");
  EXPECT_EQ(ToSpecWord(JobStatus::kFatal), "FAILED");
  EXPECT_EQ(ToSpecWord(JobStatus::kStopRequested), "STOP_REQUESTED");
}

TEST(EndBlockTest, ReadsItsThreeForms) {
  EXPECT_EQ(ParseEndBlock(std::nullopt), (EndBlock{EndBlock::Continuous{}}));
  EXPECT_EQ(ParseEndBlock("latest"), (EndBlock{EndBlock::BehindLatest{0}}));
  EXPECT_EQ(ParseEndBlock("-64"), (EndBlock{EndBlock::BehindLatest{64}}));
  EXPECT_EQ(ParseEndBlock("18446744073709551615"), (EndBlock{BlockNumber{18446744073709551615U}}));
  for (const char* bad : {"", "-", "--1", "+1", "1.0", "LATEST", " 1", "18446744073709551616"}) {
    EXPECT_FALSE(ParseEndBlock(bad).has_value()) << bad;
  }
}

TEST(JobDescriptorTest, ReadsWhatItPrints) {
  EXPECT_EQ(ParseJobDescriptor(PrintJobDescriptor(Sample())), Sample());
  JobDescriptor continuous = Sample();
  continuous.end_block = {EndBlock::Continuous{}};
  EXPECT_EQ(ParseJobDescriptor(PrintJobDescriptor(continuous)), continuous);
}

TEST(JobDescriptorTest, AnotherKindIsNotOurs) {
  std::string json = PrintJobDescriptor(Sample());
  json.replace(json.find("materialize-raw"), 15, "materialize-derived");
  EXPECT_EQ(ParseJobDescriptor(json).error().code, ErrorCode::kCorruption);
}

TEST(JobDescriptorTest, AWriterCountPast16BitsIsCorruption) {
  std::string json = PrintJobDescriptor(Sample());
  json.replace(json.find(":2,"), 3, ":65536,");
  EXPECT_EQ(ParseJobDescriptor(json).error().code, ErrorCode::kCorruption);
}

TEST(IdempotencyKeyTest, IsTheHashOfKindNameAndManifest) {
  const DatasetVersion version = Sample().version;
  EXPECT_EQ(MakeIdempotencyKey(version),
            HashManifest("materialize-raw:_/anvil@" + version.manifest_hash.hex).hex);
}

TEST(IdTest, OnlyPositiveDecimalNumbers) {
  EXPECT_EQ(ParseId("1"), 1);
  EXPECT_EQ(ParseId("9223372036854775807"), 9223372036854775807);
  for (const char* bad : {"", "0", "-1", "+1", "1x", "9223372036854775808"}) {
    EXPECT_FALSE(ParseId(bad).has_value()) << bad;
  }
}

TEST(BytesTest, HashesAndAddressesAreReadStrictly) {
  const std::string hash = "0x" + std::string(63, '0') + "f";
  EXPECT_EQ(ToHex(ParseHash32(hash).value()), hash);
  EXPECT_FALSE(ParseHash32(hash.substr(2)).has_value());
  EXPECT_FALSE(ParseHash32(hash + "0").has_value());
  EXPECT_FALSE(ParseAddress(hash).has_value());
  EXPECT_TRUE(ParseAddress("0x" + std::string(40, 'A')).has_value());
}

}  // namespace
}  // namespace tidemark
