// Packed segments against a plain vector of them.

#include "segment_store.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "random_seed.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

/// Segments whose numbers are spread over as many bytes as drawn, each linked to the one before or
/// not.
class SegmentMaker {
 public:
  SegmentMaker(std::mt19937_64& random, std::size_t networks)
      : random_(random), parents_(networks) {}

  Segment Make() {
    Segment segment{
        .file_id = FileId{static_cast<std::int64_t>(Number())},
        .created_at = UtcTime(std::chrono::nanoseconds(static_cast<std::int64_t>(Number()))),
        .size_bytes = Number(),
        .ranges = {}};
    const bool is_linked = random_() % 20 != 0;
    for (std::size_t i = 0; i < parents_.size(); ++i) {
      std::uint64_t first = Number();
      std::uint64_t last = Number();
      if (last < first) std::swap(first, last);
      BlockHash hash;
      std::ranges::generate(hash.bytes, [&] { return static_cast<std::uint8_t>(random_()); });
      segment.ranges.push_back(
          {.network = std::string(1, static_cast<char>('a' + i)),
           .blocks = *BlockRange::Make(BlockNumber{first}, BlockNumber{last}),
           .hash = hash,
           .prev_hash = is_linked ? parents_[i] : BlockHash{},
           .timestamp_s = random_() % 3 == 0 ? std::nullopt : std::optional(Number())});
      parents_[i] = hash;
    }
    return segment;
  }

 private:
  std::uint64_t Number() {
    switch (random_() % 40) {
      case 0:
        return kMost;
      case 1:
        return 0;
      case 2:
        return 1ULL << 63U;
      case 3:
        return (1ULL << 63U) - 1;
      default:
        // Mostly alike for a while, so that columns get each width.
        if (random_() % 300 == 0) bits_ = random_() % 64;
        return 17'000'000 + random_() % (1ULL << bits_);
    }
  }

  std::mt19937_64& random_;
  std::vector<BlockHash> parents_;
  std::uint64_t bits_ = 8;
};

std::vector<Segment> AllOf(const SegmentStore& store) {
  std::vector<Segment> segments;
  store.AppendAllTo(segments);
  return segments;
}

SegmentStore::Position PositionAt(const SegmentStore& store, std::size_t index) {
  SegmentStore::Position position = store.begin();
  for (; index > 0; --index) position = store.Next(position);
  return position;
}

class SegmentStoreTest : public testing::TestWithParam<std::size_t> {
 protected:
  std::mt19937_64 random_{RandomSeed()};
  SegmentMaker maker_{random_, GetParam()};
};

TEST_P(SegmentStoreTest, GivesBackWhatWasAppended) {
  SegmentStore store;
  std::vector<Segment> expected;
  for (std::size_t i = 0; i < 3000; ++i) {
    expected.push_back(maker_.Make());
    store.Append(expected.back());
  }
  EXPECT_EQ(store.size(), expected.size());
  EXPECT_EQ(AllOf(store), expected);
  SegmentStore::Position position = store.end();
  Segment read;
  for (std::size_t i = expected.size(); i > 0; --i) {
    position = store.Previous(position);
    store.Read(position, read);
    ASSERT_EQ(read, expected[i - 1]) << i;
  }
  EXPECT_EQ(position, store.begin());
}

// Method: parts of any length are replaced by parts of any length, at chunks' ends more often than
// chance would have it.
TEST_P(SegmentStoreTest, GivesBackWhatWasPutInTheMiddle) {
  SegmentStore store;
  std::vector<Segment> expected;
  const auto draw_index = [&] {
    if (random_() % 3 != 0) return static_cast<std::size_t>(random_() % (expected.size() + 1));
    const std::size_t near = random_() % (expected.size() / 128 + 1) * 128 + random_() % 3;
    return std::min(near, expected.size());
  };
  for (int round = 0; round < 500; ++round) {
    std::size_t first = draw_index();
    std::size_t end = random_() % 3 == 0 ? draw_index() : first + random_() % 3;
    end = std::min(end, expected.size());
    if (end < first) std::swap(first, end);
    std::vector<Segment> segments;
    const std::size_t longest = random_() % 4 == 0 ? 700 : 4;
    for (std::size_t count = random_() % longest; count > 0; --count) {
      segments.push_back(maker_.Make());
    }
    store.Replace(PositionAt(store, first), PositionAt(store, end), segments);
    const auto at = expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(first),
                                   expected.begin() + static_cast<std::ptrdiff_t>(end));
    expected.insert(at, segments.begin(), segments.end());
    ASSERT_EQ(store.size(), expected.size());
    ASSERT_EQ(AllOf(store), expected) << "round " << round;
  }
}

TEST_P(SegmentStoreTest, FindsFileIds) {
  SegmentStore store;
  std::vector<Segment> segments;
  for (std::size_t i = 0; i < 1000; ++i) {
    segments.push_back(maker_.Make());
    segments.back().file_id = FileId{static_cast<std::int64_t>(2 * i)};
  }
  std::shuffle(segments.begin() + 300, segments.end(), random_);
  for (const Segment& segment : segments) store.Append(segment);
  Segment read;
  for (const Segment& segment : segments) {
    const auto position = store.Find(segment.file_id);
    if (!position) FAIL() << segment.file_id.value;
    store.Read(*position, read);
    EXPECT_EQ(read, segment);
    EXPECT_FALSE(store.Find(FileId{segment.file_id.value + 1}));
  }
  EXPECT_EQ(store.GreatestId(), FileId{1998});
  std::vector<FileId> ids;
  store.AppendIdsAbove({.id = FileId{500}, .most = segments.size()}, ids);
  std::ranges::sort(ids);
  ASSERT_EQ(ids.size(), 749U);
  EXPECT_EQ(ids.front(), FileId{502});
  EXPECT_EQ(ids.back(), FileId{1998});
}

TEST_P(SegmentStoreTest, FindsWhereAnOrderTurns) {
  SegmentStore store;
  for (std::size_t count = 0; count < 700; ++count) {
    Segment segment = maker_.Make();
    segment.size_bytes = count;
    if (count % 40 == 0) {
      for (std::size_t sought = 0; sought <= count; ++sought) {
        const auto found =
            store.FindFirstNot([&](const Segment& other) { return other.size_bytes < sought; });
        ASSERT_EQ(found, PositionAt(store, sought)) << sought << " of " << count;
      }
    }
    store.Append(segment);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, SegmentStoreTest, testing::Values(1U, 2U, 3U));

}  // namespace
}  // namespace tidemark::chain
