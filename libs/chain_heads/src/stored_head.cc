#include "stored_head.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace tidemark::chain_heads {
namespace {

constexpr std::array kStoredCodes = {HeadProblemCode::kProviderUnreachable,
                                     HeadProblemCode::kNoBlock};

HeadProblem ParseProblem(std::string_view text) {
  for (const HeadProblemCode code : kStoredCodes) {
    const std::string prefix = fmt::format("{}: ", ToString(code));
    if (text.starts_with(prefix)) {
      return {.code = code, .detail = std::string(text.substr(prefix.size()))};
    }
  }
  return {.code = HeadProblemCode::kProviderUnreachable, .detail = std::string(text)};
}

}  // namespace

metadata_db::ChainHeadRow ToRow(const std::string& network, const TagOutcome& outcome) {
  metadata_db::ChainHeadRow row{
      .network = network, .tag = outcome.tag, .source = outcome.source, .checked_at = outcome.at};
  if (const auto* head = std::get_if<ChainHead>(&outcome.found)) {
    row.found = ObservedHead{.head = *head, .observed_at = outcome.at};
  } else {
    const auto& problem = std::get<HeadProblem>(outcome.found);
    row.error = fmt::format("{}: {}", ToString(problem.code), problem.detail);
  }
  return row;
}

HeadReport FromRow(const metadata_db::ChainHeadRow& row) {
  HeadReport report{
      .head = row.found, .source = row.source, .checked_at = row.checked_at, .problem = {}};
  if (row.error) report.problem = ParseProblem(*row.error);
  return report;
}

}  // namespace tidemark::chain_heads
