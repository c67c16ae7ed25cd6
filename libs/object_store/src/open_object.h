// Reading a file of the local store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posix_file.h"
#include "tidemark/base/result.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::object_store {

/// A file open for reading. Objects are replaced, never changed, so what the descriptor reads stays
/// what `info` says.
struct OpenedObject {
  FileDescriptor descriptor;
  ObjectInfo info;
};

/// Opens an absolute file name without following a link; `path` goes into the information. nullopt
/// if there is no object: a link, a pipe or a folder is none.
/// Errors: kUnavailable; kInvalidArgument if a name is too long.
Result<std::optional<OpenedObject>> OpenObject(const std::string& file, std::string_view path);

/// A part of a file, half-open.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// All bytes of `range`, which the file must have.
/// Errors: kUnavailable, also if the file ends before.
Result<std::string> ReadFrom(const FileDescriptor& descriptor, ByteRange range,
                             std::string_view file);

}  // namespace tidemark::object_store
