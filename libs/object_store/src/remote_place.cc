#include "remote_place.h"

#include <cerrno>
#include <cstddef>

#include <arrow/util/io_util.h>
#include <fmt/format.h>

#include "tidemark/object_store/object_path.h"

namespace tidemark::object_store {
namespace {

ErrorCode CodeOf(const arrow::Status& status) {
  if (arrow::internal::ErrnoFromStatus(status) == ENOENT) return ErrorCode::kNotFound;
  if (status.IsInvalid() || status.IsTypeError()) return ErrorCode::kInvalidArgument;
  return ErrorCode::kUnavailable;
}

}  // namespace

std::string RemotePlace::KeyOf(std::string_view path) const {
  return path.empty() ? root : fmt::format("{}/{}", root, path);
}

std::string RemotePlace::UrlOf(std::string_view path) const {
  return root_url + PercentEncodePath(path);
}

std::unexpected<Error> RemotePlace::Failure(std::string_view verb, std::string_view path,
                                            const arrow::Status& status) const {
  return Failure(verb, path, Error{.code = CodeOf(status), .message = status.message()});
}

std::unexpected<Error> RemotePlace::Failure(std::string_view verb, std::string_view path,
                                            Error reason) const {
  for (const std::string& secret : secrets) {
    for (std::size_t at = 0; (at = reason.message.find(secret, at)) != std::string::npos;) {
      reason.message.replace(at, secret.size(), "***");
    }
  }
  return MakeError(reason.code, fmt::format("cannot {} {}: {}", verb, UrlOf(path), reason.message));
}

}  // namespace tidemark::object_store
