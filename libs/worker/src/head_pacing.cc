#include "head_pacing.h"

#include <algorithm>

namespace tidemark::worker {

void HeadPacing::Observe(BlockNumber head, SteadyTime now) {
  if (newest_ && head <= *newest_) return;
  if (newest_) {
    const auto blocks = static_cast<double>(head.value - newest_->value);
    const std::chrono::duration<double, std::nano> elapsed = now - newest_seen_at_;
    const auto measured = std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed / blocks);
    // A quarter at a time: one late block says little.
    block_interval_ =
        block_interval_ ? *block_interval_ + (measured - *block_interval_) / 4 : measured;
  }
  newest_ = head;
  newest_seen_at_ = now;
}

std::chrono::milliseconds HeadPacing::PollInterval(SteadyTime now) const {
  if (!newest_) return bounds_.max;
  const std::chrono::nanoseconds silence = now - newest_seen_at_;
  const auto interval = std::max(block_interval_.value_or(silence), silence);
  return std::max(
      bounds_.min,
      std::min(bounds_.max, std::chrono::duration_cast<std::chrono::milliseconds>(interval / 5)));
}

}  // namespace tidemark::worker
