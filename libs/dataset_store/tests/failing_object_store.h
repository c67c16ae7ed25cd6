// An object store that can be told to fail.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/object_store/object_store.h"

namespace tidemark::dataset_store {

/// Passes every call on to `target`, unless `failure` is set: then every call fails with it.
class FailingObjectStore final : public object_store::ObjectStore {
 public:
  explicit FailingObjectStore(object_store::ObjectStore& target) : target_(target) {}

  std::optional<Error> failure;
  int reads = 0;

  Result<std::unique_ptr<object_store::ObjectWriter>> OpenWriter(std::string_view path) override {
    TIDEMARK_TRY(Check());
    return target_.OpenWriter(path);
  }
  Status Put(std::string_view path, std::string_view bytes,
             object_store::IfExists if_exists) override {
    TIDEMARK_TRY(Check());
    return target_.Put(path, bytes, if_exists);
  }
  Result<std::string> Read(std::string_view path, std::uint64_t limit_bytes) override {
    ++reads;
    TIDEMARK_TRY(Check());
    return target_.Read(path, limit_bytes);
  }
  Result<object_store::ObjectTail> ReadTail(std::string_view path,
                                            std::uint64_t max_bytes) override {
    TIDEMARK_TRY(Check());
    return target_.ReadTail(path, max_bytes);
  }
  Result<object_store::ObjectInfo> Head(std::string_view path) override {
    TIDEMARK_TRY(Check());
    return target_.Head(path);
  }
  Result<std::vector<object_store::ObjectInfo>> List(std::string_view folder) override {
    TIDEMARK_TRY(Check());
    return target_.List(folder);
  }
  Result<std::vector<std::string>> ListFolders(std::string_view folder) override {
    TIDEMARK_TRY(Check());
    return target_.ListFolders(folder);
  }
  Status Delete(std::string_view path) override {
    TIDEMARK_TRY(Check());
    return target_.Delete(path);
  }
  std::string UrlOf(std::string_view path) const override { return target_.UrlOf(path); }

 private:
  Status Check() const {
    if (failure) return std::unexpected(*failure);
    return {};
  }

  object_store::ObjectStore& target_;
};

}  // namespace tidemark::dataset_store
