// How the CLI shows a progress answer to people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "json_document.h"
#include "progress_bar.h"
#include "tidemark/base/clock.h"

namespace tidemark::app {

/// One table of an answer; absent is what the API answered null or not at all.
struct TableView {
  std::string name;
  std::optional<std::string> status = std::nullopt;
  std::optional<std::uint64_t> start_block = std::nullopt;
  std::optional<std::uint64_t> current_block = std::nullopt;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> rows = std::nullopt;
  std::optional<double> blocks_per_second = std::nullopt;
  std::optional<std::uint64_t> newest_block_time_s =
      std::nullopt;                                       // Unix; of several networks the oldest.
  std::vector<std::string> details = {};                  // Lines of their own.
  std::optional<std::uint64_t> job_id = std::nullopt;     // That writes it.
  std::optional<std::uint64_t> end_block = std::nullopt;  // Of its job; no answer has it.
};

/// The tables of a dataset's answer, or of a job's, or the one of a table's.
std::vector<TableView> ReadTables(JsonValue answer);

enum class Color : std::uint8_t { kPlain, kAnsi };

/// An aligned table: table, status, blocks, files, size, rows if they are known of any, speed, age
/// of the newest block at `now`; below it the details of each table that has any.
std::string RenderTables(const std::vector<TableView>& tables, UtcTime now, Color color);

/// What a terminal can show.
struct Screen {
  std::size_t columns = 80;
  Color color = Color::kPlain;
  Glyphs glyphs = Glyphs::kAscii;
};

/// The same for somebody who watches; if a table has an end block: table, status, a bar as wide as
/// the screen has room for with the percentage, newest block, size, rows, speed and time left.
std::string RenderWatched(const std::vector<TableView>& tables, UtcTime now, const Screen& screen);

/// The same on one line, for a log.
std::string RenderLine(const std::vector<TableView>& tables, UtcTime now);

/// "3s", "2m 10s", "5h 2m", "3d 4h".
std::string FormatDuration(std::uint64_t seconds);

/// "3s", "2m 10s", "5h 2m", "3d 4h"; "0s" for a time in the future.
std::string FormatAge(std::uint64_t unix_time_s, UtcTime now);

}  // namespace tidemark::app
