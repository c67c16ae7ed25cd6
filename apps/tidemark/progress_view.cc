#include "progress_view.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "progress_details.h"
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
                 .bytes = UnsignedOf(table, "total_size_bytes").value_or(0),
                 .rows = UnsignedOf(table, "rows")};
  if (const auto rate = MemberOf(table, "rate")) {
    view.blocks_per_second = NumberOf(*rate, "blocks_per_second");
  }
  for (const JsonValue range : ArrayOf(table, "ranges")) {
    const auto time = UnsignedOf(range, "timestamp");
    if (!time) continue;
    view.newest_block_time_s = std::min(view.newest_block_time_s.value_or(*time), *time);
  }
  view.details = DescribeDetails(table);
  view.job_id = UnsignedOf(table, "job_id");
  return view;
}

std::string Blocks(const TableView& table) {
  if (!table.start_block || !table.current_block) return std::string(kAbsent);
  return fmt::format("{} - {}", *table.start_block, *table.current_block);
}

std::string NewestBlock(const TableView& table) {
  return table.current_block ? fmt::to_string(*table.current_block) : std::string(kAbsent);
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

/// After the alignment, which counts characters. A status is the only such word of its row in upper
/// case, and a row begins with its table's name.
void PaintStatuses(const std::vector<TableView>& tables, std::string& rendered) {
  std::size_t line = rendered.find('\n') + 1;
  for (const TableView& table : tables) {
    const std::string status = table.status.value_or("");
    const std::size_t at =
        status.empty() ? std::string::npos : rendered.find(status, line + table.name.size());
    if (at != std::string::npos) {
      rendered.insert(at + status.size(), "\x1b[0m");
      rendered.insert(at, ColorOf(status));
    }
    line = rendered.find('\n', line) + 1;
  }
}

/// Colours a rendered table, and puts the details below it.
std::string Finish(const std::vector<TableView>& tables, std::string rendered, Color color) {
  if (color == Color::kAnsi) PaintStatuses(tables, rendered);
  for (const TableView& table : tables) {
    if (table.details.empty()) continue;
    rendered += fmt::format("\n{}\n", table.name);
    for (const std::string& line : table.details) rendered += fmt::format("  {}\n", line);
  }
  return rendered;
}

bool HasRows(const std::vector<TableView>& tables) {
  return std::ranges::any_of(tables, [](const TableView& table) { return table.rows.has_value(); });
}

std::string Rows(const TableView& table) {
  return table.rows ? fmt::to_string(*table.rows) : std::string(kAbsent);
}

struct BarColumn {
  std::size_t width = 0;
  Glyphs glyphs = Glyphs::kAscii;
};

/// A job that does not run has no time left, whatever it did in the last minute.
std::string TimeLeft(const TableView& table, const Way& way) {
  const bool runs = table.status == "RUNNING";
  return DescribeTimeLeft(way, runs ? table.blocks_per_second : std::nullopt);
}

std::string RenderWithBars(const std::vector<TableView>& tables, const BarColumn& column) {
  std::vector<Column> columns = {
      {"TABLE"}, {"STATUS"}, {"PROGRESS"}, {"BLOCK", Align::kRight}, {"SIZE", Align::kRight}};
  const bool has_rows = HasRows(tables);
  if (has_rows) columns.push_back({"ROWS", Align::kRight});
  columns.push_back({"SPEED", Align::kRight});
  columns.push_back({"LEFT", Align::kRight});
  TextTable text(std::move(columns));
  for (const TableView& table : tables) {
    std::string bar(kAbsent);
    std::string left(kAbsent);
    if (table.end_block) {
      const Way way{
          .start = table.start_block, .current = table.current_block, .end = *table.end_block};
      bar = RenderBar(FractionDone(way), column.width, column.glyphs);
      left = TimeLeft(table, way);
    }
    std::vector<std::string> row = {table.name, table.status.value_or(std::string(kAbsent)),
                                    std::move(bar), NewestBlock(table), FormatBytes(table.bytes)};
    if (has_rows) row.push_back(Rows(table));
    row.push_back(Speed(table));
    row.push_back(std::move(left));
    text.AddRow(std::move(row));
  }
  return text.Render();
}

}  // namespace

std::vector<TableView> ReadTables(JsonValue answer) {
  std::vector<TableView> tables;
  if (MemberOf(answer, "table_name")) return {ReadTable(answer)};
  for (const JsonValue table : ArrayOf(answer, "tables")) tables.push_back(ReadTable(table));
  // A job's answer has them by name in no order, and the status once.
  const auto members = MembersOf(answer, "tables");
  for (const auto& [name, table] : members) {
    tables.push_back(ReadTable(table));
    tables.back().name = name;
    tables.back().status = TextOf(answer, "job_status");
    tables.back().job_id = UnsignedOf(answer, "job_id");
  }
  if (!members.empty()) std::ranges::sort(tables, {}, &TableView::name);
  return tables;
}

std::string RenderTables(const std::vector<TableView>& tables, UtcTime now, Color color) {
  std::vector<Column> columns = {
      {"TABLE"}, {"STATUS"}, {"BLOCKS"}, {"FILES", Align::kRight}, {"SIZE", Align::kRight}};
  const bool has_rows = HasRows(tables);
  if (has_rows) columns.push_back({"ROWS", Align::kRight});
  columns.push_back({"SPEED", Align::kRight});
  columns.push_back({"NEWEST BLOCK", Align::kRight});
  TextTable text(std::move(columns));
  for (const TableView& table : tables) {
    std::vector<std::string> row = {table.name, table.status.value_or(std::string(kAbsent)),
                                    Blocks(table), fmt::to_string(table.files),
                                    FormatBytes(table.bytes)};
    if (has_rows) row.push_back(Rows(table));
    row.push_back(Speed(table));
    row.push_back(table.newest_block_time_s ? Age(table, now) + " ago" : std::string(kAbsent));
    text.AddRow(std::move(row));
  }
  return Finish(tables, text.Render(), color);
}

std::string RenderWatched(const std::vector<TableView>& tables, UtcTime now, const Screen& screen) {
  const auto has_end = [](const TableView& table) { return table.end_block.has_value(); };
  if (std::ranges::none_of(tables, has_end)) return RenderTables(tables, now, screen.color);
  const std::string narrow = RenderWithBars(tables, {.glyphs = screen.glyphs});
  // The lines are aligned: the widest says what is left for the bars.
  std::size_t widest = 0;
  std::size_t width = 0;
  for (const char c : narrow) {
    width = c == '\n' ? 0 : width + 1;
    widest = std::max(widest, width);
  }
  constexpr std::size_t kTitleWidth = std::string_view("PROGRESS").size();
  constexpr std::size_t kWidest = 60;
  const std::size_t room = screen.columns > widest ? screen.columns - widest : 0;
  const std::string rendered = RenderWithBars(
      tables, {.width = std::min(kTitleWidth + room, kWidest), .glyphs = screen.glyphs});
  return Finish(tables, rendered, screen.color);
}

std::string RenderLine(const std::vector<TableView>& tables, UtcTime now) {
  std::string line;
  for (const TableView& table : tables) {
    if (!line.empty()) line += "  ";
    line += fmt::format("{}={}", table.name, NewestBlock(table));
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
  return FormatDuration(static_cast<std::uint64_t>(now_s) - unix_time_s);
}

std::string FormatDuration(std::uint64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m {}s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{}h {}m", seconds / 3600, seconds % 3600 / 60);
  return fmt::format("{}d {}h", seconds / 86400, seconds % 86400 / 3600);
}

}  // namespace tidemark::app
