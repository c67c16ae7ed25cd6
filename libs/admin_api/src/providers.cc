#include "providers.h"

#include <limits>

#include "json_body.h"
#include "json_reply.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::admin_api {
namespace {

using dataset_store::Provider;

constexpr std::string_view kMask = "***";
constexpr std::uint32_t kMaxU32 = std::numeric_limits<std::uint32_t>::max();

template <class T>
void WriteIfPresent(std::string_view name, const std::optional<T>& value, JsonWriter& json) {
  if (value) json.Field(name, *value);
}

void WriteProvider(const Provider& provider, JsonWriter& json) {
  json.BeginObject();
  json.Field("name", provider.name);
  json.Field("kind", provider.kind);
  json.Field("network", provider.network);
  json.Field("url", provider.url);
  WriteIfPresent("auth_header", provider.auth_header, json);
  if (provider.auth_token) json.Field("auth_token", kMask);
  WriteIfPresent("rate_limit_per_minute", provider.rate_limit_per_minute, json);
  WriteIfPresent("concurrent_request_limit", provider.concurrent_request_limit, json);
  WriteIfPresent("rpc_batch_size", provider.rpc_batch_size, json);
  WriteIfPresent("fetch_receipts_per_tx", provider.fetch_receipts_per_tx, json);
  WriteIfPresent("timeout_secs", provider.timeout_s, json);
  json.EndObject();
}

Outcome<Provider> ReadProvider(const JsonBody& body) {
  Provider provider;
  TIDEMARK_TRY(provider.name, body.Text("name"));
  if (!dataset_store::IsProviderName(provider.name)) {
    return MakeProblem(400, "INVALID_PROVIDER_NAME",
                       "'name' must be of a-z, 0-9 and _, and not start with a digit");
  }
  TIDEMARK_TRY(provider.kind, body.Text("kind"));
  TIDEMARK_TRY(provider.network, body.Text("network"));
  TIDEMARK_TRY(provider.url, body.Text("url"));
  TIDEMARK_TRY(provider.auth_header, body.OptionalText("auth_header"));
  TIDEMARK_TRY(provider.auth_token, body.OptionalText("auth_token"));
  // Whoever sends back what GET showed would lose the secret.
  if (provider.auth_token == kMask) return body.MustBe("auth_token", "the token, not its mask");
  TIDEMARK_TRY(provider.rate_limit_per_minute,
               body.OptionalNumber("rate_limit_per_minute", 1, kMaxU32));
  TIDEMARK_TRY(provider.concurrent_request_limit,
               body.OptionalNumber("concurrent_request_limit", 1, kMaxU32));
  TIDEMARK_TRY(provider.rpc_batch_size, body.OptionalNumber("rpc_batch_size", 0, kMaxU32));
  TIDEMARK_TRY(provider.fetch_receipts_per_tx, body.OptionalBool("fetch_receipts_per_tx"));
  TIDEMARK_TRY(provider.timeout_s, body.OptionalNumber("timeout_secs", 1, kMaxU32));
  return provider;
}

}  // namespace

Outcome<http::Reply> PostProvider(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto body,
               JsonBody::Parse(request, "INVALID_BODY", JsonBody::IfEmpty::kRefuse));
  TIDEMARK_TRY(const auto provider, ReadProvider(body));
  TIDEMARK_TRY(
      Translate(services.providers.Put(provider),
                {.failed = "STORE_ERROR", .invalid_argument = "PROVIDER_CONVERSION_ERROR"}));
  JsonWriter json;
  WriteProvider(provider, json);
  return JsonReply(201, std::move(json));
}

Outcome<http::Reply> GetProviders(const Services& services, const http::Request&) {
  TIDEMARK_TRY(const auto providers,
               Translate(services.providers.List(), {.failed = "STORE_ERROR"}));
  JsonWriter json;
  json.BeginObject();
  json.Key("providers").BeginArray();
  for (const Provider& provider : providers) WriteProvider(provider, json);
  json.EndArray();
  json.EndObject();
  return JsonReply(200, std::move(json));
}

}  // namespace tidemark::admin_api
