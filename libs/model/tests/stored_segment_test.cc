#include "tidemark/model/stored_segment.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark {
namespace {

using testing::HasSubstr;

NetworkRange Range(const std::string& network, std::uint64_t first, std::uint64_t last) {
  return {.network = network,
          .blocks = *BlockRange::Make(BlockNumber{first}, BlockNumber{last}),
          .hash = {},
          .prev_hash = {},
          .timestamp_s = std::nullopt};
}

std::string Metadata(std::vector<NetworkRange> ranges) {
  return PrintSegmentMetadata(
      {.table = "blocks", .filename = "f", .created_at = UtcTime(), .ranges = std::move(ranges)});
}

std::string WhyNot(const std::string& metadata, std::optional<std::int64_t> size = 1) {
  const auto segment = ReadStoredSegment(FileId{1}, metadata, size);
  return segment ? "" : segment.error().message;
}

TEST(ReadStoredSegmentTest, HasWhatTheRowSays) {
  const std::vector ranges = {Range("a", 0, 9), Range("b", 5, 6)};
  const auto segment = ReadStoredSegment(FileId{7}, Metadata(ranges), 12);
  ASSERT_TRUE(segment) << segment.error().message;
  EXPECT_EQ(
      *segment,
      (Segment{.file_id = FileId{7}, .created_at = UtcTime(), .size_bytes = 12, .ranges = ranges}));
}

TEST(ReadStoredSegmentTest, NoSizeIsZeroAndTheGreatestIsOne) {
  const std::string metadata = Metadata({Range("a", 0, 9)});
  EXPECT_EQ(ReadStoredSegment(FileId{1}, metadata, std::nullopt)->size_bytes, 0U);
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(ReadStoredSegment(FileId{1}, metadata, kMax)->size_bytes, std::uint64_t{kMax});
}

TEST(ReadStoredSegmentTest, SaysWhyARowCannotCount) {
  EXPECT_THAT(WhyNot(Metadata({Range("a", 0, 9)}), -1), HasSubstr("its size is -1"));
  EXPECT_THAT(WhyNot(Metadata({})), HasSubstr("no block range"));
  EXPECT_THAT(WhyNot(Metadata({Range("a", 0, 4), Range("a", 5, 9)})),
              HasSubstr("two block ranges of one network"));
  EXPECT_NE(WhyNot("{"), "");
}

}  // namespace
}  // namespace tidemark
