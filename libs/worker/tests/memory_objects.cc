#include "memory_objects.h"

#include <algorithm>
#include <set>
#include <utility>

namespace tidemark::worker {

using object_store::IfExists;
using object_store::ObjectInfo;

class MemoryObjectWriter final : public object_store::ObjectWriter {
 public:
  MemoryObjectWriter(MemoryObjects& store, std::string path)
      : store_(store), path_(std::move(path)) {}

  Status Append(std::string_view bytes) override {
    if (auto error = store_.faults.Count("Append")) return std::unexpected(*std::move(error));
    bytes_ += bytes;
    return {};
  }

  Result<ObjectInfo> Finish() override {
    if (auto error = store_.faults.Count("Finish")) return std::unexpected(*std::move(error));
    TIDEMARK_TRY(store_.Put(path_, bytes_, IfExists::kFail));
    return store_.Head(path_);
  }

 private:
  MemoryObjects& store_;
  std::string path_;
  std::string bytes_;
};

Result<std::unique_ptr<object_store::ObjectWriter>> MemoryObjects::OpenWriter(
    std::string_view path) {
  if (auto error = faults.Count("OpenWriter")) return std::unexpected(*std::move(error));
  return std::make_unique<MemoryObjectWriter>(*this, std::string(path));
}

Status MemoryObjects::Put(std::string_view path, std::string_view bytes, IfExists if_exists) {
  const std::lock_guard lock(mutex_);
  if (if_exists == IfExists::kFail && objects_.contains(path)) {
    return MakeError(ErrorCode::kConflict, "there is an object at " + std::string(path));
  }
  objects_.insert_or_assign(std::string(path), std::string(bytes));
  return {};
}

Result<std::string> MemoryObjects::Read(std::string_view path, std::uint64_t /*limit_bytes*/) {
  const std::lock_guard lock(mutex_);
  const auto object = objects_.find(path);
  if (object == objects_.end()) return MakeError(ErrorCode::kNotFound, "no " + std::string(path));
  return object->second;
}

Result<ObjectInfo> MemoryObjects::Head(std::string_view path) {
  TIDEMARK_TRY(const auto bytes, Read(path, UINT64_MAX));
  return ObjectInfo{.path = std::string(path), .size_bytes = bytes.size(), .e_tag = "tag"};
}

Result<object_store::ObjectTail> MemoryObjects::ReadTail(std::string_view path,
                                                         std::uint64_t max_bytes) {
  TIDEMARK_TRY(ObjectInfo info, Head(path));
  TIDEMARK_TRY(const auto bytes, Read(path, UINT64_MAX));
  return object_store::ObjectTail{
      .info = std::move(info),
      .bytes = bytes.substr(bytes.size() - std::min(bytes.size(), max_bytes))};
}

Result<std::vector<std::string>> MemoryObjects::ListFolders(std::string_view folder) {
  TIDEMARK_TRY(const auto objects, List(folder));
  std::set<std::string> folders;
  for (const ObjectInfo& object : objects) {
    const std::string rest = object.path.substr(folder.size() + 1);
    if (const auto slash = rest.find('/'); slash != std::string::npos) {
      folders.insert(rest.substr(0, slash));
    }
  }
  return std::vector<std::string>(folders.begin(), folders.end());
}

Result<std::vector<ObjectInfo>> MemoryObjects::List(std::string_view folder) {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectInfo> infos;
  for (const auto& [path, bytes] : objects_) {
    if (path.starts_with(std::string(folder) + "/")) {
      infos.push_back({.path = path, .size_bytes = bytes.size(), .e_tag = "tag"});
    }
  }
  return infos;
}

Status MemoryObjects::Delete(std::string_view path) {
  if (auto error = delete_faults.Count("Delete")) return std::unexpected(*std::move(error));
  const std::lock_guard lock(mutex_);
  objects_.erase(std::string(path));
  return {};
}

}  // namespace tidemark::worker
