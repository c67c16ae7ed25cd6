#include "history_generator.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "segment_notation.h"

namespace tidemark::chain {
namespace {

constexpr std::uint64_t kUniverseBlocks = 20;
constexpr std::uint64_t kMaxNumber = std::numeric_limits<std::uint64_t>::max();
constexpr std::array<std::uint64_t, 6> kBases = {
    0, 1, (1ULL << 53U) - 9, (1ULL << 63U) - 9, kMaxNumber - kUniverseBlocks + 1, 17'000'000,
};

class Generator {
 public:
  explicit Generator(std::mt19937_64& random)
      : random_(random), base_(kBases.at(Below(kBases.size()))) {}

  History Make() {
    const std::uint64_t networks = OneIn(4) ? 2 + Below(2) : 1;
    for (std::uint64_t i = 0; i < networks; ++i)
      networks_.emplace_back(1, static_cast<char>('a' + i));
    hashes_are_zero_ = OneIn(15);
    for (std::uint64_t fork = 0; fork < 1 + Below(4); ++fork) AddFork(fork);
    for (std::uint64_t i = Below(4); i > 0; --i) AddStray();
    Disturb();
    std::ranges::shuffle(segments_, random_);
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      segments_[i].file_id = FileId{static_cast<std::int64_t>(i + 1)};
    }
    std::ranges::shuffle(segments_, random_);
    const std::uint64_t desired_first = base_ + Below(kUniverseBlocks);
    const std::uint64_t universe_last = base_ + kUniverseBlocks - 1;
    return {
        .segments = std::move(segments_),
        .universe = Blocks(base_, universe_last),
        .desired = Blocks(desired_first, universe_last - Below(universe_last - desired_first + 1))};
  }

 private:
  std::uint64_t Below(std::uint64_t limit) { return random_() % limit; }
  bool OneIn(std::uint64_t count) { return Below(count) == 0; }

  static BlockRange Blocks(std::uint64_t first, std::uint64_t last) {
    return *BlockRange::Make(BlockNumber{first}, BlockNumber{last});
  }

  /// Forks share the blocks below the one where they leave the main chain.
  BlockHash Hash(const std::string& network, std::uint64_t fork, std::uint64_t number) const {
    if (hashes_are_zero_) return {};
    const bool is_shared = fork == 0 || number < base_ + leaves_at_.at(fork);
    const char name = is_shared ? kMainFork : static_cast<char>('a' + fork);
    return HashOf(network, name, BlockNumber{number});
  }

  BlockHash ParentHash(const std::string& network, std::uint64_t fork, std::uint64_t first) const {
    return first == 0 ? BlockHash{} : Hash(network, fork, first - 1);
  }

  NetworkRange Range(const std::string& network, std::uint64_t fork, BlockRange blocks) {
    return {.network = network,
            .blocks = blocks,
            .hash = Hash(network, fork, blocks.last().value),
            .prev_hash = ParentHash(network, fork, blocks.first().value),
            .timestamp_s = OneIn(3) ? std::nullopt : std::optional(Below(1000))};
  }

  /// A few moments only, so that ties are common.
  UtcTime Time() { return UtcTime(std::chrono::seconds(Below(4))); }

  Segment MakeSegment(std::vector<NetworkRange> ranges) {
    return {.file_id = {},
            .created_at = Time(),
            .size_bytes = OneIn(10) ? kMaxNumber : Below(1000),
            .ranges = std::move(ranges)};
  }

  /// Consecutive segments along one fork, some of them dropped, some compacted, some twice there.
  void AddFork(std::uint64_t fork) {
    leaves_at_.push_back(Below(kUniverseBlocks));
    std::vector<std::uint64_t> next(networks_.size(), base_);
    std::vector<Segment> along;
    const std::uint64_t end = base_ + 1 + Below(kUniverseBlocks - 1);
    while (true) {
      std::vector<NetworkRange> ranges;
      for (std::size_t i = 0; i < networks_.size(); ++i) {
        const std::uint64_t skipped = OneIn(8) ? Below(3) : 0;
        const std::uint64_t length = OneIn(3) ? 1 : 1 + Below(8);
        if (end - next[i] < skipped + length) break;
        const std::uint64_t first = next[i] + skipped;
        NetworkRange range = Range(networks_[i], fork, Blocks(first, first + length - 1));
        range.prev_hash = ParentHash(networks_[i], fork, next[i]);
        ranges.push_back(std::move(range));
        next[i] = first + length;
      }
      if (ranges.size() < networks_.size()) break;
      along.push_back(MakeSegment(std::move(ranges)));
    }
    for (std::size_t i = 0; i < along.size(); ++i) {
      if (!OneIn(6)) segments_.push_back(along[i]);
      if (OneIn(10)) segments_.push_back(along[i]);
      if (i > 0 && OneIn(5)) segments_.push_back(Compact(along[i - 1], along[i]));
    }
  }

  Segment Compact(const Segment& a, const Segment& b) {
    std::vector<NetworkRange> ranges = b.ranges;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      ranges[i].blocks = Blocks(a.ranges[i].blocks.first().value, ranges[i].blocks.last().value);
      ranges[i].prev_hash = a.ranges[i].prev_hash;
    }
    return MakeSegment(std::move(ranges));
  }

  /// A segment anywhere, whose first and last block may even be of different forks.
  void AddStray() {
    std::vector<NetworkRange> ranges;
    for (const std::string& network : networks_) {
      const std::uint64_t first = Below(kUniverseBlocks);
      const std::uint64_t last = first + Below(std::min<std::uint64_t>(8, kUniverseBlocks - first));
      NetworkRange range =
          Range(network, Below(leaves_at_.size()), Blocks(base_ + first, base_ + last));
      range.prev_hash = ParentHash(network, Below(leaves_at_.size()), base_ + first);
      ranges.push_back(std::move(range));
    }
    segments_.push_back(MakeSegment(std::move(ranges)));
  }

  void Disturb() {
    if (OneIn(10)) segments_.push_back(MakeSegment({}));
    if (segments_.empty() || !OneIn(6)) return;
    Segment& victim = segments_[Below(segments_.size())];
    if (victim.ranges.empty()) return;
    if (OneIn(2)) {
      victim.ranges.pop_back();
    } else {
      NetworkRange other = victim.ranges.back();
      other.network = "z";
      // Hashes name their network.
      for (BlockHash* hash : {&other.hash, &other.prev_hash}) {
        if (*hash != BlockHash{}) hash->bytes[9] = 'z';
      }
      victim.ranges.push_back(std::move(other));
    }
  }

  std::mt19937_64& random_;
  std::uint64_t base_;
  std::vector<std::string> networks_;
  std::vector<std::uint64_t> leaves_at_;  // By fork; that of fork 0 is not used.
  bool hashes_are_zero_ = false;
  std::vector<Segment> segments_;
};

}  // namespace

History MakeHistory(std::mt19937_64& random) { return Generator(random).Make(); }

}  // namespace tidemark::chain
