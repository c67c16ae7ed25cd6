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
           {R"("nanos":5)", R"("nanos":1000000000)", "nanos"},
           {R"({"secs":1767225600,"nanos":5})", "0", "created_at"},
           {R"("start":0)", R"("start":"0")", "start"},
           {R"("end":9007199254740993)", R"("end":18446744073709551616)", "JSON"},
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

}  // namespace
}  // namespace tidemark
