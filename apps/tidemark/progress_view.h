// How the CLI shows a progress answer to people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "json_document.h"
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
  std::optional<double> blocks_per_second = std::nullopt;
  std::optional<std::uint64_t> newest_block_time_s =
      std::nullopt;  // Unix; of several networks the oldest.
};

/// The tables of a dataset's answer, or the one of a table's.
std::vector<TableView> ReadTables(JsonValue answer);

enum class Color : std::uint8_t { kPlain, kAnsi };

/// An aligned table: table, status, blocks, files, size, speed, age of the newest block at `now`.
std::string RenderTables(const std::vector<TableView>& tables, UtcTime now, Color color);

/// The same on one line, for a log.
std::string RenderLine(const std::vector<TableView>& tables, UtcTime now);

/// "3s", "2m 10s", "5h 2m", "3d 4h"; "0s" for a time in the future.
std::string FormatAge(std::uint64_t unix_time_s, UtcTime now);

}  // namespace tidemark::app
