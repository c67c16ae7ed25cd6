#include "progress_view.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "text_table.h"
#include "tidemark/base/text.h"

namespace tidemark::app {
namespace {

constexpr std::string_view kAbsent = "-";

TableView ReadTable(JsonValue table) {
  TableView view{.name = TextOf(table, "table_name").value_or("?"),
                 .status = TextOf(table, "job_status"),
                 .start_block = UnsignedOf(table, "start_block"),
                 .current_block = UnsignedOf(table, "current_block"),
                 .files = UnsignedOf(table, "files_count").value_or(0),
                 .bytes = UnsignedOf(table, "total_size_bytes").value_or(0)};
  if (const auto rate = MemberOf(table, "rate")) {
    view.blocks_per_second = NumberOf(*rate, "blocks_per_second");
  }
  for (const JsonValue range : ArrayOf(table, "ranges")) {
    const auto time = UnsignedOf(range, "timestamp");
    if (!time) continue;
    view.newest_block_time_s = std::min(view.newest_block_time_s.value_or(*time), *time);
  }
  return view;
}

std::string Blocks(const TableView& table) {
  if (!table.start_block || !table.current_block) return std::string(kAbsent);
  return fmt::format("{} - {}", *table.start_block, *table.current_block);
}

std::string Speed(const TableView& table) {
  if (!table.blocks_per_second) return std::string(kAbsent);
  const double speed = *table.blocks_per_second;
  return speed < 100 ? fmt::format("{:.1f}/s", speed) : fmt::format("{:.0f}/s", speed);
}

std::string Age(const TableView& table, UtcTime now) {
  return table.newest_block_time_s ? FormatAge(*table.newest_block_time_s, now)
                                   : std::string(kAbsent);
}

/// The escape sequence for a status; empty for none.
std::string_view ColorOf(std::string_view status) {
  if (status == "RUNNING" || status == "COMPLETED") return "\x1b[32m";
  if (status == "FAILED") return "\x1b[31m";
  return "\x1b[33m";
}

}  // namespace

std::vector<TableView> ReadTables(JsonValue answer) {
  std::vector<TableView> tables;
  if (MemberOf(answer, "table_name")) return {ReadTable(answer)};
  for (const JsonValue table : ArrayOf(answer, "tables")) tables.push_back(ReadTable(table));
  return tables;
}

std::string RenderTables(const std::vector<TableView>& tables, UtcTime now, Color color) {
  TextTable text({{"TABLE"},
                  {"STATUS"},
                  {"BLOCKS"},
                  {"FILES", Align::kRight},
                  {"SIZE", Align::kRight},
                  {"SPEED", Align::kRight},
                  {"NEWEST BLOCK", Align::kRight}});
  for (const TableView& table : tables) {
    text.AddRow({table.name, table.status.value_or(std::string(kAbsent)), Blocks(table),
                 fmt::to_string(table.files), FormatBytes(table.bytes), Speed(table),
                 table.newest_block_time_s ? Age(table, now) + " ago" : std::string(kAbsent)});
  }
  std::string rendered = text.Render();
  if (color == Color::kPlain) return rendered;
  // Coloured after the alignment, which counts characters. A status is the only such word of its
  // row in upper case, and a row begins with its table's name.
  std::size_t line = rendered.find('\n') + 1;
  for (const TableView& table : tables) {
    const std::size_t at =
        table.status ? rendered.find(*table.status, line + table.name.size()) : std::string::npos;
    if (at != std::string::npos) {
      rendered.insert(at + table.status->size(), "\x1b[0m");
      rendered.insert(at, ColorOf(*table.status));
    }
    line = rendered.find('\n', line) + 1;
  }
  return rendered;
}

std::string RenderLine(const std::vector<TableView>& tables, UtcTime now) {
  std::string line;
  for (const TableView& table : tables) {
    if (!line.empty()) line += "  ";
    line += fmt::format(
        "{}={}", table.name,
        table.current_block ? fmt::to_string(*table.current_block) : std::string(kAbsent));
  }
  if (!tables.empty()) {
    const TableView& first = tables.front();
    line += fmt::format("  status={}  speed={}  newest_block_age={}",
                        first.status.value_or(std::string(kAbsent)), Speed(first), Age(first, now));
  }
  return line + "\n";
}

std::string FormatAge(std::uint64_t unix_time_s, UtcTime now) {
  const auto now_s = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  // A block may be ahead of our clock; an age is never negative.
  if (now_s < 0 || unix_time_s >= static_cast<std::uint64_t>(now_s)) return "0s";
  const std::uint64_t age_s = static_cast<std::uint64_t>(now_s) - unix_time_s;
  if (age_s < 60) return fmt::format("{}s", age_s);
  if (age_s < 3600) return fmt::format("{}m {}s", age_s / 60, age_s % 60);
  if (age_s < 86400) return fmt::format("{}h {}m", age_s / 3600, age_s % 3600 / 60);
  return fmt::format("{}d {}h", age_s / 86400, age_s % 86400 / 3600);
}

}  // namespace tidemark::app
