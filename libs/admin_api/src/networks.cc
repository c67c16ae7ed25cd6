#include "networks.h"

#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "head_json.h"
#include "json_reply.h"
#include "path.h"
#include "query.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/chain_heads/chain_heads.h"

namespace tidemark::admin_api {
namespace {

using chain_heads::HeadReport;
using chain_heads::NetworkHeads;

void WriteHeadMembers(const HeadReport& report, UtcTime now, JsonWriter& json) {
  WriteObservedHead(report, now, json);
  json.Field("checked_at",
             report.checked_at ? std::optional(FormatRfc3339(*report.checked_at)) : std::nullopt);
  WriteHeadProblem(report, json);
}

Outcome<HeadTag> TagOf(const http::Request& request) {
  const std::string_view text = QueryParam(request, "tag").value_or("latest");
  for (const HeadTag tag : {HeadTag::kLatest, HeadTag::kFinalized}) {
    if (text == ToString(tag)) return tag;
  }
  return MakeProblem(400, "INVALID_QUERY_PARAMETERS",
                     fmt::format("tag '{}' is neither latest nor finalized", text));
}

void WriteHead(std::string_view name, const HeadReport& report, UtcTime now, JsonWriter& json) {
  json.Key(name).BeginObject();
  WriteHeadMembers(report, now, json);
  json.EndObject();
}

}  // namespace

Outcome<http::Reply> GetNetworks(const Services& services, const http::Request&) {
  const UtcTime now = services.clock.Now();
  JsonWriter json;
  json.BeginObject();
  json.Key("networks").BeginArray();
  for (const NetworkHeads& network : services.heads.List()) {
    json.BeginObject();
    json.Field("network", network.network);
    WriteHead("latest", network.latest, now, json);
    WriteHead("finalized", network.finalized, now, json);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> GetNetworkHead(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const HeadTag tag, TagOf(request));
  const std::string_view name = PathParam(request, "network");
  const auto network = services.heads.Find(name);
  if (!network) {
    return MakeProblem(404, "NETWORK_NOT_FOUND",
                       fmt::format("no provider is configured for network '{}'", name));
  }
  const HeadReport& report = tag == HeadTag::kLatest ? network->latest : network->finalized;
  JsonWriter json;
  json.BeginObject();
  json.Field("network", network->network);
  json.Field("tag", ToString(tag));
  WriteHeadMembers(report, services.clock.Now(), json);
  json.EndObject();
  return JsonReply(200, std::move(json));
}

}  // namespace tidemark::admin_api
