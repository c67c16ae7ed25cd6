// How often to ask for the chain head.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

#include "tidemark/base/clock.h"
#include "tidemark/model/block_range.h"

namespace tidemark::worker {

/// Learns from the heads seen when the next block is due. Not thread-safe.
class HeadPacing {
 public:
  struct Bounds {
    std::chrono::milliseconds min;
    std::chrono::milliseconds max;
  };

  explicit HeadPacing(const Bounds& bounds) : bounds_(bounds) {}

  /// Takes note of the head that was just fetched.
  void Observe(BlockNumber head, SteadyTime now);

  /// How long to wait for the next look, within the bounds. Around each moment at which a block is
  /// due the looks are as close as its time can be foretold, so that it is seen soon after it is
  /// there; between these moments they are far apart. Of a chain whose blocks have stayed out for
  /// longer, a fifth of the silence; of one that has no block, as long as the bounds allow.
  std::chrono::milliseconds PollInterval(SteadyTime now) const;

 private:
  /// What the last blocks tell: half of them came within `spread` of `interval` after the one
  /// before.
  struct Rhythm {
    std::chrono::nanoseconds interval;
    std::chrono::nanoseconds spread;
  };

  std::optional<Rhythm> FindRhythm() const;
  std::chrono::milliseconds WithinBounds(std::chrono::nanoseconds wait) const;

  Bounds bounds_;
  std::optional<BlockNumber> newest_;
  SteadyTime newest_seen_at_;
  // Of the last blocks, in no order. Medians of them: a slot without a block says nothing.
  std::array<std::chrono::nanoseconds, 16> intervals_{};
  std::size_t intervals_seen_ = 0;
};

}  // namespace tidemark::worker
