#include "provider_fields.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>

#include <fmt/format.h>
#include <simdjson.h>

#include "json_value.h"

namespace tidemark::dataset_store {
namespace {

constexpr std::string_view kEvmRpc = "evm-rpc";

enum class Type : std::uint8_t { kText, kNumber, kPositive, kLargeNumber, kBool, kEndpoint };

struct Field {
  std::string_view name;
  Type type = Type::kText;
  bool is_required = false;
};

constexpr Field kEvmRpcFields[] = {{"network", Type::kText, true},
                                   {"url", Type::kText, true},
                                   {"auth_header", Type::kText},
                                   {"auth_token", Type::kText},
                                   {"rate_limit_per_minute", Type::kPositive},
                                   {"concurrent_request_limit", Type::kPositive},
                                   {"rpc_batch_size", Type::kNumber},
                                   {"fetch_receipts_per_tx", Type::kBool},
                                   {"timeout_secs", Type::kPositive}};
constexpr Field kFirehoseFields[] = {
    {"network", Type::kText, true}, {"url", Type::kText, true}, {"token", Type::kText}};
constexpr Field kSolanaFields[] = {{"network", Type::kText, true},
                                   {"rpc_provider_info", Type::kEndpoint, true},
                                   {"fallback_rpc_provider_info", Type::kEndpoint},
                                   {"max_rpc_calls_per_second", Type::kNumber}};
constexpr Field kEndpointFields[] = {
    {"url", Type::kText, true}, {"auth_header", Type::kText}, {"auth_token", Type::kText}};
constexpr Field kStaticFields[] = {{"object_store_root", Type::kText, true},
                                   {"in_memory_max_bytes", Type::kLargeNumber},
                                   {"schema_inference_max_rows", Type::kLargeNumber}};

struct Kind {
  std::string_view name;
  std::span<const Field> fields;
};
constexpr Kind kKinds[] = {{kEvmRpc, kEvmRpcFields},
                           {"firehose", kFirehoseFields},
                           {"solana", kSolanaFields},
                           {"static", kStaticFields}};

const Kind* FindKind(std::string_view name) {
  const auto* const found = std::ranges::find(kKinds, name, &Kind::name);
  return found == std::end(kKinds) ? nullptr : found;
}

/// A look at a known field that is there.
using Visit = Status (*)(const Field& field, const JsonValue& value);

Status VisitFields(const JsonValue& object, std::span<const Field> fields, Visit visit) {
  for (const Field& field : fields) {
    if (field.is_required) TIDEMARK_TRY(object.Member(field.name));
    TIDEMARK_TRY(const auto value, object.OptionalMember(field.name));
    if (!value) continue;
    TIDEMARK_TRY(visit(field, *value));
    if (field.type == Type::kEndpoint) TIDEMARK_TRY(VisitFields(*value, kEndpointFields, visit));
  }
  return {};
}

Status VisitFields(const Provider& provider, Visit visit) {
  const Kind* const kind = FindKind(provider.kind);
  if (kind == nullptr) return {};
  simdjson::dom::parser parser;
  TIDEMARK_TRY(const auto root, ParseJson(parser, provider.fields_json));
  return VisitFields(JsonValue(root), kind->fields, visit);
}

Status CheckNumber(const JsonValue& value, std::int64_t min, std::int64_t max) {
  TIDEMARK_TRY(value.Integer(min, max));
  return {};
}

Status CheckType(const Field& field, const JsonValue& value) {
  constexpr std::int64_t kMaxU32 = std::numeric_limits<std::uint32_t>::max();
  switch (field.type) {
    case Type::kText:
      TIDEMARK_TRY(value.MultilineText());
      return {};
    case Type::kNumber:
      return CheckNumber(value, 0, kMaxU32);
    case Type::kPositive:
      return CheckNumber(value, 1, kMaxU32);
    case Type::kLargeNumber:
      return CheckNumber(value, 0, std::numeric_limits<std::int64_t>::max());
    case Type::kBool:
      TIDEMARK_TRY(value.Bool());
      return {};
    case Type::kEndpoint:
      TIDEMARK_TRY(value.Members());
      return {};
  }
  return {};
}

// A text goes into a request's head, where a line break would begin another header.
Status CheckText(const Field& field, const JsonValue& value) {
  if (field.type != Type::kText) return {};
  TIDEMARK_TRY(const auto text, value.Text());
  if (text.contains('\x7F')) return value.MustBe("text without control characters");
  if (field.is_required && text.empty()) return value.MustBe("not empty");
  return {};
}

/// "http://user:secret@host": such a URL would show its secret wherever it is shown.
bool HasCredentials(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return false;
  const std::string_view rest = url.substr(scheme_end + 3);
  return rest.substr(0, rest.find_first_of("/?#")).contains('@');
}

bool IsHttpUrl(std::string_view url) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"http://", "https://"},
      [&](std::string_view scheme) { return url.starts_with(scheme) && url != scheme; });
}

Result<std::optional<std::string>> ReadText(const JsonValue& object, std::string_view name) {
  TIDEMARK_TRY(const auto member, object.OptionalMember(name));
  if (!member) return std::nullopt;
  TIDEMARK_TRY(const auto text, member->MultilineText());
  return std::string(text);
}

Result<std::optional<std::uint32_t>> ReadNumber(const JsonValue& object, std::string_view name) {
  TIDEMARK_TRY(const auto member, object.OptionalMember(name));
  if (!member) return std::nullopt;
  TIDEMARK_TRY(const auto number, member->Integer(0, std::numeric_limits<std::uint32_t>::max()));
  return static_cast<std::uint32_t>(number);
}

}  // namespace

Status CheckTypes(const Provider& provider) { return VisitFields(provider, CheckType); }

Status CheckUsable(const Provider& provider) {
  const auto bad = [](std::string message) {
    return MakeError(ErrorCode::kInvalidArgument, std::move(message));
  };
  if (!IsProviderName(provider.name)) {
    return bad("name must be of a-z, 0-9 and _, and not start with a digit");
  }
  if (FindKind(provider.kind) == nullptr) {
    return bad("kind must be evm-rpc, firehose, solana or static");
  }
  TIDEMARK_TRY(CheckTypes(provider));
  TIDEMARK_TRY(VisitFields(provider, CheckText));
  if (provider.kind != kEvmRpc) return {};
  TIDEMARK_TRY(const auto fields, ReadEvmRpcFields(provider));
  if (!IsHttpUrl(fields.url) && !fields.url.contains("${")) {
    return bad("url must start with http:// or https://");
  }
  if (HasCredentials(fields.url)) return bad("url must not have credentials: use auth_token");
  return {};
}

Result<EvmRpcFields> ReadEvmRpcFields(const Provider& provider) {
  if (provider.kind != kEvmRpc) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("provider {} is not of kind {}", provider.name, kEvmRpc));
  }
  simdjson::dom::parser parser;
  TIDEMARK_TRY(const auto root, ParseJson(parser, provider.fields_json));
  const JsonValue object(root);
  EvmRpcFields fields;
  TIDEMARK_TRY(const auto url, object.Member("url"));
  TIDEMARK_TRY(fields.url, url.MultilineText());
  TIDEMARK_TRY(fields.auth_header, ReadText(object, "auth_header"));
  TIDEMARK_TRY(fields.auth_token, ReadText(object, "auth_token"));
  TIDEMARK_TRY(fields.rate_limit_per_minute, ReadNumber(object, "rate_limit_per_minute"));
  TIDEMARK_TRY(fields.concurrent_request_limit, ReadNumber(object, "concurrent_request_limit"));
  TIDEMARK_TRY(fields.rpc_batch_size, ReadNumber(object, "rpc_batch_size"));
  TIDEMARK_TRY(fields.timeout_s, ReadNumber(object, "timeout_secs"));
  TIDEMARK_TRY(const auto fetch_receipts, object.OptionalMember("fetch_receipts_per_tx"));
  if (fetch_receipts) {
    TIDEMARK_TRY(fields.fetch_receipts_per_tx, fetch_receipts->Bool());
  }
  return fields;
}

}  // namespace tidemark::dataset_store
