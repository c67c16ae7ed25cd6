// Where the objects of a remote store lie, and how its failures read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <arrow/status.h>

#include "tidemark/base/result.h"

namespace tidemark::object_store {

/// Of one store, for ever. Thread-safe.
struct RemotePlace {
  std::string root_url;  // Ends with '/'; has no credentials.
  std::string bucket;
  std::string root;  // Bucket and prefix, as Arrow writes paths, without a '/' at the end.
  /// Texts that no message may hold: keys and tokens.
  std::vector<std::string> secrets;

  std::string KeyOf(std::string_view path) const;
  std::string UrlOf(std::string_view path) const;

  /// What a failure of Arrow is for us: "cannot <verb> s3://bucket/path: <reason>". kNotFound where
  /// Arrow says that there is no such thing, kInvalidArgument where it does not take the path, else
  /// kUnavailable.
  std::unexpected<Error> Failure(std::string_view verb, std::string_view path,
                                 const arrow::Status& status) const;
  /// The same for what somebody else than Arrow says: the code and the message are the reason's.
  std::unexpected<Error> Failure(std::string_view verb, std::string_view path, Error reason) const;
};

}  // namespace tidemark::object_store
