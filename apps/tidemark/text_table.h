// Aligned columns for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidemark::app {

enum class Align : std::uint8_t { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

/// Rows of text cells under titles, two blanks between columns, a newline after each row. Cells
/// count as one column a byte, except that a sequence of UTF-8 counts once.
class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// One cell a column.
  void AddRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string Render() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tidemark::app
