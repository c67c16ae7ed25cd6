#include "provider_file.h"

#include <algorithm>
#include <limits>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "tidemark/model/names.h"

namespace tidemark::dataset_store {
namespace {

constexpr std::string_view kEvmRpc = "evm-rpc";

void AppendTomlString(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\u{:04X}", byte);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void AppendText(std::string& out, std::string_view key, const std::optional<std::string>& text) {
  if (!text) return;
  out += key;
  out += " = ";
  AppendTomlString(out, *text);
  out.push_back('\n');
}

void AppendNumber(std::string& out, std::string_view key,
                  const std::optional<std::uint32_t>& number) {
  if (number) fmt::format_to(std::back_inserter(out), "{} = {}\n", key, *number);
}

std::unexpected<Error> BadKey(std::string_view key, std::string_view expected) {
  return MakeError(ErrorCode::kCorruption, fmt::format("{} must be {}", key, expected));
}

Result<std::optional<std::string>> ReadOptionalText(const toml::table& table,
                                                    std::string_view key) {
  const toml::node* const node = table.get(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_string()) return BadKey(key, "a string");
  return node->value<std::string>();
}

Result<std::string> ReadText(const toml::table& table, std::string_view key) {
  TIDEMARK_TRY(auto text, ReadOptionalText(table, key));
  if (!text) return BadKey(key, "there");
  return *std::move(text);
}

Result<std::optional<std::uint32_t>> ReadNumber(const toml::table& table, std::string_view key) {
  const toml::node* const node = table.get(key);
  if (node == nullptr) return std::nullopt;
  const auto number = node->is_integer() ? node->value<std::int64_t>() : std::nullopt;
  if (!number || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
    return BadKey(key, "an integer from 0 to 4294967295");
  }
  return static_cast<std::uint32_t>(*number);
}

Result<std::optional<bool>> ReadBool(const toml::table& table, std::string_view key) {
  const toml::node* const node = table.get(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_boolean()) return BadKey(key, "true or false");
  return node->value<bool>();
}

Result<toml::table> ParseToml(std::string_view text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    // Its description may quote the text.
    return MakeError(ErrorCode::kCorruption,
                     fmt::format("line {} is not TOML", error.source().begin.line));
  }
}

Result<Provider> ReadProvider(std::string_view name, const toml::table& table) {
  Provider provider;
  provider.name = name;
  TIDEMARK_TRY(provider.kind, ReadText(table, "kind"));
  TIDEMARK_TRY(provider.network, ReadText(table, "network"));
  TIDEMARK_TRY(provider.url, ReadText(table, "url"));
  TIDEMARK_TRY(provider.auth_header, ReadOptionalText(table, "auth_header"));
  TIDEMARK_TRY(provider.auth_token, ReadOptionalText(table, "auth_token"));
  TIDEMARK_TRY(provider.rate_limit_per_minute, ReadNumber(table, "rate_limit_per_minute"));
  TIDEMARK_TRY(provider.concurrent_request_limit, ReadNumber(table, "concurrent_request_limit"));
  TIDEMARK_TRY(provider.rpc_batch_size, ReadNumber(table, "rpc_batch_size"));
  TIDEMARK_TRY(provider.fetch_receipts_per_tx, ReadBool(table, "fetch_receipts_per_tx"));
  TIDEMARK_TRY(provider.timeout_s, ReadNumber(table, "timeout_secs"));
  return provider;
}

bool HasControlCharacter(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

/// "http://user:secret@host": such a URL would show its secret wherever it is shown.
bool HasCredentials(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return false;
  const std::string_view rest = url.substr(scheme_end + 3);
  return rest.substr(0, rest.find_first_of("/?#")).contains('@');
}

bool IsHttpUrl(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (url.starts_with(scheme) && url.size() > scheme.size()) return true;
  }
  return false;
}

}  // namespace

// The grammar is that of a dataset's name.
bool IsProviderName(std::string_view text) { return MakeDatasetName("_", text).has_value(); }

Status CheckProvider(const Provider& provider) {
  const auto bad = [](std::string message) {
    return MakeError(ErrorCode::kInvalidArgument, std::move(message));
  };
  if (!IsProviderName(provider.name)) {
    return bad("name must be of a-z, 0-9 and _, and not start with a digit");
  }
  if (provider.kind != kEvmRpc) return bad("kind must be evm-rpc, the one that is supported");
  if (provider.network.empty()) return bad("network must not be empty");
  if (!IsHttpUrl(provider.url) && !provider.url.contains("${")) {
    return bad("url must start with http:// or https://");
  }
  if (HasCredentials(provider.url)) return bad("url must not have credentials: use auth_token");
  for (const auto* text : {&provider.network, &provider.url}) {
    if (HasControlCharacter(*text)) return bad("network and url must not have control characters");
  }
  // They go into a request's head, where a line break would begin another header.
  for (const auto* text : {&provider.auth_header, &provider.auth_token}) {
    if (*text && HasControlCharacter(**text)) {
      return bad("auth_header and auth_token must not have control characters");
    }
  }
  if (provider.rate_limit_per_minute == 0U) return bad("rate_limit_per_minute must not be 0");
  if (provider.concurrent_request_limit == 0U) return bad("concurrent_request_limit must not be 0");
  if (provider.timeout_s == 0U) return bad("timeout_secs must not be 0");
  return {};
}

std::string PrintProvider(const Provider& provider) {
  std::string out;
  AppendText(out, "kind", provider.kind);
  AppendText(out, "network", provider.network);
  AppendText(out, "url", provider.url);
  AppendText(out, "auth_header", provider.auth_header);
  AppendText(out, "auth_token", provider.auth_token);
  AppendNumber(out, "rate_limit_per_minute", provider.rate_limit_per_minute);
  AppendNumber(out, "concurrent_request_limit", provider.concurrent_request_limit);
  AppendNumber(out, "rpc_batch_size", provider.rpc_batch_size);
  if (provider.fetch_receipts_per_tx) {
    out += *provider.fetch_receipts_per_tx ? "fetch_receipts_per_tx = true\n"
                                           : "fetch_receipts_per_tx = false\n";
  }
  AppendNumber(out, "timeout_secs", provider.timeout_s);
  return out;
}

Result<Provider> ParseProvider(std::string_view name, std::string_view toml) {
  TIDEMARK_TRY(const toml::table table, ParseToml(toml));
  TIDEMARK_TRY(Provider provider, ReadProvider(name, table));
  if (const auto checked = CheckProvider(provider); !checked) {
    return MakeError(ErrorCode::kCorruption, checked.error().message);
  }
  return provider;
}

}  // namespace tidemark::dataset_store
