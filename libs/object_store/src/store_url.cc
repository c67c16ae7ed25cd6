#include "store_url.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "tidemark/base/text.h"
#include "tidemark/object_store/object_path.h"

namespace tidemark::object_store {
namespace {

struct KnownScheme {
  std::string_view name;
  StoreUrl::Kind kind;
};

constexpr KnownScheme kSchemes[] = {
    {"file", StoreUrl::Kind::kLocal}, {"s3", StoreUrl::Kind::kS3},
    {"s3a", StoreUrl::Kind::kS3},     {"gs", StoreUrl::Kind::kGoogle},
    {"az", StoreUrl::Kind::kAzure},   {"azure", StoreUrl::Kind::kAzure},
    {"adl", StoreUrl::Kind::kAzure},  {"abfs", StoreUrl::Kind::kAzure},
    {"abfss", StoreUrl::Kind::kAzure}};

// Nothing of the URL is in the message before it is known to hold no password.
std::unexpected<Error> BadUrl(std::string_view why) {
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("the store's URL {}", why));
}

std::optional<std::string> DecodePercent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    std::uint8_t byte = 0;
    if (i + 2 >= text.size() || !ParseHex(text.substr(i + 1, 2), std::span(&byte, 1))) return {};
    decoded.push_back(static_cast<char>(byte));
    i += 2;
  }
  return decoded;
}

bool IsBucketName(std::string_view text) {
  return !text.empty() && text.size() <= 222 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

/// Splits "container@account.dfs.core.windows.net".
Status SplitAzureAuthority(StoreUrl& url) {
  const std::size_t at = url.host.find('@');
  if (at == std::string::npos) return {};
  url.bucket = url.host.substr(0, at);
  const std::string_view server = std::string_view(url.host).substr(at + 1);
  const std::size_t dot = server.find('.');
  const std::string_view domain = dot == std::string_view::npos ? "" : server.substr(dot);
  if (domain != ".dfs.core.windows.net" && domain != ".blob.core.windows.net") {
    return BadUrl(
        "must name its server as ACCOUNT.dfs.core.windows.net; set"
        " AZURE_STORAGE_ENDPOINT for another one");
  }
  url.account = server.substr(0, dot);
  return {};
}

}  // namespace

Result<StoreUrl> ParseStoreUrl(std::string_view text) {
  StoreUrl url;
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) {
    if (text.empty()) return BadUrl("is empty");
    if (text.find('\0') != std::string_view::npos) return BadUrl("holds a NUL");
    url.path = text;
    return url;
  }
  const auto known = std::ranges::find(kSchemes, text.substr(0, colon), &KnownScheme::name);
  if (known == std::end(kSchemes)) {
    return BadUrl(
        "must be a path, or begin with file, s3, s3a, gs, az, azure, adl, abfs or abfss"
        " and ://");
  }
  url.kind = known->kind;
  url.scheme = known->name;
  const std::string_view rest = text.substr(colon + 3);
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return BadUrl(
        "must have neither a query (?) nor a fragment (#): settings and credentials"
        " come from the environment");
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  url.host = rest.substr(0, slash);
  url.bucket = url.host;
  // An '@' belongs to Azure's container@account; whatever has a ':' before it is a password.
  const std::size_t at = url.host.find('@');
  if (at != std::string::npos &&
      (url.kind != StoreUrl::Kind::kAzure || url.host.find(':') != std::string::npos)) {
    return BadUrl(
        "must have neither a user name nor a password: credentials come from the"
        " environment");
  }
  const auto path = DecodePercent(rest.substr(slash));
  if (!path) return BadUrl("has a % that two hex digits must follow");
  if (path->find('\0') != std::string::npos) return BadUrl("holds a NUL");
  if (url.kind == StoreUrl::Kind::kLocal) {
    if (!url.host.empty() && url.host != "localhost") {
      return BadUrl("must be file:///PATH: it names another machine");
    }
    if (path->empty()) return BadUrl("names no folder: file:///PATH");
    url.bucket.clear();
    url.path = *path;
    return url;
  }
  if (url.kind == StoreUrl::Kind::kAzure) TIDEMARK_TRY(SplitAzureAuthority(url));
  if (!IsBucketName(url.bucket)) {
    return BadUrl(fmt::format("must name a bucket: {}://BUCKET/PREFIX", url.scheme));
  }
  std::string_view prefix = *path;
  if (prefix.starts_with('/')) prefix.remove_prefix(1);
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!prefix.empty()) TIDEMARK_TRY(CheckObjectPath(prefix));
  url.path = prefix;
  return url;
}

}  // namespace tidemark::object_store
