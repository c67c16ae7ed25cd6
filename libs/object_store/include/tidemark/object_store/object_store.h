// Objects under paths: where Parquet files, manifests and provider files lie. Here: the interface,
// a local folder, S3, Google Cloud Storage and Azure Blob Storage (open_store.h). Not here: what
// the objects hold.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"

namespace tidemark::object_store {

/// What the store says of one object.
struct ObjectInfo {
  std::string path;
  std::uint64_t size_bytes = 0;
  std::optional<std::string> e_tag;

  friend bool operator==(const ObjectInfo&, const ObjectInfo&) = default;
};

/// The end of an object.
struct ObjectTail {
  ObjectInfo info;    // Of the object that the bytes are from.
  std::string bytes;  // The last ones.
};

/// One object being written. Nothing can be seen under its path before Finish returns. Destroying
/// an unfinished writer leaves no object. Not thread-safe.
class ObjectWriter {
 public:
  ObjectWriter() = default;
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;
  virtual ~ObjectWriter() = default;

  /// Errors: kUnavailable (full, unreachable). Nothing may be appended after a failure.
  virtual Status Append(std::string_view bytes) = 0;
  /// Makes the object durable, then visible, then checks that the store reports the size written.
  /// Errors: kUnavailable; kConflict if an object has taken the path; kCorruption if the size
  /// differs.
  virtual Result<ObjectInfo> Finish() = 0;
};

/// What a store is opened for.
enum class StoreAccess : std::uint8_t { kReadWrite, kReadOnly };

/// Whether a write may replace an object.
enum class IfExists : std::uint8_t { kFail, kReplace };

/// A flat set of objects. Thread-safe. A path is relative, of one or more segments joined by '/';
/// segments are not empty, "." or "..", and have no NUL.
/// Errors of every function: kInvalidArgument for a path that breaks this rule; kUnavailable.
class ObjectStore {
 public:
  ObjectStore() = default;
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;
  virtual ~ObjectStore() = default;

  /// Begins an object that must not exist yet.
  virtual Result<std::unique_ptr<ObjectWriter>> OpenWriter(std::string_view path) = 0;
  /// Writes a whole object, durable on return.
  /// Errors: kConflict with IfExists::kFail if there is an object.
  virtual Status Put(std::string_view path, std::string_view bytes, IfExists if_exists) = 0;
  /// Errors: kNotFound; kInvalidArgument if it is larger than `limit_bytes`.
  virtual Result<std::string> Read(std::string_view path, std::uint64_t limit_bytes) = 0;
  /// The last `max_bytes` of an object, or all of it if it has fewer.
  /// Errors: kNotFound.
  virtual Result<ObjectTail> ReadTail(std::string_view path, std::uint64_t max_bytes) = 0;
  /// Errors: kNotFound.
  virtual Result<ObjectInfo> Head(std::string_view path) = 0;
  /// Every object whose path starts with `folder` and a '/', in text order; "" lists all.
  /// Unfinished objects are left out, and so is what has a name that is no path. A folder that is
  /// not there is empty. A store may leave the e_tag out here; Head and ReadTail tell it.
  virtual Result<std::vector<ObjectInfo>> List(std::string_view folder) = 0;
  /// The names, without a '/', of the folders right below `folder` that have an object somewhere in
  /// them, in text order. An empty local folder may be among them.
  virtual Result<std::vector<std::string>> ListFolders(std::string_view folder) = 0;
  /// No error if it is not there.
  virtual Status Delete(std::string_view path) = 0;

  /// URL of a path in this store, for people and for `file_metadata.url`: "file:///data/a/b".
  virtual std::string UrlOf(std::string_view path) const = 0;
};

}  // namespace tidemark::object_store
