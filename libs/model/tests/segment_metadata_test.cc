#include <string>

#include <gtest/gtest.h>

#include "tidemark/model/model.h"

namespace tidemark {
namespace {

std::string Hex64(char digit) { return "0x" + std::string(64, digit); }

SegmentMetadata Sample() {
  const auto blocks = BlockRange::Make(BlockNumber{0}, BlockNumber{9007199254740993}).value();
  return {.table = "blocks",
          .filename = "000000000-00f3a1b2c4d5e6f7.parquet",
          .created_at = UtcTime(std::chrono::seconds(1767225600) + std::chrono::nanoseconds(5)),
          .ranges = {{.network = "mainnet",
                      .blocks = blocks,
                      .hash = *ParseHash32(Hex64('1')),
                      .prev_hash = {},
                      .timestamp_s = 1438270000}}};
}

/// The sample's JSON with the first `from` replaced by `to`.
std::string Edited(std::string_view from, std::string_view to) {
  std::string json = PrintSegmentMetadata(Sample());
  const auto at = json.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return json.replace(at, from.size(), to);
}

TEST(SegmentMetadataTest, PrintsAmpsKeysInAmpsOrder) {
  EXPECT_EQ(PrintSegmentMetadata(Sample()),
            R"({"table":"blocks","filename":"000000000-00f3a1b2c4d5e6f7.parquet",)"
            R"("created_at":{"secs":1767225600,"nanos":5},"ranges":[{"numbers":)"
            R"({"start":0,"end":9007199254740993},"network":"mainnet","hash":")" +
                Hex64('1') + R"(","prev_hash":")" + Hex64('0') + R"(","timestamp":1438270000}]})");
}

TEST(SegmentMetadataTest, ReadsWhatItPrints) {
  EXPECT_EQ(ParseSegmentMetadata(PrintSegmentMetadata(Sample())), Sample());
}

TEST(SegmentMetadataTest, UnknownKeysAreIgnoredAndATimestampMayBeMissing) {
  const auto read = ParseSegmentMetadata(Edited(R"(,"timestamp":1438270000)", R"(,"extra":[1])"));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_FALSE(read->ranges[0].timestamp_s.has_value());
}

TEST(SegmentMetadataTest, WhatUnknownKeysHoldDoesNotMatter) {
  for (const std::string& value :
       {"1" + std::string(300, '0'), std::string("1e400"),
        std::string(200, '[') + std::string(200, ']'), std::string(R"({"ranges":[],"table":7})")}) {
    const auto read =
        ParseSegmentMetadata(Edited(R"("table":)", R"("zz":)" + value + R"(,"table":)"));
    EXPECT_EQ(read, Sample()) << value;
  }
}

TEST(SegmentMetadataTest, NullsCountAsAbsentWhereAKeyMayBe) {
  const auto read = ParseSegmentMetadata(
      Edited(R"("timestamp":1438270000}])", R"("timestamp":null}],"watermark":null)"));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_FALSE(read->ranges[0].timestamp_s.has_value());
}

TEST(SegmentMetadataTest, NanosecondsOverASecondAreCarriedOver) {
  const auto read = ParseSegmentMetadata(Edited(R"("nanos":5)", R"("nanos":2500000000)"));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->created_at,
            UtcTime(std::chrono::seconds(1767225602) + std::chrono::milliseconds(500)));
}

TEST(SegmentMetadataTest, HashesOfEitherCaseAreTheSame) {
  SegmentMetadata sample = Sample();
  sample.ranges[0].hash = *ParseHash32(Hex64('a'));
  std::string json = PrintSegmentMetadata(sample);
  const auto at = json.find(Hex64('a'));
  json.replace(at + 2, 64, std::string(64, 'A'));
  EXPECT_EQ(ParseSegmentMetadata(json), sample);
}

TEST(SegmentMetadataTest, RangesComeBackSortedByNetwork) {
  SegmentMetadata two = Sample();
  two.ranges.push_back(two.ranges[0]);
  two.ranges[1].network = "base";
  const auto read = ParseSegmentMetadata(PrintSegmentMetadata(two));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->ranges[0].network, "base");
}

TEST(SegmentMetadataTest, TheLargestBlockNumberIsExact) {
  const auto read = ParseSegmentMetadata(Edited("9007199254740993", "18446744073709551615"));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->ranges[0].blocks.last().value, 18446744073709551615U);
}

TEST(SegmentMetadataTest, EveryBrokenMemberIsCorruptionAndNamed) {
  struct Case {
    std::string from, to, named;
  };
  for (const Case& c : std::vector<Case>{
           {R"("table":"blocks",)", "", "table"},
           {R"("blocks")", "7", "table"},
           {R"("secs":1767225600)", R"("secs":9223372037)", "secs"},
           {R"("secs":1767225600)", R"("secs":-1)", "secs"},
           {R"("secs":1767225600)", R"("secs":9223372036854775808)", "secs"},
           {R"("nanos":5)", R"("nanos":4294967296)", "nanos"},
           {R"("nanos":5)", R"("nanos":-5)", "nanos"},
           {R"("nanos":5)", R"("nanos":5,"nanos":6)", "nanos"},
           {R"("nanos":5)", R"("nanos":5,"picos":6)", "created_at"},
           {R"("start":0)", R"("start":0,"exclusive":true)", "numbers"},
           {R"({"start":0,"end":9007199254740993})", "[0,9]", "numbers"},
           {R"({"start":0,"end":9007199254740993})", "null", "numbers"},
           {R"(,"end":9007199254740993)", "", "end"},
           {R"("table":"blocks",)", R"("table":"blocks","table":"logs",)", "table"},
           {R"("table":"blocks",)", R"("table":"blocks","watermark":"9",)", "watermark"},
           {R"("filename":"000000000-00f3a1b2c4d5e6f7.parquet")", R"("filename":null)", "filename"},
           {R"("mainnet","hash")", R"("mainnet","hush")", "hash"},
           {R"(,"timestamp":1438270000)", R"(,"timestamp":-1)", "timestamp"},
           {R"(,"timestamp":1438270000}])", R"(,"timestamp":1438270000}]})", "JSON"},
           {"0x11", "0X11", "hash"},
           {R"({"secs":1767225600,"nanos":5})", "0", "created_at"},
           {R"("start":0)", R"("start":"0")", "start"},
           {R"("end":9007199254740993)", R"("end":18446744073709551616)", "end"},
           {R"("end":9007199254740993)", R"("end":9.0)", "end"},
           {R"("start":0)", R"("start":9007199254740994)", "range"},
           {R"("mainnet")", R"("")", "network"},
           {Hex64('1'), Hex64('1').substr(2), "hash"},
           {R"(,"timestamp":1438270000)", R"(,"timestamp":"x")", "timestamp"},
           {R"("ranges":[)", R"("ranges":[3,)", "range"},
       }) {
    const auto read = ParseSegmentMetadata(Edited(c.from, c.to));
    ASSERT_FALSE(read.has_value()) << c.to;
    EXPECT_EQ(read.error().code, ErrorCode::kCorruption);
    EXPECT_NE(read.error().message.find(c.named), std::string::npos) << read.error().message;
  }
}

// Method: every prefix of a valid text is invalid, and must be refused without reading past its
// end.
TEST(SegmentMetadataTest, EveryTruncationIsRefused) {
  const std::string json = PrintSegmentMetadata(Sample());
  for (std::size_t length = 0; length < json.size(); ++length) {
    EXPECT_FALSE(ParseSegmentMetadata(json.substr(0, length)).has_value()) << length;
  }
}

TEST(SegmentMetadataTest, WhatIsNoObjectIsRefused) {
  for (const std::string_view json : {"", " ", "null", "5", "[]", "\"{}\"", "{}", "{", "}{", "\xff",
                                      R"(["blocks","x.parquet",{"secs":1,"nanos":0},[],null])"}) {
    const auto read = ParseSegmentMetadata(json);
    ASSERT_FALSE(read.has_value()) << json;
    EXPECT_EQ(read.error().code, ErrorCode::kCorruption);
  }
  EXPECT_FALSE(ParseSegmentMetadata(PrintSegmentMetadata(Sample()) + " 1"));
  EXPECT_FALSE(ParseSegmentMetadata(PrintSegmentMetadata(Sample()) + "}"));
}

}  // namespace
}  // namespace tidemark
