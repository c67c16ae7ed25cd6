#include "folder_entry.h"

#include <dirent.h>
#include <sys/stat.h>

#include <memory>

#include <fmt/format.h>

#include "posix_file.h"

namespace tidemark::object_store {
namespace {

struct FolderCloser {
  void operator()(DIR* stream) const { ::closedir(stream); }
};

}  // namespace

ObjectInfo MakeObjectInfo(std::string path, const struct stat& status) {
  return {.path = std::move(path),
          .size_bytes = static_cast<std::uint64_t>(status.st_size),
          // The inode tells apart two objects of one size written within a tick of the clock.
          .e_tag = fmt::format("{:x}-{:x}.{:08x}-{:x}", status.st_ino, status.st_mtim.tv_sec,
                               status.st_mtim.tv_nsec, status.st_size)};
}

Result<FolderEntry> LookAt(const std::string& file, std::string path) {
  struct stat status = {};
  if (::lstat(file.c_str(), &status) != 0) {
    if (IsNotThere(errno)) return FolderEntry{};
    return SystemError("look at", file, errno);
  }
  if (S_ISDIR(status.st_mode)) return FolderEntry{.kind = FolderEntry::Kind::kFolder, .info = {}};
  if (!S_ISREG(status.st_mode)) return FolderEntry{};
  return FolderEntry{.kind = FolderEntry::Kind::kObject,
                     .info = MakeObjectInfo(std::move(path), status)};
}

Result<std::vector<std::string>> ReadFolder(const std::string& folder) {
  const std::unique_ptr<DIR, FolderCloser> stream(::opendir(folder.c_str()));
  std::vector<std::string> names;
  if (stream == nullptr) {
    if (IsNotThere(errno)) return names;
    return SystemError("list", folder, errno);
  }
  for (errno = 0; const dirent* entry = ::readdir(stream.get()); errno = 0) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  // Only errno tells the end of the folder from a failure half way.
  if (errno != 0) return SystemError("list", folder, errno);
  return names;
}

}  // namespace tidemark::object_store
