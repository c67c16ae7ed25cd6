#include "table_order.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

namespace tidemark::dataset_store {
namespace {

enum class State : std::uint8_t { kUnseen, kOnPath, kPlaced };

// A table on the path from a root, and how many of those that it reads have been looked at.
struct Step {
  std::size_t table = 0;
  std::size_t next_read = 0;
};

std::unexpected<Error> Circle(const std::vector<TableNode>& tables, const std::vector<Step>& path,
                              std::size_t closing) {
  constexpr std::size_t kMostNames = 8;
  const auto first = std::ranges::find(path, closing, &Step::table);
  std::string text;
  std::size_t count = 0;
  for (auto step = first; step != path.end(); ++step) {
    if (++count > kMostNames) {
      text += "... ";
      break;
    }
    text += tables[step->table].name + " reads ";
  }
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("tables must not read one another in a circle: {}{}", text,
                               tables[closing].name));
}

}  // namespace

Result<std::vector<std::string>> OrderTables(const std::vector<TableNode>& tables) {
  std::vector<State> states(tables.size(), State::kUnseen);
  std::vector<std::string> ordered;
  ordered.reserve(tables.size());
  std::vector<Step> path;
  for (std::size_t root = 0; root < tables.size(); ++root) {
    if (states[root] != State::kUnseen) continue;
    path.push_back({.table = root});
    states[root] = State::kOnPath;
    while (!path.empty()) {
      Step& step = path.back();
      const TableNode& table = tables[step.table];
      if (step.next_read == table.reads.size()) {
        states[step.table] = State::kPlaced;
        ordered.push_back(table.name);
        path.pop_back();
        continue;
      }
      const std::size_t read = table.reads[step.next_read++];
      if (states[read] == State::kOnPath) return Circle(tables, path, read);
      if (states[read] == State::kPlaced) continue;
      states[read] = State::kOnPath;
      path.push_back({.table = read});
    }
  }
  return ordered;
}

}  // namespace tidemark::dataset_store
