// How far a table is on its way to the end block of its job.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace tidemark::app {

/// What a terminal's font and encoding can show.
enum class Glyphs : std::uint8_t { kAscii, kUtf8 };

/// Of the blocks `start` to `end`, both included, those up to `current`; absent is what nobody
/// knows yet.
struct Way {
  std::optional<std::uint64_t> start;
  std::optional<std::uint64_t> current;
  std::uint64_t end = 0;
};

/// 0 to 1; 1 only when the end is reached.
double FractionDone(const Way& way);

/// "[#####-----]  52%", or of block elements. Without a bar if there is less room than ten columns
/// for it; never wider than `width` where that leaves room for the percentage.
std::string RenderBar(double fraction, std::size_t width, Glyphs glyphs);

/// "2m 10s", "done"; "unknown" without a speed.
std::string DescribeTimeLeft(const Way& way, std::optional<double> blocks_per_second);

}  // namespace tidemark::app
