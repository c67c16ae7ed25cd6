// An object store in memory that fails as planned.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "faults.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::worker {

/// Counts OpenWriter, Append and Finish. Thread-safe.
class MemoryObjects final : public object_store::ObjectStore {
 public:
  explicit MemoryObjects(Signal& signal) : faults(signal), delete_faults(signal) {}

  Result<std::unique_ptr<object_store::ObjectWriter>> OpenWriter(std::string_view path) override;
  Status Put(std::string_view path, std::string_view bytes,
             object_store::IfExists if_exists) override;
  Result<std::string> Read(std::string_view path, std::uint64_t limit_bytes) override;
  Result<object_store::ObjectTail> ReadTail(std::string_view path,
                                            std::uint64_t max_bytes) override;
  Result<object_store::ObjectInfo> Head(std::string_view path) override;
  Result<std::vector<object_store::ObjectInfo>> List(std::string_view folder) override;
  Result<std::vector<std::string>> ListFolders(std::string_view folder) override;
  Status Delete(std::string_view path) override;
  std::string UrlOf(std::string_view path) const override {
    return "memory:///" + std::string(path);
  }

  Faults faults;
  Faults delete_faults;  // Counts Delete.

 private:
  friend class MemoryObjectWriter;

  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> objects_;
};

}  // namespace tidemark::worker
