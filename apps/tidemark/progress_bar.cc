#include "progress_bar.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "progress_view.h"

namespace tidemark::app {
namespace {

constexpr std::size_t kPercentWidth = 4;  // "100%"
constexpr std::size_t kNarrowestBar = 10;
constexpr double kLongestKnownS = 365.0 * 86'400;

bool IsDone(const Way& way) { return way.current && *way.current >= way.end; }

std::string AsciiBar(double fraction, std::size_t width) {
  const std::size_t inside = width - 2;
  const auto full = static_cast<std::size_t>(fraction * static_cast<double>(inside));
  return fmt::format("[{}{}]", std::string(full, '#'), std::string(inside - full, '-'));
}

/// In eighths of a column.
std::string BlockBar(double fraction, std::size_t width) {
  constexpr std::array<std::string_view, 8> kParts = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(fraction * static_cast<double>(width) * 8);
  std::string bar;
  for (std::size_t i = 0; i < eighths / 8; ++i) bar += "█";
  bar += kParts[eighths % 8];
  for (std::size_t i = (eighths + 7) / 8; i < width; ++i) bar += "░";
  return bar;
}

}  // namespace

double FractionDone(const Way& way) {
  if (IsDone(way)) return 1;
  if (!way.start || !way.current || *way.start > *way.current) return 0;
  // As doubles, for all blocks there can be are one more than 64 bits count.
  const double done = static_cast<double>(*way.current - *way.start) + 1;
  const double all = static_cast<double>(way.end - *way.start) + 1;
  return std::min(done / all, std::nextafter(1.0, 0.0));
}

std::string RenderBar(double fraction, std::size_t width, Glyphs glyphs) {
  std::string percent = fmt::format("{:>3}%", std::floor(fraction * 100));
  if (width < kNarrowestBar + 1 + kPercentWidth) return percent;
  const std::size_t bar = width - 1 - kPercentWidth;
  return (glyphs == Glyphs::kUtf8 ? BlockBar(fraction, bar) : AsciiBar(fraction, bar)) + " " +
         percent;
}

std::string DescribeTimeLeft(const Way& way, std::optional<double> blocks_per_second) {
  if (IsDone(way)) return "done";
  const double speed = blocks_per_second.value_or(0);
  if (!way.current || speed <= 0) return "unknown";
  const double left_s = static_cast<double>(way.end - *way.current) / speed;
  if (left_s > kLongestKnownS) return "over a year";
  return FormatDuration(static_cast<std::uint64_t>(std::ceil(left_s)));
}

}  // namespace tidemark::app
