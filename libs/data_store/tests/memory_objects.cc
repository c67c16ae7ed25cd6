#include "memory_objects.h"

#include <algorithm>
#include <set>
#include <utility>

namespace tidemark::data_store {

using object_store::ObjectInfo;
using object_store::ObjectTail;

namespace {

ObjectInfo InfoOf(std::string_view path, std::string_view bytes) {
  return {.path = std::string(path),
          .size_bytes = bytes.size(),
          .e_tag = "tag-" + std::to_string(std::hash<std::string_view>()(bytes))};
}

std::unexpected<Error> WritesNothing() {
  return MakeError(ErrorCode::kInternal, "nobody writes here but the test");
}

}  // namespace

void MemoryObjects::Add(const std::string& path, std::string bytes) {
  const std::lock_guard lock(mutex_);
  objects_.insert_or_assign(path, std::move(bytes));
}

void MemoryObjects::Remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  objects_.erase(path);
}

Result<std::unique_ptr<object_store::ObjectWriter>> MemoryObjects::OpenWriter(
    std::string_view /*path*/) {
  return WritesNothing();
}

Status MemoryObjects::Put(std::string_view /*path*/, std::string_view /*bytes*/,
                          object_store::IfExists /*if_exists*/) {
  return WritesNothing();
}

Status MemoryObjects::Delete(std::string_view /*path*/) { return WritesNothing(); }

Result<std::string> MemoryObjects::Read(std::string_view path, std::uint64_t max_bytes) {
  TIDEMARK_TRY(ObjectTail tail, ReadTail(path, max_bytes));
  return std::move(tail.bytes);
}

Result<ObjectTail> MemoryObjects::ReadTail(std::string_view path, std::uint64_t max_bytes) {
  const int readers = ++readers_;
  for (int most = most_readers_; readers > most;) {
    if (most_readers_.compare_exchange_weak(most, readers)) break;
  }
  const Status counted = Count();
  --readers_;
  TIDEMARK_TRY(counted);
  const std::lock_guard lock(mutex_);
  const auto object = objects_.find(path);
  if (object == objects_.end()) return MakeError(ErrorCode::kNotFound, "no such object");
  const std::string& bytes = object->second;
  return ObjectTail{.info = InfoOf(path, bytes),
                    .bytes = bytes.substr(bytes.size() - std::min(bytes.size(), max_bytes))};
}

Result<ObjectInfo> MemoryObjects::Head(std::string_view path) {
  TIDEMARK_TRY(ObjectTail tail, ReadTail(path, 0));
  return std::move(tail.info);
}

Result<std::vector<ObjectInfo>> MemoryObjects::List(std::string_view folder) {
  TIDEMARK_TRY(Count());
  const std::string prefix = std::string(folder) + "/";
  const std::lock_guard lock(mutex_);
  std::vector<ObjectInfo> infos;
  for (auto object = objects_.lower_bound(prefix);
       object != objects_.end() && object->first.starts_with(prefix); ++object) {
    infos.push_back(
        {.path = object->first, .size_bytes = object->second.size(), .e_tag = std::nullopt});
  }
  return infos;
}

Result<std::vector<std::string>> MemoryObjects::ListFolders(std::string_view folder) {
  TIDEMARK_TRY(const auto objects, List(folder));
  std::set<std::string> folders;
  for (const ObjectInfo& object : objects) {
    const std::string_view rest = std::string_view(object.path).substr(folder.size() + 1);
    if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
      folders.emplace(rest.substr(0, slash));
    }
  }
  return std::vector<std::string>(folders.begin(), folders.end());
}

}  // namespace tidemark::data_store
