// How often to ask for the chain head.
#pragma once

#include <chrono>
#include <optional>

#include "tidemark/base/clock.h"
#include "tidemark/model/block_range.h"

namespace tidemark::worker {

/// Learns how fast a chain grows from the heads seen. Not thread-safe.
class HeadPacing {
 public:
  struct Bounds {
    std::chrono::milliseconds min;
    std::chrono::milliseconds max;
  };

  explicit HeadPacing(const Bounds& bounds) : bounds_(bounds) {}

  /// Takes note of the head that was just fetched.
  void Observe(BlockNumber head, SteadyTime now);

  /// How long to wait for the next look: a fifth of the time between blocks, within the bounds. A
  /// chain that has been silent for longer than that is asked less and less often; one that has no
  /// block, as seldom as the bounds allow.
  std::chrono::milliseconds PollInterval(SteadyTime now) const;

 private:
  Bounds bounds_;
  std::optional<BlockNumber> newest_;
  SteadyTime newest_seen_at_;
  std::optional<std::chrono::nanoseconds> block_interval_;  // Smoothed.
};

}  // namespace tidemark::worker
