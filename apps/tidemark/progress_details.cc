#include "progress_details.h"

#include <cstdint>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "tidemark/base/text.h"

namespace tidemark::app {
namespace {

/// "1 block", "11 blocks"; a range may hold one more than fits a number.
std::string CountBlocks(std::uint64_t start, std::uint64_t end) {
  if (end < start) return "? blocks";
  if (end - start == std::numeric_limits<std::uint64_t>::max()) {
    return "18446744073709551616 blocks";
  }
  return fmt::format("{} block{}", end - start + 1, end == start ? "" : "s");
}

/// "mainnet 140 - 150 (11 blocks)".
std::string DescribeRange(JsonValue range) {
  const auto start = UnsignedOf(range, "start");
  const auto end = UnsignedOf(range, "end");
  return fmt::format("{} {} - {} ({})", TextOrDash(range, "network"), NumberOrDash(range, "start"),
                     NumberOrDash(range, "end"),
                     start && end ? CountBlocks(*start, *end) : "? blocks");
}

std::string DescribeFiles(std::uint64_t count, std::uint64_t bytes) {
  return fmt::format("{} file{}, {}", count, count == 1 ? "" : "s", FormatBytes(bytes));
}

std::string DescribeRun(std::string_view name, JsonValue run) {
  std::string ranges;
  for (const JsonValue range : ArrayOf(run, "ranges")) {
    if (!ranges.empty()) ranges += ", ";
    ranges += DescribeRange(range);
  }
  return fmt::format("{:<8}{}, {}", name, ranges,
                     DescribeFiles(UnsignedOf(run, "files_count").value_or(0),
                                   UnsignedOf(run, "total_size_bytes").value_or(0)));
}

void AddHeads(JsonValue table, std::vector<std::string>& lines) {
  for (const JsonValue head : ArrayOf(table, "head")) {
    std::string line = fmt::format("{:<8}{}: ", "head", TextOrDash(head, "network"));
    if (const auto number = UnsignedOf(head, "number")) {
      line += fmt::format("block {}", *number);
      if (TextOf(head, "tag") == "finalized") line += " (finalized)";
      if (const auto lag = UnsignedOf(head, "lag")) line += fmt::format(", {} behind", *lag);
      if (const auto age_ms = UnsignedOf(head, "age_ms")) {
        line += fmt::format(", seen {}s ago", *age_ms / 1000);
      }
    } else {
      line += "unknown";
    }
    if (const auto source = TextOf(head, "source")) line += fmt::format(", from {}", *source);
    if (const auto reason = TextOf(head, "reason")) {
      line += fmt::format("; {}: {}", *reason, TextOrDash(head, "detail"));
    }
    lines.push_back(std::move(line));
  }
}

void AddHealth(JsonValue table, std::vector<std::string>& lines) {
  const auto health = MemberOf(table, "health");
  if (!health) return;
  std::string line = fmt::format("{:<8}{}", "health", TextOrDash(*health, "code"));
  if (const auto detail = TextOf(*health, "detail")) line += fmt::format(": {}", *detail);
  if (const auto retry = TextOf(*health, "retry_at")) line += fmt::format(", again at {}", *retry);
  lines.push_back(std::move(line));
  if (const auto error = MemberOf(*health, "error")) {
    lines.push_back(fmt::format("{:<8}{}", "error", DescribeFailure(*error)));
  }
}

void AddMore(std::string_view name, std::uint64_t count, std::size_t listed,
             std::vector<std::string>& lines) {
  if (count > listed) lines.push_back(fmt::format("{:<8}{} more", name, count - listed));
}

void AddGaps(JsonValue table, std::vector<std::string>& lines) {
  const auto gaps = MemberOf(table, "gaps");
  if (!gaps) return;
  const auto missing = ArrayOf(*gaps, "missing");
  for (const JsonValue range : missing) {
    lines.push_back(fmt::format("{:<8}{}", "missing", DescribeRange(range)));
  }
  AddMore("missing", UnsignedOf(*gaps, "missing_count").value_or(0), missing.size(), lines);
  for (const JsonValue fork : ArrayOf(*gaps, "forks")) lines.push_back(DescribeRun("fork", fork));
  const auto islands = ArrayOf(*gaps, "islands");
  for (const JsonValue island : islands) lines.push_back(DescribeRun("island", island));
  AddMore("island", UnsignedOf(*gaps, "islands_count").value_or(0), islands.size(), lines);
  if (const auto files = UnsignedOf(*gaps, "superseded_files_count").value_or(0); files > 0) {
    lines.push_back(
        fmt::format("{:<8}{} superseded", "old",
                    DescribeFiles(files, UnsignedOf(*gaps, "superseded_size_bytes").value_or(0))));
  }
}

void AddRowsProblem(JsonValue table, std::vector<std::string>& lines) {
  const auto reason = TextOf(table, "rows_reason");
  if (!reason) return;
  lines.push_back(
      fmt::format("{:<8}unknown; {}: {}", "rows", *reason, TextOrDash(table, "rows_detail")));
}

void AddProblems(JsonValue table, std::vector<std::string>& lines) {
  for (const JsonValue problem : ArrayOf(table, "problems")) {
    lines.push_back(fmt::format("{:<8}{} x {}: {}", "problem", NumberOrDash(problem, "count"),
                                TextOrDash(problem, "code"), TextOrDash(problem, "detail")));
  }
}

}  // namespace

std::string DescribeFailure(JsonValue error) {
  std::string text =
      fmt::format("{}: {}", TextOrDash(error, "error_code"), TextOrDash(error, "error_message"));
  const auto context = MemberOf(error, "error_context");
  if (!context) return text;
  const auto first = UnsignedOf(*context, "block_range_start");
  const auto last = UnsignedOf(*context, "block_range_end");
  if (first && last) text += fmt::format(" (blocks {} to {})", *first, *last);
  return text;
}

std::vector<std::string> DescribeDetails(JsonValue table) {
  std::vector<std::string> lines;
  AddHeads(table, lines);
  AddHealth(table, lines);
  AddGaps(table, lines);
  AddRowsProblem(table, lines);
  AddProblems(table, lines);
  return lines;
}

}  // namespace tidemark::app
