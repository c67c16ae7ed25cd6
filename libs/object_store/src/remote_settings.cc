#include "remote_settings.h"

#include <array>
#include <filesystem>
#include <mutex>

#include <arrow/filesystem/filesystem.h>
#include <fmt/format.h>

#include "tidemark/object_store/object_path.h"

namespace tidemark::object_store {
namespace {

constexpr const char* kCertificateFiles[] = {
    "/etc/ssl/certs/ca-certificates.crt",  // Debian, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",    // Fedora
    "/etc/ssl/ca-bundle.pem",              // openSUSE
};

}  // namespace

Result<Endpoint> ParseEndpoint(std::string_view name, std::string_view url) {
  const auto bad = [&] {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} must be http://HOST:PORT or https://HOST:PORT", name));
  };
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return bad();
  Endpoint endpoint{.scheme = std::string(url.substr(0, colon)), .authority = {}, .path = {}};
  if (endpoint.scheme != "http" && endpoint.scheme != "https") return bad();
  std::string_view rest = url.substr(colon + 3);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t slash = rest.find('/');
  endpoint.authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) endpoint.path = rest.substr(slash + 1);
  if (endpoint.authority.empty() || rest.find_first_of("@?#") != std::string_view::npos) {
    return bad();
  }
  return endpoint;
}

std::optional<std::string> FirstOf(const Environment& environment,
                                   std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (auto value = environment(name)) return value;
  }
  return std::nullopt;
}

Result<bool> ReadFlag(const Environment& environment, const std::string& name, bool fallback) {
  const auto value = environment(name);
  if (!value) return fallback;
  if (*value == "true" || *value == "1") return true;
  if (*value == "false" || *value == "0") return false;
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("{} must be true or false", name));
}

RemotePlace PlaceOf(const StoreUrl& url) {
  RemotePlace place;
  place.bucket = url.bucket;
  place.root = url.path.empty() ? url.bucket : fmt::format("{}/{}", url.bucket, url.path);
  place.root_url = fmt::format("{}://{}/", url.scheme, url.host);
  if (!url.path.empty()) place.root_url += PercentEncodePath(url.path) + "/";
  return place;
}

std::string FindCertificates(const Environment& environment) {
  if (auto named = FirstOf(environment, {"AWS_CA_BUNDLE", "SSL_CERT_FILE"})) return *named;
  for (const char* file : kCertificateFiles) {
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) return file;
  }
  return "";
}

void UseSystemCertificates(const Environment& environment) {
  static std::once_flag once;
  std::call_once(once, [&] {
    arrow::fs::FileSystemGlobalOptions options;
    options.tls_ca_file_path = FindCertificates(environment);
    // It fails if somebody was first; then theirs holds.
    const arrow::Status ignored = arrow::fs::Initialize(options);
    static_cast<void>(ignored);
  });
}

}  // namespace tidemark::object_store
