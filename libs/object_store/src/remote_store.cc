#include "remote_store.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

#include "remote_writer.h"
#include "tidemark/object_store/object_path.h"

namespace tidemark::object_store {
namespace {

using arrow::fs::FileInfo;
using arrow::fs::FileType;
using arrow::io::RandomAccessFile;

/// The stores spell the name of this field differently.
std::optional<std::string> FindETag(const std::shared_ptr<const arrow::KeyValueMetadata>& fields) {
  if (fields == nullptr) return std::nullopt;
  for (std::int64_t i = 0; i < fields->size(); ++i) {
    std::string name = fields->key(i);
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (name == "etag" && !fields->value(i).empty()) return fields->value(i);
  }
  return std::nullopt;
}

class RemoteStore final : public ObjectStore {
 public:
  RemoteStore(RemoteFileSystem remote, StoreAccess access)
      : remote_(std::move(remote)), access_(access) {}

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
  std::string UrlOf(std::string_view path) const override { return remote_.place.UrlOf(path); }

 private:
  struct Opened {
    std::shared_ptr<RandomAccessFile> file;
    ObjectInfo info;
  };

  Result<Opened> Open(std::string_view path);
  Result<std::string> ReadLast(const Opened& object, std::uint64_t count) const;
  Result<std::vector<FileInfo>> ListEntries(std::string_view folder, bool recursive);
  Result<std::unique_ptr<ObjectWriter>> OpenWriter(std::string_view path, IfExists if_exists);
  Result<std::vector<std::string>> FindFolders(std::string_view folder);
  Status CheckMayWrite() const;
  Status CheckBucket();
  std::unexpected<Error> Failure(std::string_view verb, std::string_view path,
                                 const arrow::Status& status);

  const RemoteFileSystem remote_;
  const StoreAccess access_;
  std::atomic<bool> has_seen_bucket_ = false;
};

/// Tells "nothing is there" from "there is no bucket", by one look in the life of the store.
/// Errors: kUnavailable.
Status RemoteStore::CheckBucket() {
  if (has_seen_bucket_) return {};
  const auto bucket = remote_.files->GetFileInfo(remote_.place.bucket);
  if (!bucket.ok()) return remote_.place.Failure("look at", "", bucket.status());
  if (bucket->type() == FileType::NotFound) {
    return MakeError(
        ErrorCode::kUnavailable,
        fmt::format("{}: there is no bucket '{}'", remote_.place.root_url, remote_.place.bucket));
  }
  has_seen_bucket_ = true;
  return {};
}

std::unexpected<Error> RemoteStore::Failure(std::string_view verb, std::string_view path,
                                            const arrow::Status& status) {
  auto failure = remote_.place.Failure(verb, path, status);
  if (failure.error().code != ErrorCode::kNotFound) return failure;
  if (Status bucket = CheckBucket(); !bucket) return std::unexpected(std::move(bucket).error());
  return MakeError(ErrorCode::kNotFound, fmt::format("no object '{}'", path));
}

Result<RemoteStore::Opened> RemoteStore::Open(std::string_view path) {
  TIDEMARK_TRY(CheckObjectPath(path));
  auto file = remote_.files->OpenInputFile(remote_.place.KeyOf(path));
  if (!file.ok()) return Failure("read", path, file.status());
  const auto size = (*file)->GetSize();
  if (!size.ok()) return Failure("read", path, size.status());
  const auto fields = (*file)->ReadMetadata();
  if (!fields.ok()) return Failure("read", path, fields.status());
  return Opened{.file = *std::move(file),
                .info = {.path = std::string(path),
                         .size_bytes = static_cast<std::uint64_t>(*size),
                         .e_tag = FindETag(*fields)}};
}

Result<std::string> RemoteStore::ReadLast(const Opened& object, std::uint64_t count) const {
  std::string bytes(count, '\0');
  if (count == 0) return bytes;
  const auto begin = static_cast<std::int64_t>(object.info.size_bytes - count);
  const auto got = object.file->ReadAt(begin, static_cast<std::int64_t>(count), bytes.data());
  if (!got.ok()) return remote_.place.Failure("read", object.info.path, got.status());
  if (static_cast<std::uint64_t>(*got) != count) {
    return MakeError(ErrorCode::kUnavailable, fmt::format("{} ended after {} of {} bytes",
                                                          UrlOf(object.info.path), *got, count));
  }
  return bytes;
}

Result<std::string> RemoteStore::Read(std::string_view path, std::uint64_t limit_bytes) {
  TIDEMARK_TRY(const Opened object, Open(path));
  if (object.info.size_bytes > limit_bytes) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} has {} bytes, over the limit {}", UrlOf(path),
                                 object.info.size_bytes, limit_bytes));
  }
  return ReadLast(object, object.info.size_bytes);
}

Result<ObjectTail> RemoteStore::ReadTail(std::string_view path, std::uint64_t max_bytes) {
  TIDEMARK_TRY(Opened object, Open(path));
  TIDEMARK_TRY(auto bytes, ReadLast(object, std::min(object.info.size_bytes, max_bytes)));
  return ObjectTail{.info = std::move(object.info), .bytes = std::move(bytes)};
}

Result<ObjectInfo> RemoteStore::Head(std::string_view path) {
  TIDEMARK_TRY(Opened object, Open(path));
  return std::move(object.info);
}

Result<std::vector<FileInfo>> RemoteStore::ListEntries(std::string_view folder, bool recursive) {
  if (!folder.empty()) TIDEMARK_TRY(CheckObjectPath(folder));
  arrow::fs::FileSelector selector;
  selector.base_dir = remote_.place.KeyOf(folder);
  selector.recursive = recursive;
  selector.allow_not_found = true;
  auto entries = remote_.files->GetFileInfo(selector);
  if (!entries.ok()) return Failure("list", folder, entries.status());
  if (entries->empty()) TIDEMARK_TRY(CheckBucket());
  return *std::move(entries);
}

Result<std::vector<ObjectInfo>> RemoteStore::List(std::string_view folder) {
  TIDEMARK_TRY(const auto entries, ListEntries(folder, true));
  const std::size_t root_size = remote_.place.root.size() + 1;
  std::vector<ObjectInfo> objects;
  for (const FileInfo& entry : entries) {
    if (!entry.IsFile() || entry.path().size() <= root_size) continue;
    std::string path = entry.path().substr(root_size);
    if (!CheckObjectPath(path)) continue;
    objects.push_back({.path = std::move(path),
                       .size_bytes = static_cast<std::uint64_t>(entry.size()),
                       .e_tag = std::nullopt});
  }
  std::ranges::sort(objects, {}, &ObjectInfo::path);
  return objects;
}

Result<std::vector<std::string>> RemoteStore::FindFolders(std::string_view folder) {
  TIDEMARK_TRY(const auto objects, List(folder));
  const std::size_t begin = folder.empty() ? 0 : folder.size() + 1;
  std::vector<std::string> folders;
  for (const ObjectInfo& object : objects) {
    const std::size_t slash = object.path.find('/', begin);
    if (slash == std::string::npos) continue;
    folders.push_back(object.path.substr(begin, slash - begin));
  }
  // Objects are in the order of whole paths, in which a folder's need not stand together.
  std::ranges::sort(folders);
  const auto repeated = std::ranges::unique(folders);
  folders.erase(repeated.begin(), repeated.end());
  return folders;
}

Result<std::vector<std::string>> RemoteStore::ListFolders(std::string_view folder) {
  if (remote_.listing == RemoteListing::kObjectsAlone) return FindFolders(folder);
  TIDEMARK_TRY(const auto entries, ListEntries(folder, false));
  std::vector<std::string> folders;
  for (const FileInfo& entry : entries) {
    if (!entry.IsDirectory()) continue;
    std::string name = entry.base_name();
    if (CheckObjectPath(name)) folders.push_back(std::move(name));
  }
  std::ranges::sort(folders);
  return folders;
}

Status RemoteStore::CheckMayWrite() const {
  if (access_ == StoreAccess::kReadWrite) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("{} is open only to read it", remote_.place.root_url));
}

Result<std::unique_ptr<ObjectWriter>> RemoteStore::OpenWriter(std::string_view path,
                                                              IfExists if_exists) {
  TIDEMARK_TRY(CheckMayWrite());
  TIDEMARK_TRY(CheckObjectPath(path));
  return OpenRemoteWriter({.remote = remote_,
                           .head = [this](std::string_view written) { return Head(written); },
                           .path = std::string(path),
                           .if_exists = if_exists});
}

Status RemoteStore::Put(std::string_view path, std::string_view bytes, IfExists if_exists) {
  TIDEMARK_TRY(auto writer, OpenWriter(path, if_exists));
  TIDEMARK_TRY(writer->Append(bytes));
  TIDEMARK_TRY(writer->Finish());
  return {};
}

Status RemoteStore::Delete(std::string_view path) {
  TIDEMARK_TRY(CheckMayWrite());
  TIDEMARK_TRY(CheckObjectPath(path));
  const arrow::Status deleted = remote_.files->DeleteFile(remote_.place.KeyOf(path));
  if (deleted.ok()) return {};
  auto failure = Failure("delete", path, deleted);
  if (failure.error().code == ErrorCode::kNotFound) return {};
  // A folder of that name is in the way for some.
  if (const auto present = Head(path); !present && present.error().code == ErrorCode::kNotFound) {
    return {};
  }
  return failure;
}

}  // namespace

std::unique_ptr<ObjectStore> MakeRemoteStore(RemoteFileSystem remote, StoreAccess access) {
  return std::make_unique<RemoteStore>(std::move(remote), access);
}

}  // namespace tidemark::object_store
