#include "folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace tidemark::app {

Result<FolderLock> FolderLock::Acquire(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return MakeError(ErrorCode::kUnavailable, fmt::format("cannot create the folder {}: {}",
                                                          folder.string(), error.message()));
  }
  const std::filesystem::path file = folder / "lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return MakeError(ErrorCode::kUnavailable, fmt::format("cannot write to the folder {}: {}",
                                                          folder.string(), std::strerror(errno)));
  }
  FolderLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return MakeError(
        ErrorCode::kUnavailable,
        fmt::format("another tidemark is using the folder {}: stop it, or choose another "
                    "folder with --dir",
                    folder.string()));
  }
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace tidemark::app
