// What is under one path of the local store, and what is in one of its folders.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/result.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::object_store {

struct FolderEntry {
  enum class Kind : std::uint8_t {
    kNothing,  // Also a link, a pipe or a device: none of them is part of the store.
    kFolder,
    kObject,
  };

  Kind kind = Kind::kNothing;
  ObjectInfo info;  // Of an object.
};

/// What the file system's word on a regular file is for the store.
ObjectInfo MakeObjectInfo(std::string path, const struct stat& status);

/// Looks at an absolute file name without following a link; `path` goes into the information.
/// Errors: kUnavailable; kInvalidArgument if a name is too long.
Result<FolderEntry> LookAt(const std::string& file, std::string path);

/// The names in a folder, in no order, without "." and ".."; none if it is not there.
/// Errors: kUnavailable; kInvalidArgument if a name is too long.
Result<std::vector<std::string>> ReadFolder(const std::string& folder);

}  // namespace tidemark::object_store
