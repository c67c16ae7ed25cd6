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

TEST(JobDescriptorTest, ARawJobPrintsAmpsKeysInAmpsOrder) {
  EXPECT_EQ(PrintJobDescriptor(Sample()),
            R"({"kind":"materialize-raw","end_block":"-64","max_writers":2,)"
            R"("dataset_namespace":"_","dataset_name":"anvil","manifest_hash":")" +
                HashManifest("x").hex + R"(","verify":true})");
}

TEST(JobDescriptorTest, ADerivedJobHasNeitherWritersNorVerification) {
  JobDescriptor derived = Sample();
  derived.kind = JobKind::kMaterializeDerived;
  derived.end_block = {EndBlock::Continuous{}};
  const std::string json = PrintJobDescriptor(derived);
  EXPECT_EQ(json, R"({"kind":"materialize-derived","end_block":null,"dataset_namespace":"_",)"
                  R"("dataset_name":"anvil","manifest_hash":")" +
                      HashManifest("x").hex + R"("})");
  derived.max_writers = 1;
  derived.verify = false;
  EXPECT_EQ(ParseJobDescriptor(json), derived);
}

TEST(JobDescriptorTest, TheOrderOfKeysAndUnknownOnesDoNotMatter) {
  // As jsonb gives them back: by length, then by text, spaced.
  const std::string hash = HashManifest("x").hex;
  EXPECT_EQ(ParseJobDescriptor(R"({"kind": "materialize-raw", "later": {"kind": [1, 2.5, null]}, )"
                               R"("verify": true, "end_block": "-64", "max_writers": 2, )"
                               R"("dataset_name": "anvil", "manifest_hash": ")" +
                               hash + R"(", "dataset_namespace": "_"})"),
            Sample());
  // What a derived job does not have is not looked at.
  const auto derived =
      ParseJobDescriptor(R"({"verify":"x","max_writers":-1,"kind":"materialize-derived",)"
                         R"("dataset_namespace":"_","dataset_name":"anvil","manifest_hash":")" +
                         hash + "\"}");
  ASSERT_TRUE(derived) << derived.error().message;
  EXPECT_EQ(derived->kind, JobKind::kMaterializeDerived);
  EXPECT_EQ(derived->end_block, (EndBlock{EndBlock::Continuous{}}));
}

TEST(JobDescriptorTest, WhatARawJobLeavesOutHasItsDefault) {
  const auto bare = ParseJobDescriptor(R"({"kind":"materialize-raw","dataset_namespace":"_",)"
                                       R"("dataset_name":"anvil","manifest_hash":")" +
                                       HashManifest("x").hex + "\"}");
  ASSERT_TRUE(bare) << bare.error().message;
  EXPECT_EQ(*bare, (JobDescriptor{.version = Sample().version, .end_block = {}}));
}

TEST(JobDescriptorTest, AWrongKeyIsNamed) {
  struct Case {
    const char* from;
    const char* to;
    const char* why;
  };
  for (const auto& [from, to, why] : {
           Case{"materialize-raw", "materialize-gold", "'materialize-gold' is not one of ours"},
           Case{"\"materialize-raw\"", "7", "\"kind\" must be a string"},
           Case{"\"kind\"", "\"Kind\"", "\"kind\" is missing"},
           Case{"\"-64\"", "\"soon\"", "'soon' is no end block"},
           Case{"\"-64\"", "64", "\"end_block\" must be a string"},
           Case{"anvil", "9anvil", "'9anvil' is no dataset name"},
           Case{"true", "1", "\"verify\" must be true or false"},
           Case{"true", "null", "\"verify\" must be true or false"},
           Case{":2,", ":-2,", "\"max_writers\" must be an integer"},
           Case{":2,", ":65536,", "\"max_writers\" must be at most 65535"},
       }) {
    std::string json = PrintJobDescriptor(Sample());
    json.replace(json.find(from), std::string_view(from).size(), to);
    const auto parsed = ParseJobDescriptor(json);
    ASSERT_FALSE(parsed) << json;
    EXPECT_EQ(parsed.error().code, ErrorCode::kCorruption);
    EXPECT_NE(parsed.error().message.find(why), std::string::npos) << parsed.error().message;
  }
}

TEST(IdempotencyKeyTest, IsTheHashOfKindNameAndManifest) {
  const DatasetVersion version = Sample().version;
  EXPECT_EQ(MakeIdempotencyKey(JobKind::kMaterializeRaw, version),
            HashManifest("materialize-raw:_/anvil@" + version.manifest_hash.hex).hex);
  EXPECT_EQ(MakeIdempotencyKey(JobKind::kMaterializeDerived, version),
            HashManifest("materialize-derived:_/anvil@" + version.manifest_hash.hex).hex);
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
