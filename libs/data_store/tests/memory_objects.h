// An object store in memory that a test can get between.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/object_store/object_store.h"

namespace tidemark::data_store {

/// Thread-safe. Objects are put there by the test; nobody else writes.
class MemoryObjects final : public object_store::ObjectStore {
 public:
  /// Called before each call, with its number from 1; an error is the call's result.
  std::function<Status(int)> before_call = [](int) { return Status(); };

  int calls() const { return calls_; }
  /// The most that were in ReadTail at once.
  int most_readers() const { return most_readers_; }

  void Add(const std::string& path, std::string bytes);
  void Remove(const std::string& path);

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
    return "memory://bucket/" + std::string(path);
  }

 private:
  Status Count() { return before_call(++calls_); }

  std::atomic<int> calls_ = 0;
  std::atomic<int> readers_ = 0;
  std::atomic<int> most_readers_ = 0;
  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> objects_;
};

}  // namespace tidemark::data_store
