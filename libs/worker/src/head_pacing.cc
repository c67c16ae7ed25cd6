#include "head_pacing.h"

#include <algorithm>
#include <span>

namespace tidemark::worker {
namespace {

using std::chrono::nanoseconds;

// Blocks that are due and stay out so many times are not waited for as closely.
constexpr int kIntervalsOfPatience = 4;
// A block comes earlier or later than this many times the spread once in a hundred.
constexpr int kSpreadsAround = 5;
constexpr int kLooksASpread = 4;

nanoseconds Median(std::span<nanoseconds> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

void HeadPacing::Observe(BlockNumber head, SteadyTime now) {
  if (newest_ && head <= *newest_) return;
  if (newest_) {
    const auto blocks = static_cast<double>(head.value - newest_->value);
    const std::chrono::duration<double, std::nano> elapsed = now - newest_seen_at_;
    intervals_.at(intervals_seen_++ % intervals_.size()) =
        std::chrono::duration_cast<nanoseconds>(elapsed / blocks);
  }
  newest_ = head;
  newest_seen_at_ = now;
}

std::optional<HeadPacing::Rhythm> HeadPacing::FindRhythm() const {
  if (intervals_seen_ == 0) return std::nullopt;
  auto values = intervals_;
  const std::span seen = std::span(values).first(std::min(intervals_seen_, values.size()));
  Rhythm rhythm{.interval = std::max(Median(seen), nanoseconds(1)), .spread = {}};
  std::ranges::transform(seen, seen.begin(), [&](nanoseconds interval) {
    return std::chrono::abs(interval - rhythm.interval);
  });
  rhythm.spread = Median(seen);
  return rhythm;
}

std::chrono::milliseconds HeadPacing::WithinBounds(nanoseconds wait) const {
  const auto rounded = std::chrono::duration_cast<std::chrono::milliseconds>(wait);
  return std::max(bounds_.min, std::min(bounds_.max, rounded));
}

std::chrono::milliseconds HeadPacing::PollInterval(SteadyTime now) const {
  if (!newest_) return bounds_.max;
  const nanoseconds silence = now - newest_seen_at_;
  const auto rhythm = FindRhythm();
  if (!rhythm || silence > kIntervalsOfPatience * rhythm->interval) {
    return WithinBounds(silence / 5);
  }
  const nanoseconds around = std::max<nanoseconds>(kSpreadsAround * rhythm->spread, bounds_.min);
  const nanoseconds since_due = silence % rhythm->interval;
  const nanoseconds until_due = rhythm->interval - since_due;
  const bool is_overdue = silence >= rhythm->interval && since_due <= around;
  if (is_overdue || until_due <= around) return WithinBounds(rhythm->spread / kLooksASpread);
  return WithinBounds(until_due - around);
}

}  // namespace tidemark::worker
