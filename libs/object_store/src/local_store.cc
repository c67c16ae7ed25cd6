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
#include "open_object.h"
#include "posix_file.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/object_store/object_path.h"

namespace tidemark::object_store {
namespace {

class LocalStore final : public ObjectStore {
 public:
  /// `root` is absolute and ends with a '/'.
  LocalStore(std::string root, StoreAccess access) : root_(std::move(root)), access_(access) {}

  Result<std::unique_ptr<ObjectWriter>> OpenWriter(std::string_view path) override {
    return OpenWriter(path, IfExists::kFail);
  }
  Status Put(std::string_view path, std::string_view bytes, IfExists if_exists) override;
  Result<std::string> Read(std::string_view path, std::uint64_t limit_bytes) override;
  Result<ObjectTail> ReadTail(std::string_view path, std::uint64_t max_bytes) override;
  Result<ObjectInfo> Head(std::string_view path) override;
  Result<std::vector<ObjectInfo>> List(std::string_view folder) override;
  Result<std::vector<std::string>> ListFolders(std::string_view folder) override;
  Status Delete(std::string_view path) override;
  std::string UrlOf(std::string_view path) const override {
    return "file://" + PercentEncodePath(FileOf(path));
  }

 private:
  std::string FileOf(std::string_view path) const { return fmt::format("{}{}", root_, path); }
  Result<std::unique_ptr<ObjectWriter>> OpenWriter(std::string_view path, IfExists if_exists);
  Status CheckRoot() const;
  Status CheckAccess() const;
  std::unexpected<Error> NoObject(std::string_view path) const;

  const std::string root_;
  const StoreAccess access_;
  DurableFolders folders_;
};

/// Tells an object that is not there from a disk that is not mounted.
/// Errors: kUnavailable.
Status LocalStore::CheckRoot() const {
  struct stat status = {};
  if (::stat(root_.c_str(), &status) != 0) return SystemError("look at", root_, errno);
  return {};
}

Status LocalStore::CheckAccess() const {
  if (access_ == StoreAccess::kReadWrite) return {};
  return MakeError(ErrorCode::kInvalidArgument, fmt::format("{} is only read", root_));
}

std::unexpected<Error> LocalStore::NoObject(std::string_view path) const {
  if (Status root = CheckRoot(); !root) return std::unexpected(std::move(root).error());
  return MakeError(ErrorCode::kNotFound, fmt::format("no object '{}'", path));
}

Result<std::unique_ptr<ObjectWriter>> LocalStore::OpenWriter(std::string_view path,
                                                             IfExists if_exists) {
  TIDEMARK_TRY(CheckObjectPath(path));
  TIDEMARK_TRY(CheckAccess());
  std::string file = FileOf(path);
  TIDEMARK_TRY(folders_.Make(ParentOf(file), root_));
  TIDEMARK_FAILPOINT("object.before_create");
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
  TIDEMARK_TRY(const auto object, OpenObject(FileOf(path), path));
  if (!object) return NoObject(path);
  if (object->info.size_bytes > limit_bytes) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} has {} bytes, over the limit {}", FileOf(path),
                                 object->info.size_bytes, limit_bytes));
  }
  return ReadFrom(object->descriptor, {.begin = 0, .end = object->info.size_bytes}, FileOf(path));
}

Result<ObjectTail> LocalStore::ReadTail(std::string_view path, std::uint64_t max_bytes) {
  TIDEMARK_TRY(CheckObjectPath(path));
  TIDEMARK_TRY(auto object, OpenObject(FileOf(path), path));
  if (!object) return NoObject(path);
  const std::uint64_t size = object->info.size_bytes;
  TIDEMARK_TRY(auto bytes,
               ReadFrom(object->descriptor,
                        {.begin = size - std::min(size, max_bytes), .end = size}, FileOf(path)));
  return ObjectTail{.info = std::move(object->info), .bytes = std::move(bytes)};
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

Result<std::vector<std::string>> LocalStore::ListFolders(std::string_view folder) {
  if (!folder.empty()) TIDEMARK_TRY(CheckObjectPath(folder));
  TIDEMARK_TRY(CheckRoot());
  const std::string parent = folder.empty() ? "" : fmt::format("{}/", folder);
  TIDEMARK_TRY(const auto names, ReadFolder(FileOf(parent)));
  std::vector<std::string> folders;
  for (const std::string& name : names) {
    if (!CheckObjectPath(name)) continue;
    TIDEMARK_TRY(const FolderEntry entry, LookAt(FileOf(parent + name), parent + name));
    if (entry.kind == FolderEntry::Kind::kFolder) folders.push_back(name);
  }
  std::ranges::sort(folders);
  return folders;
}

Status LocalStore::Delete(std::string_view path) {
  TIDEMARK_TRY(CheckObjectPath(path));
  TIDEMARK_TRY(CheckAccess());
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

Result<std::unique_ptr<ObjectStore>> OpenLocalStore(const std::filesystem::path& root,
                                                    StoreAccess access) {
  std::error_code failure;
  std::string folder = std::filesystem::absolute(root, failure).lexically_normal().string();
  if (failure) return SystemError("find", root.string(), failure.value());
  if (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  if (access == StoreAccess::kReadOnly) {
    if (!folder.ends_with('/')) folder.push_back('/');
    return std::make_unique<LocalStore>(std::move(folder), access);
  }

  TIDEMARK_TRY(const std::string existing, FindExistingParent(folder));
  TIDEMARK_TRY(DurableFolders().Make(folder, existing));
  if (!folder.ends_with('/')) folder.push_back('/');
  // Creating a file is the only test that a read-only disk and an access list do not deceive. The
  // writer takes the file away again.
  TIDEMARK_TRY(LocalWriter::Open({.path = "", .file = folder + "probe"}));
  return std::make_unique<LocalStore>(std::move(folder), access);
}

}  // namespace tidemark::object_store
