#include "posix_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <system_error>

#include <fmt/format.h>

#include "tidemark/base/failpoint.h"

namespace tidemark::object_store {

std::unexpected<Error> SystemError(std::string_view verb, std::string_view file, int error_number) {
  const ErrorCode code =
      error_number == ENAMETOOLONG ? ErrorCode::kInvalidArgument : ErrorCode::kUnavailable;
  return MakeError(code, fmt::format("cannot {} {}: {}", verb, file,
                                     std::generic_category().message(error_number)));
}

bool IsNotThere(int error_number) { return error_number == ENOENT || error_number == ENOTDIR; }

Status WriteAll(const FileDescriptor& descriptor, std::string_view bytes, std::string_view file) {
  while (!bytes.empty()) {
    const ssize_t written =
        RetryInterrupted([&] { return ::write(descriptor.number(), bytes.data(), bytes.size()); });
    if (written < 0) return SystemError("write", file, errno);
    // A write of nothing would be tried for ever.
    if (written == 0) return SystemError("write", file, EIO);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  TIDEMARK_FAILPOINT("object.mid_write");
  return {};
}

Status SyncFolder(const std::string& folder) {
  const FileDescriptor descriptor(
      RetryInterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!descriptor.is_open()) return SystemError("open", folder, errno);
  if (RetryInterrupted([&] { return ::fsync(descriptor.number()); }) != 0) {
    return SystemError("sync", folder, errno);
  }
  return {};
}

std::string ParentOf(std::string_view file) {
  const std::size_t slash = file.rfind('/');
  return std::string(slash == 0 ? "/" : file.substr(0, slash));
}

}  // namespace tidemark::object_store
