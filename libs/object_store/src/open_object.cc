#include "open_object.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "folder_entry.h"

namespace tidemark::object_store {

Result<std::optional<OpenedObject>> OpenObject(const std::string& file, std::string_view path) {
  // Without O_NONBLOCK a pipe in the object's place would wait for its other end.
  FileDescriptor descriptor(RetryInterrupted(
      [&] { return ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); }));
  if (!descriptor.is_open()) {
    if (IsNotThere(errno) || errno == ELOOP || errno == ENXIO) return std::nullopt;
    return SystemError("open", file, errno);
  }
  struct stat status = {};
  if (::fstat(descriptor.number(), &status) != 0) return SystemError("look at", file, errno);
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return OpenedObject{.descriptor = std::move(descriptor),
                      .info = MakeObjectInfo(std::string(path), status)};
}

Result<std::string> ReadFrom(const FileDescriptor& descriptor, ByteRange range,
                             std::string_view file) {
  std::string bytes(range.end - range.begin, '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t got = RetryInterrupted([&] {
      return ::pread(descriptor.number(), bytes.data() + done, bytes.size() - done,
                     static_cast<off_t>(range.begin + done));
    });
    if (got < 0) return SystemError("read", file, errno);
    if (got == 0) return SystemError("read", file, EIO);
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace tidemark::object_store
