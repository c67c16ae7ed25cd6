#include "progress_head.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "head_json.h"

namespace tidemark::admin_api {
namespace {

using chain_heads::HeadProblem;
using chain_heads::HeadProblemCode;
using chain_heads::HeadReport;

struct NetworkEnd {
  std::string network;
  std::optional<BlockNumber> synced;
};

std::vector<NetworkEnd> EndsOf(const TableReport& report, const dataset_store::Manifest& manifest) {
  std::vector<NetworkEnd> ends;
  if (report.progress) {
    for (const NetworkRange& range : report.progress->ranges) {
      ends.push_back({.network = range.network, .synced = range.blocks.last()});
    }
  }
  if (ends.empty() && manifest.network) {
    ends.push_back({.network = *manifest.network, .synced = std::nullopt});
  }
  return ends;
}

HeadReport FindReport(const chain_heads::HeadBoard& heads, std::string_view network, HeadTag tag) {
  const auto found = heads.Find(network);
  if (found) return tag == HeadTag::kFinalized ? found->finalized : found->latest;
  HeadReport report;
  report.problem = HeadProblem{.code = HeadProblemCode::kNoProvider,
                               .detail = fmt::format("no provider knows network {}", network)};
  return report;
}

/// A provider may be behind what was already synced from another one.
std::optional<std::uint64_t> LagOf(const HeadReport& report,
                                   const std::optional<BlockNumber>& synced) {
  if (!report.head || !synced) return std::nullopt;
  const std::uint64_t head = report.head->head.number.value;
  return head - std::min(head, synced->value);
}

}  // namespace

void WriteHeads(const TableReport& report, const dataset_store::Manifest& manifest,
                const chain_heads::HeadBoard& heads, UtcTime now, JsonWriter& json) {
  const HeadTag tag = manifest.finalized_blocks_only ? HeadTag::kFinalized : HeadTag::kLatest;
  json.BeginArray();
  for (const NetworkEnd& end : EndsOf(report, manifest)) {
    const HeadReport head = FindReport(heads, end.network, tag);
    json.BeginObject();
    json.Field("network", end.network);
    json.Field("tag", ToString(tag));
    WriteObservedHead(head, now, json);
    json.Field("lag", LagOf(head, end.synced));
    WriteHeadProblem(head, json);
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace tidemark::admin_api
