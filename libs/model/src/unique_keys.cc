#include <set>
#include <string_view>

#include <fmt/format.h>

#include "json_reader.h"
#include "tidemark/model/segment.h"

namespace tidemark {
namespace {

// NOLINTNEXTLINE(misc-no-recursion): the parser refuses what nests deeper than 1024.
Status CheckUnique(simdjson::dom::element element) {
  if (simdjson::dom::array array; element.get(array) == simdjson::SUCCESS) {
    for (const simdjson::dom::element child : array) TIDEMARK_TRY(CheckUnique(child));
  }
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return {};
  std::set<std::string_view> keys;
  for (const auto member : object) {
    if (!keys.insert(member.key).second) {
      return MakeError(ErrorCode::kCorruption, fmt::format("\"{}\" is there twice", member.key));
    }
    TIDEMARK_TRY(CheckUnique(member.value));
  }
  return {};
}

}  // namespace

Status CheckKeysAreUnique(std::string_view json) {
  simdjson::dom::parser parser;
  TIDEMARK_TRY(ParseJsonObject(parser, json));
  return CheckUnique(parser.doc.root());
}

}  // namespace tidemark
