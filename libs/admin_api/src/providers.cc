#include "providers.h"

#include <fmt/format.h>

#include "json_body.h"
#include "json_reply.h"
#include "path.h"
#include "secret_mask.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::admin_api {
namespace {

using dataset_store::Provider;

constexpr std::string_view kInvalidBody = "INVALID_BODY";
constexpr std::string_view kConversionError = "PROVIDER_CONVERSION_ERROR";

Outcome<std::string> ProviderInPath(const http::Request& request) {
  const std::string_view name = PathParam(request, "name");
  if (!dataset_store::IsProviderName(name)) {
    return MakeProblem(400, "INVALID_PROVIDER_NAME",
                       fmt::format("'{}' is no name of a provider: use a-z, 0-9 and _, not a digit "
                                   "first",
                                   name));
  }
  return std::string(name);
}

void WriteProvider(const Provider& provider, JsonWriter& json) {
  json.BeginObject();
  json.Field("name", provider.name);
  simdjson::dom::parser parser;
  simdjson::dom::object fields;
  if (parser.parse(provider.fields_json).get(fields) == simdjson::SUCCESS) {
    WriteMaskedMembers(fields, json);
  }
  json.EndObject();
}

Outcome<Provider> ReadProvider(const JsonBody& body, const http::Request& request) {
  TIDEMARK_TRY(const auto name, body.Text("name"));
  if (!dataset_store::IsProviderName(name)) {
    return MakeProblem(400, "INVALID_PROVIDER_NAME",
                       "'name' must be of a-z, 0-9 and _, and not start with a digit");
  }
  TIDEMARK_TRY(auto provider,
               Translate(dataset_store::MakeProvider(name, request.body),
                         {.failed = kConversionError, .invalid_argument = kInvalidBody}));
  // Whoever sends back what GET showed would lose the secret.
  if (provider.fields_json.contains(kMask)) {
    return MakeProblem(
        400, kInvalidBody,
        fmt::format("no text may have {} in it: it stands for a secret that was not shown", kMask));
  }
  return provider;
}

}  // namespace

Outcome<http::Reply> PostProvider(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto body, JsonBody::Parse(request, kInvalidBody, JsonBody::IfEmpty::kRefuse));
  TIDEMARK_TRY(const auto provider, ReadProvider(body, request));
  TIDEMARK_TRY(Translate(services.providers.Put(provider),
                         {.failed = "STORE_ERROR", .invalid_argument = kConversionError}));
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

Outcome<http::Reply> GetProvider(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto name, ProviderInPath(request));
  TIDEMARK_TRY(const auto provider,
               Translate(services.providers.Get(name),
                         {.failed = kConversionError, .not_found = "PROVIDER_NOT_FOUND"}));
  JsonWriter json;
  WriteProvider(provider, json);
  return JsonReply(200, std::move(json));
}

Outcome<http::Reply> DeleteProvider(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto name, ProviderInPath(request));
  TIDEMARK_TRY(Translate(services.providers.Remove(name),
                         {.failed = "STORE_ERROR", .not_found = "PROVIDER_NOT_FOUND"}));
  return http::Reply{.status = 204, .content_type = {}, .body = {}, .headers = {}};
}

}  // namespace tidemark::admin_api
