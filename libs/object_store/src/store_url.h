// The URL of an object store, taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tidemark/base/result.h"

namespace tidemark::object_store {

struct StoreUrl {
  enum class Kind : std::uint8_t { kLocal, kS3, kGoogle, kAzure };

  Kind kind = Kind::kLocal;
  std::string scheme;   // As it is written; empty for a plain path.
  std::string host;     // Authority, as it is written: bucket, or container@account.host.
  std::string bucket;   // Or container. Empty for a local folder.
  std::string account;  // Of Azure, where the URL names it, else empty.
  /// Of a local folder the path; else the segments that all paths of the store begin with, joined
  /// by '/', without one at the ends. Decoded.
  std::string path;
};

/// Errors: kInvalidArgument, saying what is wrong without repeating a password.
Result<StoreUrl> ParseStoreUrl(std::string_view text);

}  // namespace tidemark::object_store
