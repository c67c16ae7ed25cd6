// One file of the local store being written.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "posix_file.h"
#include "tidemark/base/result.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::object_store {

/// Writes a temporary file beside `file` and puts it there when finished.
class LocalWriter final : public ObjectWriter {
 public:
  struct Target {
    std::string path;  // Of the object.
    std::string file;  // Absolute; its folder exists.
    IfExists if_exists = IfExists::kFail;
  };

  /// Errors: kUnavailable; kInvalidArgument if a name is too long.
  static Result<std::unique_ptr<ObjectWriter>> Open(Target target);
  LocalWriter(Target target, std::string temporary, FileDescriptor descriptor);
  ~LocalWriter() override;

  Status Append(std::string_view bytes) override;
  Result<ObjectInfo> Finish() override;

 private:
  Status Publish();

  const Target target_;
  std::string temporary_;  // Empty once the file has its own name.
  FileDescriptor descriptor_;
  std::uint64_t size_bytes_ = 0;
  std::optional<Error> failure_;
};

}  // namespace tidemark::object_store
