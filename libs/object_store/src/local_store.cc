#include "tidemark/object_store/local_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "durable_folders.h"
#include "folder_entry.h"
#include "local_writer.h"
#include "object_path.h"
#include "posix_file.h"

namespace tidemark::object_store {
namespace {

class LocalStore final : public ObjectStore {
 public:
  /// `root` is absolute and ends with a '/'.
  explicit LocalStore(std::string root) : root_(std::move(root)) {}

  Result<std::unique_ptr<ObjectWriter>> OpenWriter(std::string_view path) override {
    return OpenWriter(path, IfExists::kFail);
  }
  Status Put(std::string_view path, std::string_view bytes, IfExists if_exists) override;
  Result<std::string> Read(std::string_view path, std::uint64_t limit_bytes) override;
  Result<ObjectInfo> Head(std::string_view path) override;
  Result<std::vector<ObjectInfo>> List(std::string_view folder) override;
  Status Delete(std::string_view path) override;
  std::string UrlOf(std::string_view path) const override { return MakeFileUrl(FileOf(path)); }

 private:
  std::string FileOf(std::string_view path) const { return fmt::format("{}{}", root_, path); }
  Result<std::unique_ptr<ObjectWriter>> OpenWriter(std::string_view path, IfExists if_exists);
  Status CheckRoot() const;
  std::unexpected<Error> NoObject(std::string_view path) const;

  const std::string root_;
  DurableFolders folders_;
};

/// Tells an object that is not there from a disk that is not mounted.
/// Errors: kUnavailable.
Status LocalStore::CheckRoot() const {
  struct stat status = {};
  if (::stat(root_.c_str(), &status) != 0) return SystemError("look at", root_, errno);
  return {};
}

std::unexpected<Error> LocalStore::NoObject(std::string_view path) const {
  if (Status root = CheckRoot(); !root) return std::unexpected(std::move(root).error());
  return MakeError(ErrorCode::kNotFound, fmt::format("no object '{}'", path));
}

Result<std::unique_ptr<ObjectWriter>> LocalStore::OpenWriter(std::string_view path,
                                                             IfExists if_exists) {
  TIDEMARK_TRY(CheckObjectPath(path));
  std::string file = FileOf(path);
  TIDEMARK_TRY(folders_.Make(ParentOf(file), root_));
  return LocalWriter::Open(
      {.path = std::string(path), .file = std::move(file), .if_exists = if_exists});
}

Status LocalStore::Put(std::string_view path, std::string_view bytes, IfExists if_exists) {
  TIDEMARK_TRY(auto writer, OpenWriter(path, if_exists));
  TIDEMARK_TRY(writer->Append(bytes));
  TIDEMARK_TRY(writer->Finish());
  return {};
}

Result<std::string> LocalStore::Read(std::string_view path, std::uint64_t limit_bytes) {
  TIDEMARK_TRY(CheckObjectPath(path));
  const std::string file = FileOf(path);
  // Without O_NONBLOCK a pipe in the object's place would wait for its other end.
  const FileDescriptor descriptor(RetryInterrupted(
      [&] { return ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); }));
  if (!descriptor.is_open()) {
    if (IsNotThere(errno) || errno == ELOOP || errno == ENXIO) return NoObject(path);
    return SystemError("open", file, errno);
  }
  struct stat status = {};
  if (::fstat(descriptor.number(), &status) != 0) return SystemError("look at", file, errno);
  if (!S_ISREG(status.st_mode)) return NoObject(path);
  const auto size_bytes = static_cast<std::uint64_t>(status.st_size);
  if (size_bytes > limit_bytes) {
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("{} has {} bytes, over the limit {}",
                                                              file, size_bytes, limit_bytes));
  }
  // Objects are replaced, never changed, so this is all of it.
  std::string bytes(size_bytes, '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t got = RetryInterrupted(
        [&] { return ::read(descriptor.number(), bytes.data() + done, bytes.size() - done); });
    if (got < 0) return SystemError("read", file, errno);
    if (got == 0) return SystemError("read", file, EIO);
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

Result<ObjectInfo> LocalStore::Head(std::string_view path) {
  TIDEMARK_TRY(CheckObjectPath(path));
  TIDEMARK_TRY(FolderEntry entry, LookAt(FileOf(path), std::string(path)));
  if (entry.kind != FolderEntry::Kind::kObject) return NoObject(path);
  return std::move(entry.info);
}

Result<std::vector<ObjectInfo>> LocalStore::List(std::string_view folder) {
  if (!folder.empty()) TIDEMARK_TRY(CheckObjectPath(folder));
  TIDEMARK_TRY(CheckRoot());
  std::vector<ObjectInfo> objects;
  std::vector<std::string> folders{folder.empty() ? "" : fmt::format("{}/", folder)};
  while (!folders.empty()) {
    const std::string current = std::move(folders.back());
    folders.pop_back();
    TIDEMARK_TRY(const auto names, ReadFolder(FileOf(current)));
    for (const std::string& name : names) {
      if (name.starts_with(kTemporaryPrefix)) continue;
      // An object that has gone since its name was read is not in the list, as if it had gone
      // before.
      TIDEMARK_TRY(FolderEntry entry, LookAt(FileOf(current + name), current + name));
      switch (entry.kind) {
        case FolderEntry::Kind::kNothing:
          break;
        case FolderEntry::Kind::kFolder:
          folders.push_back(current + name + "/");
          break;
        case FolderEntry::Kind::kObject:
          objects.push_back(std::move(entry.info));
          break;
      }
    }
  }
  std::ranges::sort(objects, {}, &ObjectInfo::path);
  return objects;
}

Status LocalStore::Delete(std::string_view path) {
  TIDEMARK_TRY(CheckObjectPath(path));
  const std::string file = FileOf(path);
  if (::unlink(file.c_str()) == 0 || errno == EISDIR) return {};
  if (IsNotThere(errno)) return CheckRoot();
  return SystemError("delete", file, errno);
}

/// The deepest folder on the way to `folder` that is there.
/// Errors: kUnavailable.
Result<std::string> FindExistingParent(std::string folder) {
  struct stat status = {};
  while (::stat(folder.c_str(), &status) != 0) {
    if (errno != ENOENT || folder == "/") return SystemError("look at", folder, errno);
    folder = ParentOf(folder);
  }
  return folder;
}

}  // namespace

Result<std::unique_ptr<ObjectStore>> OpenLocalStore(const std::filesystem::path& root) {
  std::error_code failure;
  std::string folder = std::filesystem::absolute(root, failure).lexically_normal().string();
  if (failure) return SystemError("find", root.string(), failure.value());
  if (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();

  TIDEMARK_TRY(const std::string existing, FindExistingParent(folder));
  TIDEMARK_TRY(DurableFolders().Make(folder, existing));
  if (!folder.ends_with('/')) folder.push_back('/');
  // Creating a file is the only test that a read-only disk and an access list do not deceive. The
  // writer takes the file away again.
  TIDEMARK_TRY(LocalWriter::Open({.path = "", .file = folder + "probe"}));
  return std::make_unique<LocalStore>(std::move(folder));
}

}  // namespace tidemark::object_store
