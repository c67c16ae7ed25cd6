// What the environment says about remote stores.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "remote_store.h"
#include "store_url.h"
#include "tidemark/base/result.h"
#include "tidemark/object_store/open_store.h"

namespace tidemark::object_store {

struct Endpoint {
  std::string scheme;     // "http" or "https".
  std::string authority;  // "host:port".
  std::string path;       // Without a '/' at the ends.
};

/// `name` is that of the variable, for the message.
/// Errors: kInvalidArgument.
Result<Endpoint> ParseEndpoint(std::string_view name, std::string_view url);

/// The first of the variables that is set.
std::optional<std::string> FirstOf(const Environment& environment,
                                   std::initializer_list<const char*> names);

/// Errors: kInvalidArgument if the variable is neither true nor false.
Result<bool> ReadFlag(const Environment& environment, const std::string& name, bool fallback);

/// Where the objects lie, but for the secrets.
RemotePlace PlaceOf(const StoreUrl& url);

/// The file of the certificates to trust; "" if there is none where they usually are.
std::string FindCertificates(const Environment& environment);

/// Tells Arrow where the machine's certificates are; its libraries were built on another one.
/// Only the first call counts.
void UseSystemCertificates(const Environment& environment);

/// Each asks nothing of the store. Errors: kInvalidArgument.
Result<RemoteFileSystem> OpenS3(const StoreUrl& url, const StoreOptions& options);
Result<RemoteFileSystem> OpenGoogle(const StoreUrl& url, const StoreOptions& options);
Result<RemoteFileSystem> OpenAzure(const StoreUrl& url, const StoreOptions& options);

}  // namespace tidemark::object_store
