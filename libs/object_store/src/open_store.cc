#include "tidemark/object_store/open_store.h"

#include <cstdlib>

#include "remote_settings.h"
#include "remote_store.h"
#include "store_url.h"
#include "tidemark/object_store/local_store.h"

namespace tidemark::object_store {

namespace {

Result<RemoteFileSystem> OpenRemote(const StoreUrl& url, const StoreOptions& options) {
  switch (url.kind) {
    case StoreUrl::Kind::kS3:
      return OpenS3(url, options);
    case StoreUrl::Kind::kGoogle:
      return OpenGoogle(url, options);
    case StoreUrl::Kind::kAzure:
      return OpenAzure(url, options);
    case StoreUrl::Kind::kLocal:
      break;
  }
  return MakeError(ErrorCode::kInternal, "a folder is no remote store");
}

}  // namespace

std::optional<std::string> ReadEnvironment(const std::string& name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody here sets a variable.
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

Result<std::unique_ptr<ObjectStore>> OpenStore(std::string_view text, const StoreOptions& options) {
  TIDEMARK_TRY(const StoreUrl url, ParseStoreUrl(text));
  if (url.kind == StoreUrl::Kind::kLocal) return OpenLocalStore(url.path, options.access);
  UseSystemCertificates(options.environment);
  TIDEMARK_TRY(RemoteFileSystem remote, OpenRemote(url, options));
  return MakeRemoteStore(std::move(remote), options.access);
}

}  // namespace tidemark::object_store
